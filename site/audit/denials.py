"""Denied requests in the audit chain: the first at once, its repetitions counted and written as one more entry.

Somebody who is signed in and asks for what isn't theirs a thousand times would otherwise write a thousand entries, each
under the lock that every submission needs. Repetitions within ten minutes of the first only raise a number in a row of
their own; when the time is over, one entry says how many there were (`access.denied_again`).
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .chain import Actor, log_event
from .models import RepeatedDenial

DENIED = "access.denied"
DENIED_AGAIN = "access.denied_again"
WINDOW = timedelta(minutes=10)


def record_denial(*, actor: Actor, target_kind: str, target_id: Any, at: datetime | None = None) -> None:
    """Record that this person was denied this. Takes the chain's lock only for the first in ten minutes."""
    now = at or timezone.now()
    who_and_what = {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "target_kind": target_kind,
        "target_id": str(target_id)[:64],
    }
    mine = RepeatedDenial.objects.filter(**who_and_what)
    # The usual case of a repetition: one statement, without a lock of the chain's.
    if mine.filter(since__gt=now - WINDOW).update(times=F("times") + 1, last_at=now):
        return
    with transaction.atomic():
        row, is_new = RepeatedDenial.objects.select_for_update().get_or_create(
            **who_and_what, defaults={"since": now, "last_at": now}
        )
        if not is_new and row.since > now - WINDOW:  # another request was first, a moment ago
            mine.update(times=F("times") + 1, last_at=now)
            return
        if not is_new:
            _write_repetitions(row)
            mine.update(since=now, last_at=now, times=0)
        log_event(DENIED, actor=actor, target_kind=target_kind, target_id=row.target_id, at=now)


def flush(argument: str = "", *, now: datetime | None = None) -> int:
    """Write the repetitions whose time is over; run each minute (settings.EACH_MINUTE). Return how many entries."""
    over = RepeatedDenial.objects.filter(since__lte=(now or timezone.now()) - WINDOW)
    written = 0
    for pk in list(over.values_list("pk", flat=True)[:500]):
        with transaction.atomic():
            # Read again under its lock: a new denial may have begun the row anew.
            row = RepeatedDenial.objects.select_for_update().filter(pk=pk).first()
            if row is not None and row.since <= (now or timezone.now()) - WINDOW:
                written += _write_repetitions(row)
                row.delete()
    return written


def _write_repetitions(row: RepeatedDenial) -> bool:
    if row.times:
        log_event(
            DENIED_AGAIN,
            actor=Actor(row.actor_kind, row.actor_id),
            target_kind=row.target_kind,
            target_id=row.target_id,
            times=row.times,
            since=row.since,
            until=row.last_at,
        )
    return bool(row.times)
