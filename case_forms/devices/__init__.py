"""Phones that store: granted, seen and ended here; what they seal is opened and received here."""
