"""Pages of a register, each read from where the one before ended, so that the last is as quick as the first.

A page's address names the row that it comes after, or before: its time and its key. Nothing is skipped by counting, and
a row that comes in meanwhile moves no other to another page.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
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
        found = _read_places(rows, field, before, size + 1, newer=True)
        shown = found[:size][::-1]
        if len(found) > size or not shown:
            return _build_page(rows, shown, has_newer=len(found) > size, has_older=bool(shown))
        # Nothing newer is left: this is the first page, which is always a full one.
        after = None
    found = _read_places(rows, field, after, size + 1, newer=False)
    return _build_page(rows, found[:size], has_newer=after is not None, has_older=len(found) > size)


def count_some(rows: "QuerySet[Any]") -> int:
    """Count rows, at most one more than MAX_COUNTED."""
    return rows.order_by()[: MAX_COUNTED + 1].count()


def _read_places(rows: "QuerySet[Any]", field: str, place: Cursor | None, count: int, *, newer: bool) -> list[Cursor]:
    """Read where the next rows stand: times and keys alone, so that nothing but the time's index leads the query."""
    if place is None:
        # Always true. It says that the rows are to be read along this index, and not sorted afterwards.
        chosen = rows.filter(**{f"{field}__lte": END_OF_TIME})
    else:
        sign = "gt" if newer else "lt"
        beside = Q(**{field: place.at, f"pk__{sign}": place.pk})
        # The first condition alone lets the index find the place; the second decides among rows of the same moment.
        chosen = rows.filter(Q(**{f"{field}__{sign}e": place.at}), Q(**{f"{field}__{sign}": place.at}) | beside)
    order = (field, "pk") if newer else (f"-{field}", "-pk")
    found = chosen.order_by(*order).select_related(None).values_list(field, "pk")[:count]
    return [Cursor(at, pk) for at, pk in found]


def _build_page(rows: "QuerySet[Any]", places: list[Cursor], *, has_newer: bool, has_older: bool) -> Page:
    # By their keys alone, which were found by the conditions just now: with both, SQLite reads all rows of a unit.
    whole = rows.model._default_manager.all()
    whole.query.select_related = rows.query.select_related
    whole.query.deferred_loading = rows.query.deferred_loading
    found = whole.in_bulk([place.pk for place in places])
    shown = [found[place.pk] for place in places if place.pk in found]
    newer, older = (str(places[0]), str(places[-1])) if places else ("", "")
    return Page(shown, newer if has_newer else "", older if has_older else "")
