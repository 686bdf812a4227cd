"""The accompaniments of a case: one entry for each journey on which somebody of the unit went along.

What a journey was stands in the form that was sent about it, which the room above reads (`register_source`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from access.short_lists import ShortList

from .models import Case


@dataclass(frozen=True)
class Journey:
    """One journey. `form`: the id of the form that tells of it, `at`: when it came in.

    `to`: the kind of place; `said`: (label, what) of where, when and with whom. Both are empty where the form can't be
    opened or doesn't say.
    """

    form: UUID
    at: datetime
    to: str = field(default="", repr=False)
    said: tuple[tuple[str, str], ...] = field(default=(), repr=False)


Source = Callable[[Case, str], ShortList[Journey]]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Say how the journeys of a case are read, in a language. Only the newest source counts."""
    _sources[:] = [source]


def list_journeys(case: Case, language: str) -> ShortList[Journey]:
    """Return the journeys of a case, the newest first; the oldest of very many are only counted."""
    return _sources[-1](case, language) if _sources else ShortList()
