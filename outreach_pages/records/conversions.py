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
class LedTo:
    """The numbers of what a session led to.

    `told`: tips at the session itself, according to its report; `by_card`: those that came by its card, `soon`: until
    90 days after it; `cases`: opened from any of them.
    """

    told: int = 0
    by_card: int = 0
    soon: int = 0
    cases: int = 0

    def __add__(self, other: "LedTo") -> "LedTo":
        return LedTo(*(mine + theirs for mine, theirs in zip(self.numbers, other.numbers, strict=True)))

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        return self.told, self.by_card, self.soon, self.cases

    def rows(self) -> Iterator[tuple[Any, int]]:
        """Yield the rows of a table: (what is counted, how many)."""
        return zip(LABELS, self.numbers, strict=True)


# In the order of `LedTo.numbers`.
LABELS = (
    _("tips at the session"),
    _("tips through its card"),
    _("of these within 90 days"),
    _("cases that followed"),
)

Counting = Callable[[SessionQuerySet], Mapping[uuid.UUID, LedTo]]
_countings: list[Counting] = []


def counts_conversions(counting: Counting) -> Counting:
    """Register a function that counts what sessions led to. It may leave out sessions that led to nothing."""
    _countings.append(counting)
    return counting


def count_conversions(sessions: SessionQuerySet) -> dict[uuid.UUID, LedTo]:
    """Return {session: what it led to}, without sessions that led to nothing."""
    found: dict[uuid.UUID, LedTo] = defaultdict(LedTo)
    for counting in _countings:
        for session, led_to in counting(sessions).items():
            found[session] += led_to
    return dict(found)


def led_to(session: InformativeSession) -> LedTo:
    return count_conversions(InformativeSession.objects.filter(pk=session.pk)).get(session.pk, LedTo())
