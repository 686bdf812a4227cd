"""Which changes take two people, and which one makes alone.

Two: an office, whatever of it; a contact's address, telephone, PIN, office or whether it is active; a roster that is
another one within the next day; a shift or a leave after which an office has nobody at a time at which it has somebody
now, however far away that is; a way to a contact, and when it is taken, where it would be taken for fewer notices, in
fewer hours or later.
Alone: a contact's name, duty and language; a shift of somebody who already counts, from tomorrow on; an end or a leave
that somebody else covers; a way that is taken for more notices, in more hours or sooner; what an agreement says of
itself only: reference, who signed, when it is to be reviewed.

Two, besides: an agreement, in all that decides who is told and of what; whether a role needs one at all.
"""

from datetime import datetime, time, timedelta

from ..models import Agreement, AgreementRule, Contact, ContactWay, DutyShift, Leave, Partner
from ..roster import FOR_EVER, find_gaps, read_rosters, utc
from ..ways.choosing import is_within_hours
from ..ways.models import SentFor
from .models import Act
from .values import ChangeRequest, Row, Values

SOON_WITHIN = timedelta(hours=24)
A_MINUTE = timedelta(minutes=1)
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
    if isinstance(row, DutyShift) and _roster_changes_soon(row, wanted.act, wanted.after, now):
        return True
    return empties_office(wanted, now=now)


def lock_offices(row: Row) -> None:
    """Lock the offices whose roster this row is or was part of, until the transaction ends.

    Otherwise one person who ends two shifts in the same moment is told twice that the other one goes on.
    """
    if isinstance(row, DutyShift | Leave):
        keys = {office.pk for office in _get_offices(row)}
        # A notice can refer to an office meanwhile (`outbox.locking`).
        list(Partner.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))


def empties_office(wanted: ChangeRequest, *, now: datetime) -> bool:
    """Tell whether, after this change of a shift or a leave, an office has nobody at a time when it has somebody now.

    Call it with the office locked (`lock_offices`).
    """
    row = wanted.row
    if not isinstance(row, DutyShift | Leave) or not (wanted.after or wanted.act == Act.DELETE):
        return False
    stored = type(row)._default_manager.filter(pk=row.pk or 0).first()
    periods = [each for each in (stored, row) if each is not None]
    since = max(utc(now), min(utc(each.starts_at) for each in periods))
    until = max(utc(each.ends_at) if each.ends_at else FOR_EVER for each in periods)
    if since >= until:
        return False
    rosters = read_rosters(_get_offices(row), since, until)
    return any(_has_new_gap(office, roster, wanted, since, until) for office, roster in rosters.items())


def _get_offices(row: DutyShift | Leave) -> set[Partner]:
    """Return the office of a shift or leave, as it would be and as it is stored."""
    stored = type(row)._default_manager.filter(pk=row.pk or 0).first()
    both = [each for each in (row, stored) if each is not None]
    return {each.partner if isinstance(each, DutyShift) else each.contact.partner for each in both}


def _has_new_gap(
    office: int, roster: tuple[list[DutyShift], list[Leave]], wanted: ChangeRequest, since: datetime, until: datetime
) -> bool:
    row, (shifts, leaves) = wanted.row, roster
    imagined: tuple[list[DutyShift], list[Leave]] = (
        [each for each in shifts if not (isinstance(row, DutyShift) and each.pk == row.pk)],
        [each for each in leaves if not (isinstance(row, Leave) and each.pk == row.pk)],
    )
    if isinstance(row, DutyShift) and wanted.act != Act.DELETE and row.partner_id == office:
        imagined[0].append(row)
    elif isinstance(row, Leave) and wanted.act != Act.DELETE and row.contact.partner_id == office:
        imagined[1].append(row)
    known = list(find_gaps(shifts, leaves, since, until))
    # A page knows no seconds: less than a minute is nobody's doing, and in whole minutes nothing adds up to more.
    return any(
        new.ends_at - new.starts_at >= A_MINUTE
        and not any(gap.starts_at - A_MINUTE < new.starts_at and new.ends_at < gap.ends_at + A_MINUTE for gap in known)
        for new in find_gaps(*imagined, since, until)
    )


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
