"""The public API against its own description: every seeded page, and requests made at random."""
