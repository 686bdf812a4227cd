"""Views of the record, under /field/sessions/."""
