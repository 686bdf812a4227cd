"""Changes of units and places that would turn a notice or a call to somebody else: one keeper asks, another decides."""
