"""Which changes take two people, and which one makes alone.

Two: an office, whatever of it; a contact's address, telephone, PIN, office or whether it is active; a roster that is
another one within the next day; a leave that leaves an office with nobody within the next day.
Alone: a contact's name, duty and language; a shift of somebody who already counts, from tomorrow on; a leave that
somebody else covers; agreements.
"""

from datetime import datetime, timedelta

from django.db import transaction

from ..models import Contact, DutyShift, Leave, Partner
from ..roster import gaps, utc
from .models import Act
from .values import ChangeRequest, Values

SOON_WITHIN = timedelta(hours=24)
ONE_PERSON_FIELDS = {"name", "duty", "language"}


def takes_two(wanted: ChangeRequest, *, now: datetime) -> bool:
    """Tell whether this change waits for a second person."""
    row = wanted.row
    if isinstance(row, Partner):
        return bool(wanted.after)
    if isinstance(row, Contact):
        return wanted.act == Act.ADD or bool(set(wanted.after) - ONE_PERSON_FIELDS)
    if isinstance(row, DutyShift):
        return _roster_changes_soon(row, wanted.act, wanted.after, now)
    return wanted.act != Act.DELETE and bool(wanted.after) and _leaves_nobody_soon(row, now)


def _roster_changes_soon(row: DutyShift, act: str, after: Values, now: datetime) -> bool:
    """Tell whether the next day has another roster with this change than without it."""
    if act == Act.DELETE:
        return _within(row.starts_at, row.ends_at, now) is not None
    new = _within(row.starts_at, row.ends_at, now)
    if act == Act.ADD:
        return new is not None
    stored = DutyShift.objects.get(pk=row.pk)
    old = _within(stored.starts_at, stored.ends_at, now)
    if {"partner", "contact", "rank"} & set(after):
        return old is not None or new is not None
    return old != new


def _within(start: datetime, end: datetime | None, now: datetime) -> tuple[datetime, datetime] | None:
    """Return what of a shift lies in the next day."""
    since, until = max(utc(start), utc(now)), utc(now) + SOON_WITHIN
    if end is not None:
        until = min(until, utc(end))
    return (since, until) if since < until else None


def _leaves_nobody_soon(row: Leave, now: datetime) -> bool:
    """Tell whether the office has hours with nobody in the next day that it wouldn't have without this leave."""
    office = row.contact.partner
    without = _open_hours(office, now)
    is_new = row.pk is None
    with transaction.atomic():
        # Saved and rolled back, so that the roster's own query answers; there is one rule for leave.
        row.save()
        with_it = _open_hours(office, now)
        transaction.set_rollback(True)
    if is_new:
        # The rollback undoes the row, not what saving has set on the instance.
        row.pk, row._state.adding = None, True
    return with_it > without


def _open_hours(office: Partner, now: datetime) -> float:
    found = gaps(office, now, now + SOON_WITHIN)
    return sum((utc(each.ends_at) - utc(each.starts_at)).total_seconds() for each in found)
