"""Process rows so that one bad row stops no other: it is put aside by name, counted, and tried again later.

`each` runs one action for each row. What the action raises is that row's own affair: the row is stored (PutAside),
logged by its id and the class of the error, and left alone until its time has come again; all others go on. Only a
database that doesn't answer ends the loop, because then no row is to blame. `/readyz` counts what is aside; the
operator sees it in /cms/ and with `manage.py put_aside`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from .models import PutAside

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
UNMET = timedelta(days=7)

log = structlog.get_logger(__name__)


def each(
    kind: str,
    keys: Iterable[Any],
    deed: Callable[[Any], Any],
    *,
    at: datetime | None = None,
    instead: Callable[[Any], Any] | None = None,
) -> int:
    """Run `deed(key)` for each key, in a transaction of its own making. Return for how many it was true.

    `kind`: what is done, as a code of at most 40 characters ("notice.clock"). `keys`: primary keys, fetched before;
    take those that are aside out of the query with `aside`. `instead(key)`: run once when a row is put aside, so that
    people hear of it; its own failure is only logged. Raises OperationalError and InterfaceError, nothing else of a
    row's.
    """
    done = 0
    # One query for all, so that a row that goes well costs none of its own.
    known = set(PutAside.objects.filter(kind=kind).values_list("row", flat=True))
    for key in keys:
        try:
            done += bool(deed(key))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one row, the others go on
            note(kind, key, error, at=at)
            if instead is not None:
                _do_instead(kind, key, instead)
        else:
            if str(key) in known:
                PutAside.objects.filter(kind=kind, row=str(key)).delete()
                log.info("put_aside_mended", kind=kind, row=str(key))
    return done


def aside(kind: str, now: datetime) -> list[str]:
    """Return the keys of this kind that are put aside and not yet due again."""
    return list(PutAside.objects.filter(kind=kind, retry_at__gt=now).values_list("row", flat=True))


def forget_unmet(now: datetime) -> int:
    """Drop rows that no loop has met for a week after they were due. Return how many.

    Their object is gone, or was dealt with elsewhere. Whatever is still bad is met, and put aside again, as soon as its
    time has come.
    """
    dropped, _of_each = PutAside.objects.filter(retry_at__lt=now - UNMET).delete()
    if dropped:
        log.info("put_aside_forgotten", rows=dropped)
    return dropped


def try_again() -> int:
    """Make everything that is aside due now. Return how many rows."""
    return PutAside.objects.update(retry_at=timezone.now())


def note(kind: str, key: Any, error: Exception, *, at: datetime | None = None) -> None:
    """Put one row aside, for loops that `each` doesn't fit.

    Stores the class of the error, never its text: that may hold what the row holds.
    """
    code, now = type(error).__name__, at or timezone.now()
    row, is_new = PutAside.objects.get_or_create(
        kind=kind, row=str(key), defaults={"code": code[:40], "first_at": now, "last_at": now, "retry_at": now}
    )
    times = 1 if is_new else row.times + 1
    # The exponent is capped, because a timedelta overflows after some forty doublings.
    wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
    PutAside.objects.filter(pk=row.pk).update(code=code[:40], times=times, last_at=now, retry_at=now + wait)
    log.error("put_aside", kind=kind, row=str(key), code=code, times=times)


def _do_instead(kind: str, key: Any, instead: Callable[[Any], Any]) -> None:
    try:
        instead(key)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # the row is logged already; the others go on
        log.error("put_aside_untold", kind=kind, row=str(key), code=type(error).__name__)
