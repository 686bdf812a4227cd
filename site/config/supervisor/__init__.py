"""One process that starts the house, watches every part of it, and takes all of it down again.

`python -m config.supervisor` (what `make run` ends in). docs/adr/0002 says why it is our own.
"""
