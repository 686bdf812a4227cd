"""Who answers for an office at a moment: the one rule for overlapping shifts, and for leave.

1. A shift counts while it runs, if its contact is active, has opened a test notice, belongs to the office and isn't
   on leave.
2. Within a rank one shift counts: the shortest cover, then the one entered last. An open-ended shift is the longest.
3. Ranks order those: the lowest is on duty, the next is the deputy.
4. Whoever is covered by a shift of step 2 comes after all ranks, in the same order.
5. Whoever was added in an emergency comes last: nobody loses their place to them. They are notified at once, beside
   the first (`escalation.beside`).
6. A person is named once, at the first place.

`docs/directory.md` says the same to those who manage the roster.
"""

import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, in_each_language
from audit.sealed_rows import keep_intact

from .models import Contact, DutyShift, Leave, Partner
from .read_ahead import About, expect, fetch_together

OPEN_ENDED = timedelta.max
# Far beyond any roster, and still a date that every database and time zone can hold.
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)

AWAY = _("Somebody with a shift at this hour is on leave; the next on the roster covers it.")
ALL_AWAY = _("Everybody with a shift at this hour is on leave.")
COVERED = _("At this hour a shorter shift stands in for the usual one.")


@dataclass(frozen=True)
class Stretch:
    """A time with the same people on duty, `[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Duty:
    """Whoever answers for an office at a moment, the first in charge first, and all shifts that run then."""

    contacts: list[Contact]
    shifts: list[Any]


def get_duty(office: Partner, at: datetime) -> Duty:
    """Return who is on duty, and the shifts that say so, in one query."""
    shifts = _shifts_at(office, at)
    return Duty(ranked([shift for shift in shifts if not shift.is_away], [], at), shifts)


def on_duty(office: Partner, at: datetime) -> list[Contact]:
    """Return whoever answers for this office at this moment, the first in charge first, each once."""
    return get_duty(office, at).contacts


def explain_cover(duty: Duty) -> list[Texts]:
    """Explain why not simply the first on the roster is notified: leave, or a shorter shift. Names nobody."""
    shifts = duty.shifts
    present = [shift for shift in shifts if not shift.is_away]
    words: list[Texts] = []
    if len(present) < len(shifts):
        words.append(in_each_language(AWAY if present else ALL_AWAY))
    # More people than ranks: within a rank somebody is covered.
    if len({shift.rank for shift in present}) < len({(shift.rank, shift.contact_id) for shift in present}):
        words.append(in_each_language(COVERED))
    return words


def ranked(shifts: Iterable[DutyShift], leaves: Iterable[Leave], at: datetime) -> list[Contact]:
    """Apply the rule to rows that are already read. `shifts` are of one office, `leaves` of its contacts."""
    at = utc(at)
    away = {leave.contact_id for leave in leaves if utc(leave.starts_at) <= at < utc(leave.ends_at)}
    running = [
        shift
        for shift in shifts
        if runs(shift, at)
        and shift.contact.is_active
        and shift.contact.reachable_at is not None
        and shift.contact.partner_id == shift.partner_id
        and shift.contact_id not in away
    ]
    # The last part is step 2's "entered last": a later row has the greater key.
    # A row that isn't stored yet is entered last.
    running.sort(key=lambda shift: (shift.rank, measure_cover(shift), -(shift.pk or sys.maxsize)))
    beside = [shift for shift in running if shift.is_beside]
    first: dict[int, DutyShift] = {}
    for shift in running:
        if not shift.is_beside:
            first.setdefault(shift.rank, shift)
    covered = [shift for shift in running if not shift.is_beside and first[shift.rank] is not shift]
    return list({shift.contact_id: shift.contact for shift in (*first.values(), *covered, *beside)}.values())


def measure_cover(shift: DutyShift) -> timedelta:
    """Return how long a shift is in real time, also over a change of the clocks."""
    return utc(shift.ends_at) - utc(shift.starts_at) if shift.ends_at else OPEN_ENDED


def utc(moment: datetime) -> datetime:
    """Convert to UTC.

    Python compares two times of one zone by their wall clocks, which are an hour off in the night of the change.
    """
    return moment.astimezone(UTC)


def gaps(office: Partner, since: datetime, until: datetime) -> list[Stretch]:
    """Return the stretches between these moments in which nobody answers for the office, in order, undivided."""
    return get_gaps([office], since, until)[office.pk]


def get_gaps(offices: Iterable[Partner], since: datetime, until: datetime) -> dict[int, list[Stretch]]:
    """Return the gaps of several offices by their key, in two queries."""
    rosters = read_rosters(offices, since, until)
    return {key: list(find_gaps(*roster, since, until)) for key, roster in rosters.items()}


def read_rosters(
    offices: Iterable[Partner], since: datetime, until: datetime
) -> dict[int, tuple[list[DutyShift], list[Leave]]]:
    """Return each office's shifts and its people's leave in this time, by its key, in two queries."""
    rosters: dict[int, tuple[list[DutyShift], list[Leave]]] = {office.pk: ([], []) for office in offices}
    for shift in DutyShift.objects.between(since, until).filter(partner__in=rosters).select_related("contact"):
        rosters[shift.partner_id][0].append(shift)
    found = Leave.objects.between(since, until).filter(contact__partner__in=rosters).select_related("contact")
    for leave in found:
        rosters[leave.contact.partner_id][1].append(leave)
    return rosters


def find_changes(
    shifts: Iterable[DutyShift], leaves: Iterable[Leave], since: datetime, until: datetime
) -> list[datetime]:
    """Return the moments at which the roster may change, in order, `since` and `until` among them.

    Between two of them the same people are on duty.
    """
    since, until = utc(since), utc(until)
    periods = [(shift.starts_at, shift.ends_at) for shift in shifts]
    periods += [(leave.starts_at, leave.ends_at) for leave in leaves]
    known = {utc(moment) for period in periods for moment in period if moment is not None}
    return sorted({since, until} | {moment for moment in known if since < moment < until})


def find_gaps(shifts: list[DutyShift], leaves: list[Leave], since: datetime, until: datetime) -> Iterator[Stretch]:
    """Yield the stretches with nobody on duty, by rows of one office that are already read, undivided."""
    yield from join_stretches(_iter_empty(shifts, leaves, since, until))


def _iter_empty(shifts: list[DutyShift], leaves: list[Leave], since: datetime, until: datetime) -> Iterator[Stretch]:
    # Only what runs is looked at in each stretch: a roster may hold years of shifts.
    coming = sorted(shifts, key=lambda shift: utc(shift.starts_at), reverse=True)
    running: list[DutyShift] = []
    for start, end in pairwise(find_changes(shifts, leaves, since, until)):
        while coming and utc(coming[-1].starts_at) <= start:
            running.append(coming.pop())
        running = [shift for shift in running if runs(shift, start)]
        if not ranked(running, leaves, start):
            yield Stretch(start, end)


def join_stretches(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Yield them in order, those that touch as one."""
    begun: Stretch | None = None
    for stretch in stretches:
        if begun is not None and begun.ends_at == stretch.starts_at:
            begun = Stretch(begun.starts_at, stretch.ends_at)
            continue
        if begun is not None:
            yield begun
        begun = stretch
    if begun is not None:
        yield begun


def overlapping(shift: DutyShift) -> list[tuple[DutyShift, Stretch]]:
    """Return the other shifts of the same office and rank that overlap this one, with the time that they share."""
    start, end = utc(shift.starts_at), utc(shift.ends_at) if shift.ends_at else FOR_EVER
    others = DutyShift.objects.between(start, end).filter(partner=shift.partner_id, rank=shift.rank)
    found = []
    for other in others.exclude(pk=shift.pk).select_related("contact").order_by("starts_at", "pk"):
        until = min(end, utc(other.ends_at) if other.ends_at else FOR_EVER)
        found.append((other, Stretch(max(start, utc(other.starts_at)), until)))
    return found


def runs(shift: DutyShift, at: datetime) -> bool:
    """Tell whether a shift runs at this moment (in UTC), whoever is on leave."""
    return utc(shift.starts_at) <= at and (shift.ends_at is None or at < utc(shift.ends_at))


def _shifts_at(office: Partner, at: datetime) -> list[Any]:
    """Return the shifts that run now, of people who may be notified; `is_away`: that person is on leave."""

    def fetch(offices: list[int]) -> list[Any]:
        found: list[Any] = list(_find_shifts(offices=offices, at=at))
        # One whose row somebody without a key has changed is reached by nobody: the next one is told.
        intact = {contact.pk for contact in keep_intact(shift.contact for shift in found)}
        found = [shift for shift in found if shift.contact_id in intact]
        # Mostly it is one of rank 1 who is notified then.
        expect(About.CONTACT, (shift.contact_id for shift in found if shift.rank == 1 and not shift.is_away))
        return found

    shifts = fetch_together(About.OFFICE, office.pk, fetch, attrgetter("partner_id"), given=utc(at))
    for shift in shifts:
        shift.contact.partner = office  # by the condition: the same row, which the caller has
    return shifts


def _find_shifts(offices: Collection[int], at: datetime) -> QuerySet[DutyShift]:
    return (
        DutyShift.objects.at(at)
        .filter(
            partner__in=offices,
            contact__is_active=True,
            contact__reachable_at__isnull=False,
            contact__partner=F("partner"),
        )
        .select_related("contact")
        .annotate(is_away=Exists(Leave.objects.at(at).filter(contact=OuterRef("contact"))))
        .order_by("rank", "starts_at", "pk")
    )
