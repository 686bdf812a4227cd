"""The page of a session: made from the record in one click, maintained by editors, found only by its card."""
