"""Changes that could turn a notice to the wrong person: one person asks, another one decides."""
