"""Changes of units and places that would redirect a notice or a call: one manager asks, another decides."""
