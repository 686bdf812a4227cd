"""The supervisor: one process that starts all parts of the service, watches them, and stops them again.

`python -m config.supervisor` (what `make run` ends in). docs/adr/0002 says why it is our own.
"""
