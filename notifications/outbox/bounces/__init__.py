"""Mails that come back: each attempt has a return path of its own, by which a report of non-delivery finds it."""
