"""The page of a session: made from the record in one click, kept by editors, found only by its card."""
