"""The day of one person: what is overdue, due today and this week, and what was answered; each part in pages.

Counts are the database's. A part reads the moments and keys of its first pages only, and the rows of one page whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils.functional import cached_property

from ..models import Case
from .sources import AHEAD, BEHIND, DayLine, build_lines
from .window import Window

OVERDUE, TODAY, WEEK, ANSWERED = "overdue", "today", "week", "answered"
PARTS = (OVERDUE, TODAY, WEEK, ANSWERED)
ON_DAY = 20  # lines of each part on the page of all parts
ON_PART = 50  # on the page of one


class Day:
    """What is due in these cases, and what was answered, in parts. Each source is counted once, for all its parts."""

    def __init__(self, cases: "QuerySet[Case]", window: Window) -> None:
        self.cases, self.window = cases, window
        self._ahead = {name: source.rows(cases) for name, source in AHEAD.items()}
        self._behind = {name: source.rows(cases) for name, source in BEHIND.items()}

    @cached_property
    def _counted_ahead(self) -> dict[str, dict[str, int]]:
        """{source: {part: number}} of the parts that are still to come, and of what is overdue."""
        # What is further away than the last part is left out before anything is counted.
        near = {name: rows.filter(due__lt=self.window.week_ends) for name, rows in self._ahead.items()}
        by_part = {part: Count("pk", filter=_when(part, self.window)) for part in (OVERDUE, TODAY, WEEK)}
        return {name: rows.aggregate(**by_part) for name, rows in near.items()}

    @cached_property
    def _counted_behind(self) -> dict[str, dict[str, int]]:
        answered = _when(ANSWERED, self.window)
        return {name: {ANSWERED: rows.filter(answered).count()} for name, rows in self._behind.items()}

    def get_entries(self, part: str) -> "Entries":
        """Return the moments of one part, of the sources that have any then."""
        is_behind = part == ANSWERED
        rows, counted = (self._behind, self._counted_behind) if is_behind else (self._ahead, self._counted_ahead)
        counts = {name: numbers[part] for name, numbers in counted.items() if numbers[part]}
        within = {name: rows[name].filter(_when(part, self.window)) for name in counts}
        return Entries(within, sum(counts.values()), is_newest_first=is_behind)


class Entries:
    """The moments of one part in their order, as a list that a Paginator can count and cut."""

    def __init__(self, rows: "dict[str, QuerySet[Any]]", total: int, *, is_newest_first: bool) -> None:
        self.rows, self.total, self.is_newest_first = rows, total, is_newest_first

    def count(self) -> int:
        return self.total

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, wanted: slice) -> list[tuple[datetime, str, Any]]:
        ordered = [self._first(name, rows, wanted.stop) for name, rows in self.rows.items()]
        return list(islice(merge(*ordered, key=_get_place, reverse=self.is_newest_first), wanted.start, wanted.stop))

    def _first(self, name: str, rows: "QuerySet[Any]", number: int) -> Iterator[tuple[datetime, str, Any]]:
        order = ("-due", "-pk") if self.is_newest_first else ("due", "pk")
        for pk, due in rows.order_by(*order).values_list("pk", "due")[:number]:
            yield due, name, pk


def _get_place(entry: tuple[datetime, str, Any]) -> tuple[datetime, str]:
    return entry[0], entry[1]


def _when(part: str, window: Window) -> Q:
    """Return the condition of the moments of a part."""
    if part == OVERDUE:
        return Q(due__lt=window.now)
    if part == TODAY:
        return Q(due__gte=window.now, due__lt=window.tomorrow_begins)
    if part == WEEK:
        return Q(due__gte=window.tomorrow_begins, due__lt=window.week_ends)
    return Q(due__gte=window.yesterday_begins)


@dataclass(frozen=True)
class DayPart:
    """One part of the day: a page of its lines, and how many there are."""

    name: str
    page: "Page[Any]"
    lines: list[DayLine]

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @property
    def more(self) -> int:
        """How many there are beyond this page, when it is the first."""
        return max(self.total - len(self.lines), 0)


def build_part(part: str, day: Day, *, number: Any = 1, size: int = ON_DAY) -> DayPart:
    """Build one page of one part. A number that is none gives the nearest page."""
    page: Page[Any] = Paginator(cast(Any, day.get_entries(part)), size).get_page(number)
    sources = BEHIND if part == ANSWERED else AHEAD
    return DayPart(part, page, build_lines(sources, day.cases, page.object_list, day.window.now))
