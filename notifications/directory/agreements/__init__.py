"""Cooperation agreements: which is in force, whom they cover, what may be shared, and what was told under them."""
