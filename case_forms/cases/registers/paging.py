"""Pages of a register, each read from where the one before ended, so that the last is as quick as the first.

A page's address names the row that it comes after, or before: its time and its key. Nothing is skipped by counting, and
a row that comes in meanwhile moves no other to another page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

MAX_COUNTED = 1_000  # more are "more than"; counting on would read every row


@dataclass(frozen=True)
class Cursor:
    """A row's place: its time and its key."""

    at: datetime
    pk: Any

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.pk}"

    @classmethod
    def read(cls, text: str, model: type[Model]) -> "Cursor | None":
        """Read a place out of an address; None for anything else."""
        at, _mark, key = text.replace(" ", "+").partition("~")
        try:
            moment = parse_datetime(at)
            pk = model._meta.pk.to_python(key) if key else None
        except (ValueError, ValidationError):
            return None
        return cls(moment, pk) if moment is not None and moment.tzinfo is not None and pk is not None else None


@dataclass(frozen=True)
class Page:
    """Some rows, and the places of the pages beside them ("" where there is none)."""

    rows: list[Any]
    newer: str
    older: str


def read_page(rows: "QuerySet[Any]", *, field: str, size: int, after: Cursor | None, before: Cursor | None) -> Page:
    """Return the rows after a place, or before one, the newest first. `field`: the time by which they stand."""
    if before is not None:
        # The page that ends just before this place: read upwards, then turned round.
        found = list(_beyond(rows, field, before, newer=True).order_by(field, "pk")[: size + 1])
        has_newer, shown = len(found) > size, found[:size][::-1]
        if has_newer or not shown:
            older = bool(shown)
            return _build_page(shown, field, has_newer=has_newer, has_older=older)
        # Nothing newer is left: this is the first page, which is always a full one.
        after = None
    chosen = _beyond(rows, field, after, newer=False) if after is not None else rows
    found = list(chosen.order_by(f"-{field}", "-pk")[: size + 1])
    return _build_page(found[:size], field, has_newer=after is not None, has_older=len(found) > size)


def count_some(rows: "QuerySet[Any]") -> int:
    """Count rows, at most one more than MAX_COUNTED."""
    return rows.order_by()[: MAX_COUNTED + 1].count()


def _beyond(rows: "QuerySet[Any]", field: str, place: Cursor, *, newer: bool) -> "QuerySet[Any]":
    sign = "gt" if newer else "lt"
    # The first condition alone lets the index find the place; the second decides among rows of the same moment.
    beside = Q(**{field: place.at, f"pk__{sign}": place.pk})
    return rows.filter(Q(**{f"{field}__{sign}e": place.at}), Q(**{f"{field}__{sign}": place.at}) | beside)


def _build_page(rows: list[Any], field: str, *, has_newer: bool, has_older: bool) -> Page:
    places = [str(Cursor(getattr(row, field), row.pk)) for row in rows]
    return Page(rows, places[0] if places and has_newer else "", places[-1] if places and has_older else "")
