"""Telephone lines kept true: which may still be shown, who called them when, and telling editors (docs/adr/0020)."""
