"""Which changes take two people, and which one makes alone.

Two: an office, whatever of it; a contact's address, telephone, PIN, office or whether it is active; a roster that is
another one within the next day; a leave that leaves an office with nobody within the next day; a way to a contact, and
when it is taken, where it would be taken for fewer notices, in fewer hours or later.
Alone: a contact's name, duty and language; a shift of somebody who already counts, from tomorrow on; a leave that
somebody else covers; a way that is taken for more notices, in more hours or sooner; what an agreement says of itself
only: reference, who signed, when it is to be reviewed.

Two, besides: an agreement, in all that decides who is told and of what; whether a role needs one at all.
"""

from datetime import datetime, time, timedelta

from ..models import Agreement, AgreementRule, Contact, ContactWay, DutyShift, Leave, Partner
from ..roster import find_gaps, read_rosters, utc
from ..ways.choosing import is_within_hours
from ..ways.models import SentFor
from .models import Act
from .values import ChangeRequest, Values

SOON_WITHIN = timedelta(hours=24)
ONE_PERSON_FIELDS = {"name", "duty", "language"}
ONE_PERSON_WAY_FIELDS = {"hours_from", "hours_until", "after_minutes", "sent_for"}
BY_REACH = [each.value for each in (SentFor.ALL, SentFor.URGENT, SentFor.UNANSWERED)]  # most notices first
ONE_PERSON_FIELDS_OF_AGREEMENT = {"reference", "signed_by_us", "signed_by_them", "review_on"}


def takes_two(wanted: ChangeRequest, *, now: datetime) -> bool:
    """Tell whether this change waits for a second person."""
    row = wanted.row
    if isinstance(row, Partner):
        return bool(wanted.after)
    if isinstance(row, Agreement):
        return wanted.act == Act.ADD or bool(set(wanted.after) - ONE_PERSON_FIELDS_OF_AGREEMENT)
    if isinstance(row, AgreementRule):
        return bool(wanted.after)
    if isinstance(row, Contact):
        return wanted.act == Act.ADD or bool(set(wanted.after) - ONE_PERSON_FIELDS)
    if isinstance(row, ContactWay):
        others = set(wanted.after) - ONE_PERSON_WAY_FIELDS
        return wanted.act == Act.ADD or bool(others) or _is_taken_less(row)
    if isinstance(row, DutyShift):
        return _roster_changes_soon(row, wanted.act, wanted.after, now)
    return wanted.act != Act.DELETE and bool(wanted.after) and _leaves_nobody_soon(row, now)


def _is_taken_less(row: ContactWay) -> bool:
    """Tell whether some notice at some hour would take this way later than it does now, or not at all."""
    stored = ContactWay.objects.get(pk=row.pk)
    return (
        row.after_minutes > stored.after_minutes
        or BY_REACH.index(row.sent_for) > BY_REACH.index(stored.sent_for)
        or any(is_within_hours(stored, hour) and not is_within_hours(row, hour) for hour in _get_edges(stored, row))
    )


def _get_edges(*ways: ContactWay) -> set[time]:
    """Return the hours at which one of these ways begins or ends to be taken: nothing changes between two of them."""
    return {time(0), *(hour for way in ways for hour in (way.hours_from, way.hours_until) if hour is not None)}


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
    until = utc(now) + SOON_WITHIN
    shifts, leaves = read_rosters([office], now, until)[office.pk]
    others = [leave for leave in leaves if leave.pk != row.pk]
    return _open_hours(shifts, [*others, row], now, until) > _open_hours(shifts, leaves, now, until)


def _open_hours(shifts: list[DutyShift], leaves: list[Leave], now: datetime, until: datetime) -> float:
    found = find_gaps(shifts, leaves, now, until)
    return sum((utc(each.ends_at) - utc(each.starts_at)).total_seconds() for each in found)
