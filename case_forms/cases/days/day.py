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
from django.db.models import QuerySet

from ..models import Case
from .sources import AHEAD, BEHIND, DayLine, Source, build_lines
from .window import Window

OVERDUE, TODAY, WEEK, ANSWERED = "overdue", "today", "week", "answered"
PARTS = (OVERDUE, TODAY, WEEK, ANSWERED)
ON_DAY = 20  # lines of each part on the page of all parts
ON_PART = 50  # on the page of one


class Entries:
    """The moments of one part in their order, as a list that a Paginator can count and cut."""

    def __init__(self, part: str, cases: "QuerySet[Case]", window: Window) -> None:
        self.sources: dict[str, Source] = BEHIND if part == ANSWERED else AHEAD
        self.is_newest_first = part == ANSWERED
        self.rows = {name: _within(source.rows(cases), part, window) for name, source in self.sources.items()}
        self._count: int | None = None

    def count(self) -> int:
        if self._count is None:
            self._count = sum(rows.count() for rows in self.rows.values())
        return self._count

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list[tuple[datetime, str, Any]]:
        ordered = [self._first(name, rows, wanted.stop) for name, rows in self.rows.items()]
        return list(islice(merge(*ordered, key=_when, reverse=self.is_newest_first), wanted.start, wanted.stop))

    def _first(self, name: str, rows: "QuerySet[Any]", number: int) -> Iterator[tuple[datetime, str, Any]]:
        order = ("-due", "-pk") if self.is_newest_first else ("due", "pk")
        for pk, due in rows.order_by(*order).values_list("pk", "due")[:number]:
            yield due, name, pk


def _when(entry: tuple[datetime, str, Any]) -> tuple[datetime, str]:
    return entry[0], entry[1]


def _within(rows: "QuerySet[Any]", part: str, window: Window) -> "QuerySet[Any]":
    if part == OVERDUE:
        return rows.filter(due__lt=window.now)
    if part == TODAY:
        return rows.filter(due__gte=window.now, due__lt=window.tomorrow_begins)
    if part == WEEK:
        return rows.filter(due__gte=window.tomorrow_begins, due__lt=window.week_ends)
    return rows.filter(due__gte=window.yesterday_begins)


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


def build_part(part: str, cases: "QuerySet[Case]", window: Window, *, number: Any = 1, size: int = ON_DAY) -> DayPart:
    """Build one page of one part. A number that is none gives the nearest page."""
    entries = Entries(part, cases, window)
    page: Page[Any] = Paginator(cast(Any, entries), size).get_page(number)
    return DayPart(part, page, build_lines(entries.sources, cases, page.object_list, window.now))
