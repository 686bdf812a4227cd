"""What a unit writes down of a session on a phone without a network: the form, recording it, what couldn't be."""
