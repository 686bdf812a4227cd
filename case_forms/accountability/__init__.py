"""Records that the organisation owes as the controller: breaches, and what is processed (docs/accountability.md)."""
