"""Phones of our own people that are woken beside an e-mail: theirs by signing in, not by a contact's PIN."""
