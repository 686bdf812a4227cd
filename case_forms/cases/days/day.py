"""The day of one person: what is overdue, due today and this week, and what was answered; each part in pages.

Counts are the database's. A part reads the moments and keys of its first pages only, and the rows of one page whole. Of
many cases at most MAX_COUNTED lines of a part are counted ("more than 1,000"), unless the page asked for lies beyond.
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

from .scope import DayCases
from .sources import AHEAD, BEHIND, DayLine, build_lines
from .window import Window

OVERDUE, TODAY, WEEK, ANSWERED = "overdue", "today", "week", "answered"
PARTS = (OVERDUE, TODAY, WEEK, ANSWERED)
ON_DAY = 20  # lines of each part on the page of all parts
ON_PART = 50  # on the page of one
MAX_COUNTED = 1_000  # lines of a part, where the cases are many


class Day:
    """What is due in these cases, and what was answered, in parts."""

    def __init__(self, cases: DayCases, window: Window) -> None:
        self.cases, self.window = cases, window
        self._ahead = {name: source.rows(cases) for name, source in AHEAD.items()}
        self._behind = {name: source.rows(cases) for name, source in BEHIND.items()}

    @cached_property
    def _counted_ahead(self) -> dict[str, dict[str, int]]:
        """{source: {part: number}} of the parts that are still to come, and of what is overdue.

        Each source is counted once, for all its parts.
        """
        # What is further away than the last part is left out before anything is counted.
        near = {name: rows.filter(due__lt=self.window.week_ends) for name, rows in self._ahead.items()}
        by_part = {part: Count("pk", filter=_when(part, self.window)) for part in (OVERDUE, TODAY, WEEK)}
        return {name: rows.aggregate(**by_part) for name, rows in near.items()}

    @cached_property
    def _counted_behind(self) -> dict[str, dict[str, int]]:
        answered = _when(ANSWERED, self.window)
        return {name: {ANSWERED: rows.filter(answered).count()} for name, rows in self._behind.items()}

    def get_entries(self, part: str) -> "Entries":
        """Return the moments of one part, of the sources that have any then; all are counted."""
        counted = self._counted_behind if part == ANSWERED else self._counted_ahead
        counts = {name: numbers[part] for name, numbers in counted.items() if numbers[part]}
        return self._build_entries(part, counts)

    def get_first_entries(self, part: str) -> "Entries":
        """Return the same, of many cases counted up to one more than MAX_COUNTED."""
        if not self.cases.are_many:
            return self.get_entries(part)
        counts = {}
        for name in self._get_rows(part):
            # In their order, so that the index by time leads and no more is read than is counted.
            if number := self._find(name, part)[: MAX_COUNTED + 1].count():
                counts[name] = number
        return self._build_entries(part, counts, most=MAX_COUNTED)

    def _build_entries(self, part: str, counts: dict[str, int], *, most: int | None = None) -> "Entries":
        found = {name: self._find(name, part) for name in counts}
        return Entries(found, sum(counts.values()), is_newest_first=part == ANSWERED, most=most)

    def _get_rows(self, part: str) -> "dict[str, QuerySet[Any]]":
        return self._behind if part == ANSWERED else self._ahead

    def _find(self, name: str, part: str) -> "QuerySet[Any]":
        order = ("-due", "-pk") if part == ANSWERED else ("due", "pk")
        return self._get_rows(part)[name].filter(_when(part, self.window)).order_by(*order)


class Entries:
    """The moments of one part in their order, as a list that a Paginator can count and cut.

    `most`: no more are counted; `is_more` says that there are.
    """

    def __init__(
        self, rows: "dict[str, QuerySet[Any]]", total: int, *, is_newest_first: bool, most: int | None = None
    ) -> None:
        self.rows, self.is_newest_first = rows, is_newest_first
        self.is_more = most is not None and total > most
        self.total = most if most is not None and self.is_more else total

    def count(self) -> int:
        return self.total

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, wanted: slice) -> list[tuple[datetime, str, Any]]:
        ordered = [self._first(name, rows, wanted.stop) for name, rows in self.rows.items()]
        return list(islice(merge(*ordered, key=_get_place, reverse=self.is_newest_first), wanted.start, wanted.stop))

    def _first(self, name: str, rows: "QuerySet[Any]", number: int) -> Iterator[tuple[datetime, str, Any]]:
        for pk, due in rows.values_list("pk", "due")[:number]:
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
    """One part of the day: a page of its lines, and how many there are; `is_more`: more than that."""

    name: str
    page: "Page[Any]"
    lines: list[DayLine]
    is_more: bool = False

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @property
    def more(self) -> int:
        """How many there are beyond this page, when it is the first."""
        return max(self.total - len(self.lines), 0)


def build_part(part: str, day: Day, *, number: Any = 1, size: int = ON_DAY) -> DayPart:
    """Build one page of one part. A number that is none gives the nearest page."""
    entries = day.get_first_entries(part)
    page = _get_page(entries, number, size)
    if entries.is_more and not page.has_next():
        # What lies beyond is paged as well, by the number of all.
        entries = day.get_entries(part)
        page = _get_page(entries, number, size)
    sources = BEHIND if part == ANSWERED else AHEAD
    lines = build_lines(sources, day.cases, page.object_list, day.window.now)
    return DayPart(part, page, lines, is_more=entries.is_more)


def _get_page(entries: Entries, number: Any, size: int) -> "Page[Any]":
    page: Page[Any] = Paginator(cast(Any, entries), size).get_page(number)
    return page
