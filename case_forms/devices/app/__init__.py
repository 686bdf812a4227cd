"""The page of a phone that stores: the same for everybody, its service worker, and where a phone is set up."""
