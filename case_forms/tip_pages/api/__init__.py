"""Tips for other front ends: the form, sending it, and coming back with the receipt words (docs/api-public.md)."""
