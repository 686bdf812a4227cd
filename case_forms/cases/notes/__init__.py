"""What people write beside a case: notes, and flags with their reasons. Both may only grow."""
