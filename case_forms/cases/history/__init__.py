"""A case read backwards: everything that happened, by kind and page, and who has read what."""
