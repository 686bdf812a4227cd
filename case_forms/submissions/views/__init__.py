"""The field pages: the start page, filling a form, what was sent."""
