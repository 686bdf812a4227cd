"""Say what a clean-up removed. Every room may; whoever holds the figures listens (`config.watch.stored`)."""

from django.dispatch import Signal

removed = Signal()  # kind: a code of `config.watch.stored.KINDS`; count: rows or files


def note_removed(kind: str, count: int) -> int:
    """Say that the clean-up of this kind has run, and how many rows or files it removed. Return that count.

    A figure that can't be stored stops no clean-up.
    """
    removed.send_robust(sender=None, kind=kind, count=count)
    return count
