"""What falls due: each is declared once (`Due`), and one runner walks the rows of all.

A room declares which rows wait, by which column they fall due and what is done with one of them, and registers it when
Django starts. The sweeper runs what is registered in each pass, row by row: one bad row is put aside by name and stops
no other (`put_aside`). Of two processes one does it, by one of two means:

    lock     the row is locked and read again within a transaction, and `act(row, now)` runs in that
    lease    the row's moment is moved by one conditional UPDATE, and `act(row, now)` runs outside of any transaction:
             for what is sent. Should the process die, the row is due again when the lease is over

Without either, `act(key, now)` sees to it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from .put_aside import for_each_row, get_put_aside_keys


def _find_none(_now: datetime) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A clock whose rows have no moment of their own, or several.

    `name`: a code of at most 40 characters. `label`: what is done, as operators read it; "" where its rows are put
    aside under other names. `advance(now)` does what is due, row by row, and returns for how many it did something.
    `find_stranded(now)` returns the ids of what is open and has no next step; there should be none.
    """

    name: str
    advance: Callable[[datetime], int]
    label: str | Promise = ""
    find_stranded: Callable[[datetime], list[str]] = _find_none


@dataclass(frozen=True, kw_only=True)
class Due:
    """Rows that fall due, and what is done with one of them.

    `name`: a code of at most 40 characters, under which a row is put aside, too. `label`: what is done, as operators
    read it. `rows(now)`: those that wait; a row of them is due once `column` is reached, and without a `column` each
    is. `act` returns whether something was done. `lock(key)`: locks what must be locked before the row. `lease`: for
    how long one process may be at it. `at_most`: rows in one run. `prepare(now)`: run before, also where nothing is
    due. `on_put_aside(key, now)`: tells people. `find_stranded`: as of a `Clock`.
    """

    name: str
    rows: Callable[[datetime], QuerySet[Any, Any]]
    act: Callable[[Any, datetime], Any]
    column: str = ""
    label: str | Promise = ""
    lock: Callable[[Any], Any] | None = None
    lease: timedelta | None = None
    at_most: int = 200
    prepare: Callable[[datetime], Any] | None = None
    on_put_aside: Callable[[Any, datetime], Any] | None = None
    find_stranded: Callable[[datetime], list[str]] = _find_none

    def get_due(self, now: datetime) -> QuerySet[Any, Any]:
        """Return the rows that are due, those that are put aside among them, the earliest first."""
        rows = self.rows(now)
        return rows.filter(**{f"{self.column}__lte": now}).order_by(self.column) if self.column else rows

    def advance(self, now: datetime) -> int:
        """Act on every row that is due, each by itself. Return for how many something was done."""
        if self.prepare is not None:
            self.prepare(now)
        tell = self.on_put_aside
        due = self.get_due(now).exclude(pk__in=get_put_aside_keys(self.name, now))
        return for_each_row(
            self.name,
            due.values_list("pk", flat=True)[: self.at_most],
            lambda key: self._take(key, now),
            at=now,
            on_put_aside=None if tell is None else lambda key: tell(key, now),
        )

    def run(self, _argument: object = "", *, now: datetime | None = None) -> int:
        """Run it as a task of the workers (settings.EACH_MINUTE). Return as `advance`."""
        return self.advance(now or timezone.now())

    def _take(self, key: Any, now: datetime) -> bool:
        if self.lock is not None:
            return self._act_locked(key, now)
        if self.lease is not None:
            return self._act_leased(key, now, self.lease)
        return bool(self.act(key, now))

    def _act_locked(self, key: Any, now: datetime) -> bool:
        assert self.lock is not None
        with transaction.atomic():
            try:
                self.lock(key)
            except ObjectDoesNotExist:
                return False  # the row is gone
            # Read after the lock: whoever comes second finds it no longer due.
            row = self.get_due(now).select_for_update(no_key=True, of=("self",)).filter(pk=key).first()
            return row is not None and bool(self.act(row, now))

    def _act_leased(self, key: Any, now: datetime, lease: timedelta) -> bool:
        rows = self.rows(now)
        # By the column alone, and not by a subquery, which PostgreSQL wouldn't read again for whoever comes second.
        mine = rows.model._default_manager.filter(pk=key, **{f"{self.column}__lte": now})
        if not mine.update(**{self.column: now + lease}):
            return False
        row = rows.filter(pk=key).first()
        return row is not None and bool(self.act(row, now))


def lock_row_alone(_key: Any) -> None:
    """Lock nothing before the row (`Due.lock`)."""


_clocks: dict[str, Clock | Due] = {}


def register_clocks(*clocks: Clock | Due) -> None:
    """Let the sweeper run these from now on. Registering one again replaces it."""
    _clocks.update({each.name: each for each in clocks})


def advance_clocks(now: datetime, *, without: Collection[str] = ()) -> None:
    """Run every registered clock, each by itself: what is wrong with one keeps no other from moving.

    `without`: names of clocks that are left as they are; the sweeper leaves out none.
    """
    names = [name for name in _clocks if name not in without]
    for_each_row("housekeeping", names, lambda name: _clocks[name].advance(now), at=now)


def get_clocks() -> list[Clock | Due]:
    """Return the registered clocks in the order in which they are run."""
    return list(_clocks.values())


def get_labels() -> dict[str, str | Promise]:
    """Return what each registered clock does, in words, by its name."""
    return {each.name: each.label for each in _clocks.values()}


def find_stranded_rows(now: datetime) -> list[tuple[str, str]]:
    """Return (name of the clock, id) of all that is open and has no next step."""
    return [(each.name, key) for each in _clocks.values() for key in each.find_stranded(now)]
