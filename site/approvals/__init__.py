"""What waits for a second person, whatever it is about: one list of kinds, in which each room registers its own."""
