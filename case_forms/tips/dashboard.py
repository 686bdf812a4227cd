"""The tips on the staff's start page and in the list: those that wait first, danger before everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import QuerySet
from django.utils.functional import cached_property

from access.models import User
from access.short_lists import ShortList
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Sender, Tip, TipMessage, TipState

MAX_OPEN = 500  # opened to find those of danger, the newest; what is older stands behind them by its time
MAX_CLOSED = 40
MAX_ON_HOME = 5
WAITING = (TipState.NEW, TipState.READ)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class TipLine:
    """One tip in a list. `is_waiting`: the person waits, `since` when; `has_more`: they wrote again."""

    tip: Tip
    is_waiting: bool
    is_in_danger: bool
    is_about_a_child: bool
    has_more: bool
    since: datetime

    @property
    def needs_attention(self) -> bool:
        return self.is_in_danger and self.tip.state == TipState.NEW


class TipLines:
    """The lines of some tips, all of them: a list that a Paginator can count and cut."""

    def __init__(self, rows: "QuerySet[Tip]") -> None:
        self.rows = rows.select_related("unit", "municipality", "region", "taken_by")

    @cached_property
    def total(self) -> int:
        return self.rows.count()

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, wanted: slice) -> list[TipLine]:
        return _lines(self.rows[wanted])


class OpenTips(TipLines):
    """A person's open tips: those of danger first, then those that wait longest, then the answered ones.

    Danger stands in the sealed answers, so the database can't sort by it: the newest MAX_OPEN are opened and sorted
    here. In a flood the older ones follow by their time.
    """

    def __init__(self, user: User) -> None:
        super().__init__(Tip.objects.visible_to(user).open().order_by("-changed_at", "-pk"))

    @cached_property
    def sorted(self) -> list[TipLine]:
        lines = _lines(self.rows[:MAX_OPEN])
        waiting = sorted(
            (line for line in lines if line.is_waiting), key=lambda line: (not line.needs_attention, line.since)
        )
        return [*waiting, *(line for line in lines if not line.is_waiting)]

    @property
    def unsorted(self) -> int:
        """Return how many are too old to have been opened for sorting."""
        return max(self.total - MAX_OPEN, 0) if len(self.sorted) >= MAX_OPEN else 0

    def __getitem__(self, wanted: slice) -> list[TipLine]:
        start, stop = wanted.start or 0, self.total if wanted.stop is None else wanted.stop
        older = _lines(self.rows[max(start, MAX_OPEN) : stop]) if stop > MAX_OPEN else []
        return [*self.sorted[start:stop], *older]


def get_closed_tips(user: User) -> TipLines:
    """Return the lines of the tips that were closed, the last first."""
    return TipLines(Tip.objects.visible_to(user).filter(state=TipState.CLOSED).order_by("-closed_at", "-pk"))


def held_back(user: User) -> int:
    """Count the tips that came above the budget and that the unit hasn't opened yet."""
    return Tip.objects.visible_to(user).open().filter(held_back=True, state=TipState.NEW).count()


def lines_for_home(user: User) -> ShortList[TipLine]:
    """List those in which somebody waits, the most urgent first; a few only: the list has the others."""
    tips = OpenTips(user)
    waiting = [line for line in tips.sorted if line.is_waiting]
    total = len(waiting)
    if tips.unsorted:
        total = max(total, tips.rows.filter(state__in=WAITING).count())
    return ShortList(waiting[:MAX_ON_HOME], total)


def _lines(tips: Iterable[Tip]) -> list[TipLine]:
    found = list(tips)
    written = TipMessage.objects.filter(tip__in=found, sender=Sender.PERSON)
    again = set(written.values_list("tip_id", flat=True))
    return [_line(tip, has_more=tip.pk in again) for tip in found]


def _line(tip: Tip, *, has_more: bool) -> TipLine:
    """Build one line. A tip that can't be decrypted counts as one of danger, to be safe."""
    try:
        is_in_danger, is_about_a_child = tip.is_in_danger, tip.is_about_a_child
    except (SealBroken, KeyRingError) as error:
        log.error("signal_unreadable", tip=str(tip.pk), code=type(error).__name__)
        is_in_danger, is_about_a_child = True, False
    return TipLine(
        tip=tip,
        is_waiting=tip.state in WAITING,
        is_in_danger=is_in_danger,
        is_about_a_child=is_about_a_child,
        has_more=has_more,
        since=tip.changed_at if tip.state == TipState.NEW else tip.received_at,
    )
