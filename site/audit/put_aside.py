"""Process rows so that one bad row stops no other: it is put aside by name, counted, and tried again later.

`for_each_row` runs one action for each row. When the action raises, its row is stored (PutAside), logged by its id and
the class of the error, and left alone until its time has come again; all others go on. Only a database that doesn't
answer ends the loop, because then no row is to blame. `/readyz` counts what is aside; the operator sees it in /cms/ and
with `manage.py put_aside`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError

from . import clock
from .models import PutAside

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
UNMET_AFTER = timedelta(days=7)

log = structlog.get_logger(__name__)


class _Aside:
    """What is aside, as it was read first: (kind, row, when it is due again). None: not read, or changed since."""

    rows: list[tuple[str, str, datetime]] | None = None

    def get(self, kind: str) -> list[tuple[str, datetime]]:
        if self.rows is None:
            self.rows = list(PutAside.objects.order_by().values_list("kind", "row", "retry_at"))
        return [(row, retry_at) for own, row, retry_at in self.rows if own == kind]


_remembered: ContextVar[_Aside | None] = ContextVar("rows_aside", default=None)


@contextmanager
def rows_aside_read_once() -> Iterator[None]:
    """Within this block read what is aside once, for all kinds: for one pass over many clocks.

    What this process puts aside or takes up meanwhile is seen at once; what another one does, by the next pass.
    """
    token = _remembered.set(_Aside())
    try:
        yield
    finally:
        _remembered.reset(token)


def _forget_what_was_read() -> None:
    remembered = _remembered.get()
    if remembered is not None:
        remembered.rows = None


def for_each_row(
    kind: str,
    keys: Iterable[Any],
    action: Callable[[Any], Any],
    *,
    at: datetime | None = None,
    on_put_aside: Callable[[Any], Any] | None = None,
) -> int:
    """Run `action(key)` for each key, in a transaction of its own making. Return for how many it was true.

    `kind`: what is done, as a code of at most 40 characters ("notice.clock"). `keys`: primary keys, fetched before;
    take those that are aside out of the query with `get_put_aside_keys`. `on_put_aside(key)`: run when a row is put
    aside, so that people hear of it; its own failure is only logged. Of what an action raises, only
    OperationalError and InterfaceError come out of here.
    """
    todo = list(keys)
    if not todo:
        return 0
    done = 0
    # One query for all, so that a row that goes well costs none of its own.
    already_aside = _get_rows_aside(kind)
    for key in todo:
        try:
            done += bool(action(key))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one row, the others go on
            put_row_aside(kind, key, error, at=at)
            if on_put_aside is not None:
                _run_on_put_aside(kind, key, on_put_aside)
        else:
            if str(key) in already_aside:
                PutAside.objects.filter(kind=kind, row=str(key)).delete()
                _forget_what_was_read()
                log.info("put_aside_mended", kind=kind, row=str(key))
    return done


def _get_rows_aside(kind: str) -> set[str]:
    remembered = _remembered.get()
    if remembered is not None:
        return {row for row, _retry_at in remembered.get(kind)}
    return set(PutAside.objects.filter(kind=kind).values_list("row", flat=True))


def get_put_aside_keys(kind: str, now: datetime) -> list[str]:
    """Return the keys of this kind that are put aside and not yet due again."""
    remembered = _remembered.get()
    if remembered is not None:
        return [row for row, retry_at in remembered.get(kind) if retry_at > now]
    return list(PutAside.objects.filter(kind=kind, retry_at__gt=now).values_list("row", flat=True))


def delete_unmet(now: datetime) -> int:
    """Delete rows that no loop has met for a week after they were due. Return how many.

    Their object is gone, or was dealt with elsewhere. Whatever is still bad is met, and put aside again, as soon as its
    time has come.
    """
    deleted, _by_model = PutAside.objects.filter(retry_at__lt=now - UNMET_AFTER).delete()
    _forget_what_was_read()
    if deleted:
        log.info("put_aside_forgotten", rows=deleted)
    return deleted


def retry_all() -> int:
    """Make everything that is aside due now. Return how many rows."""
    _forget_what_was_read()
    return PutAside.objects.update(retry_at=clock.now())


def put_row_aside(kind: str, key: Any, error: Exception, *, at: datetime | None = None) -> None:
    """Put one row aside, for loops that `for_each_row` doesn't fit.

    Stores the class of the error, never its text: that may hold what the row holds.
    """
    code, now = type(error).__name__, at or clock.now()
    row, is_new = PutAside.objects.get_or_create(
        kind=kind, row=str(key), defaults={"code": code[:40], "first_at": now, "last_at": now, "retry_at": now}
    )
    times = 1 if is_new else row.times + 1
    # The exponent is capped, because a timedelta overflows after some forty doublings.
    wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
    PutAside.objects.filter(pk=row.pk).update(code=code[:40], times=times, last_at=now, retry_at=now + wait)
    _forget_what_was_read()
    log.error("put_aside", kind=kind, row=str(key), code=code, times=times)


def _run_on_put_aside(kind: str, key: Any, on_put_aside: Callable[[Any], Any]) -> None:
    try:
        on_put_aside(key)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # the row is logged already; the others go on
        log.error("put_aside_untold", kind=kind, row=str(key), code=type(error).__name__)
