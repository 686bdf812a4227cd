"""What a unit holds a session with: materials, and kits of them, whose published versions never change."""
