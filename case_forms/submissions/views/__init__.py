"""Views of the field pages: the start page, filling a form, reading submissions."""
