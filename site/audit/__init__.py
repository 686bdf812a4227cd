"""Append-only, hash-chained record of writes, reads, exports and denials."""
