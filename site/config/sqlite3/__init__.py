"""Django's SQLite backend with a queue before its one write lock: `base` is it, `queueing` the queue. docs/adr/0083."""
