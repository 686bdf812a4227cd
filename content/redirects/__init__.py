"""Redirects of the public site: only to pages of our own, never permanent (docs/adr/0075)."""
