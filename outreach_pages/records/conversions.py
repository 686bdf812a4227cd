"""Conversions of sessions: tips, and cases that followed from them. Counted each time, stored nowhere.

Tips and cases belong to rooms above this one. The room that knows them registers here how they are counted; the record
shows what comes back: numbers, never which tip or case.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import InformativeSession, SessionQuerySet

SOON_DAYS = 90


@dataclass(frozen=True)
class Conversions:
    """The numbers of what followed from a session.

    `at_session`: tips at the session itself, according to its report; `by_card`: those that came by its card;
    `soon`: of these, those within 90 days after it; `cases`: opened from any of them.
    """

    at_session: int = 0
    by_card: int = 0
    soon: int = 0
    cases: int = 0

    def __add__(self, other: "Conversions") -> "Conversions":
        return Conversions(*(mine + theirs for mine, theirs in zip(self.numbers, other.numbers, strict=True)))

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        return self.at_session, self.by_card, self.soon, self.cases

    def rows(self) -> Iterator[tuple[Any, int]]:
        """Yield the rows of a table: (what is counted, how many)."""
        return zip(LABELS, self.numbers, strict=True)


# In the order of `Conversions.numbers`.
BY_CARD, SOON = 1, 2
LABELS = (
    _("tips at the session"),
    _("tips through its card"),
    _("of these within 90 days"),
    _("cases that followed"),
)

Counter = Callable[[SessionQuerySet], Mapping[uuid.UUID, Conversions]]
_counters: list[Counter] = []


def register_conversion_counter(counting: Counter) -> Counter:
    """Register a function that counts what sessions led to. It may leave out sessions that led to nothing."""
    _counters.append(counting)
    return counting


def count_conversions(sessions: SessionQuerySet) -> dict[uuid.UUID, Conversions]:
    """Return {session: what it led to}, without sessions that led to nothing."""
    found: dict[uuid.UUID, Conversions] = defaultdict(Conversions)
    for counting in _counters:
        for session, numbers in counting(sessions).items():
            found[session] += numbers
    return dict(found)


def get_conversions(session: InformativeSession) -> Conversions:
    return count_conversions(InformativeSession.objects.filter(pk=session.pk)).get(session.pk, Conversions())
