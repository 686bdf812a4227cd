"""Several machines on one: each a network, a name, processes, a disk and a share of the processor of its own.

`python -m tests.machines` (as root) measures how much two and four take on more than one, and what happens when one of
them dies or loses its network.
"""
