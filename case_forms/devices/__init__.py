"""Phones that store: who may have one, what they deliver, and what they take along (docs/devices.md)."""
