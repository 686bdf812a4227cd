"""The pages of the record, under /field/sessions/."""
