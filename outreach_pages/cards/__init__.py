"""The card of a session: its random code, the short address it leads to, and who may end or extend it."""

from .codes import find_open_card

__all__ = ["find_open_card"]
