"""Changes of the directory that could turn a notice to the wrong person: one keeper asks, another one decides."""
