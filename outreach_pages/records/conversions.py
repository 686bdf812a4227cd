"""What sessions led to: tips, and cases that came of them. Counted each time, kept nowhere.

Tips and cases are known on a floor above this one. Whoever knows them registers here how they are counted; the
record shows what comes back: numbers, never which tip or case.
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
    """`told`: tips at the session itself, as its report says; `by_card`: those that came by its card, `soon`: until
    90 days after it; `cases`: opened from any of them."""

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
        """For a table: (what is counted, how many)."""
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
    """Registers one who knows what sessions led to. A session without anything may be left out of its answer."""
    _countings.append(counting)
    return counting


def count_conversions(sessions: SessionQuerySet) -> dict[uuid.UUID, LedTo]:
    """{session: what it led to}; nothing for one that led to nothing."""
    found: dict[uuid.UUID, LedTo] = defaultdict(LedTo)
    for counting in _countings:
        for session, led_to in counting(sessions).items():
            found[session] += led_to
    return dict(found)


def led_to(session: InformativeSession) -> LedTo:
    return count_conversions(InformativeSession.objects.filter(pk=session.pk)).get(session.pk, LedTo())
