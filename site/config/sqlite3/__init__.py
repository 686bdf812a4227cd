"""Django's SQLite backend (`base`) with a queue before its one write lock (`queueing`). docs/adr/0083."""
