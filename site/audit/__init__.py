"""The audit log: an append-only, hash-chained record of writes, reads, exports and denials."""
