"""What the roster lacks in the days to come, to the minute, for each place where a unit works.

A *desk* is the offices that answer in one role for the same places. For each desk the time is cut where somebody else
would be notified; a stretch with nobody, or with no deputy, is a shortfall, and so is a person on the roster who can't
open what is sent to them, and an agreement that ends. The rule of who is notified is `roster`'s and `resolve`'s.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from django.db.models import Prefetch
from django.utils import timezone

from access.models import Municipality, Region

from .areas import Area, get_areas, nearest_first
from .models import Agreement, Contact, DutyShift, Leave, Partner, Role
from .roster import Stretch, find_changes, join_stretches, ranked, read_rosters

HORIZON = timedelta(days=14)
# Who is notified of every case, or asked to call about it; other services are chosen by whoever refers.
ROLES = (Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT)
BY_AGREEMENT = frozenset({Role.POLICE.value})  # the others by law, or they are our own
# A unit, a coordinator: nobody stands in for them by a second rank, the escalation chain does.
WITHOUT_DEPUTY = frozenset({Role.COORDINATOR.value, Role.MOBILE_UNIT.value})


class Lack(StrEnum):
    """What is missing."""

    NO_OFFICE = "no_office"
    NOBODY = "nobody"
    NO_DEPUTY = "no_deputy"
    UNTESTED = "untested"
    NO_PIN = "no_pin"
    NO_PHONE = "no_phone"
    NO_AGREEMENT = "no_agreement"
    AGREEMENT_ENDS = "agreement_ends"


@dataclass(frozen=True)
class Desk:
    """The offices that answer in one role for the same places, in the order in which they are asked."""

    role: str
    offices: tuple[Partner, ...]
    places: tuple[Municipality, ...]


@dataclass(frozen=True)
class Staffed:
    """A time in which the same two are notified: the one on duty, then the deputy. Empty: nobody."""

    stretch: Stretch
    contacts: tuple[Contact, ...]


@dataclass(frozen=True)
class Shortfall:
    """What a desk lacks; when, or of whom. `contact`: a person on its roster; `office`: whose agreement."""

    lack: Lack
    desk: Desk
    stretch: Stretch | None = None
    contact: Contact | None = None
    office: Partner | None = None
    day: date | None = None


@dataclass(frozen=True)
class DeskOutlook:
    """A desk over a time: who is notified, stretch by stretch without a hole, and what is missing."""

    desk: Desk
    staffed: list[Staffed]
    shortfalls: list[Shortfall]

    def at(self, moment: datetime) -> Staffed | None:
        """Return the stretch in which this moment lies; None outside the time, or without an office."""
        return next((each for each in self.staffed if each.stretch.starts_at <= moment < each.stretch.ends_at), None)


def build_outlook(regions: Iterable[Region], since: datetime, until: datetime) -> list[DeskOutlook]:
    """Build the outlook of every desk for the places of these regions, in seven queries.

    In the order of ROLES, and by the first place's name.
    """
    desks = list_desks(regions)
    offices = {office.pk: office for desk in desks for office in desk.offices}
    rosters = read_rosters(offices.values(), since, until)
    return [_look_at(desk, rosters, since, until) for desk in desks]


def list_desks(regions: Iterable[Region]) -> list[Desk]:
    """Return the desks for the places of these regions."""
    places = Municipality.objects.filter(region__in=regions).select_related("region", "police_directorate")
    agreements = Prefetch("agreements", Agreement.objects.order_by("valid_until"))
    active = Partner.objects.filter(role__in=ROLES, is_active=True)
    offices = list(active.prefetch_related("regions", agreements).order_by("pk"))
    desks: list[Desk] = []
    for role in ROLES:
        of_role = [office for office in offices if office.role == role]
        by_offices: dict[tuple[Partner, ...], list[Municipality]] = defaultdict(list)
        for place in sorted(places, key=lambda each: each.name):
            there = nearest_first(role, (office for office in of_role if _answers_for(office, place)))
            by_offices[tuple(there)].append(place)
        desks += [Desk(role, these, tuple(found)) for these, found in by_offices.items()]
    return desks


def _answers_for(office: Partner, place: Municipality) -> bool:
    """Tell whether an active office answers for a place: `areas.offices_for`, for rows that are already read."""
    areas = get_areas(office.role)
    if Area.COUNTRY in areas:
        return True
    if Area.DIRECTORATE in areas and office.directorate_id is not None:
        return office.directorate_id == place.police_directorate_id
    if Area.MUNICIPALITY in areas and office.municipality_id is not None:
        return office.municipality_id == place.pk
    return Area.REGION in areas and place.region_id in {region.pk for region in office.regions.all()}


def _look_at(
    desk: Desk, rosters: dict[int, tuple[list[DutyShift], list[Leave]]], since: datetime, until: datetime
) -> DeskOutlook:
    of_desk = [rosters[office.pk] for office in desk.offices]
    staffed = list(_iter_staffed(of_desk, since, until))
    return DeskOutlook(desk, staffed, list(_iter_shortfalls(desk, of_desk, staffed, since, until)))


def _iter_staffed(
    rosters: Sequence[tuple[list[DutyShift], list[Leave]]], since: datetime, until: datetime
) -> Iterator[Staffed]:
    """Yield the stretches of a desk, the longest with the same two people each; nothing without an office."""
    if not rosters:
        return
    changes = sorted({moment for roster in rosters for moment in find_changes(*roster, since, until)})
    begun: Staffed | None = None
    for start, end in pairwise(changes):
        # The first office with somebody on duty is notified (`resolve.first_on_duty`), and its own deputy comes next.
        contacts = tuple(next((found for roster in rosters if (found := ranked(*roster, start))), [])[:2])
        if begun is not None and begun.contacts == contacts:
            begun = Staffed(Stretch(begun.stretch.starts_at, end), contacts)
            continue
        if begun is not None:
            yield begun
        begun = Staffed(Stretch(start, end), contacts)
    if begun is not None:
        yield begun


def _iter_shortfalls(
    desk: Desk,
    rosters: Sequence[tuple[list[DutyShift], list[Leave]]],
    staffed: Sequence[Staffed],
    since: datetime,
    until: datetime,
) -> Iterator[Shortfall]:
    if not desk.offices:
        yield Shortfall(Lack.NO_OFFICE, desk)
        return
    for stretch in join_stretches(each.stretch for each in staffed if not each.contacts):
        yield Shortfall(Lack.NOBODY, desk, stretch)
    if desk.role not in WITHOUT_DEPUTY:
        for stretch in join_stretches(each.stretch for each in staffed if len(each.contacts) == 1):
            yield Shortfall(Lack.NO_DEPUTY, desk, stretch)
    people = {shift.contact_id: shift.contact for shifts, _leaves in rosters for shift in shifts}
    for contact in sorted(people.values(), key=lambda each: each.name):
        for lack in _find_lacks(contact):
            yield Shortfall(lack, desk, contact=contact)
    if desk.role in BY_AGREEMENT:
        for office in desk.offices:
            yield from _look_at_agreement(desk, office, timezone.localdate(since), timezone.localdate(until))


def _find_lacks(contact: Contact) -> Iterator[Lack]:
    if not contact.is_active:
        return  # as if they weren't on the roster: the time is said as a stretch with nobody
    if not contact.pin_hash:
        yield Lack.NO_PIN
    elif contact.reachable_at is None:
        yield Lack.UNTESTED
    if not contact.phone:
        yield Lack.NO_PHONE


def _look_at_agreement(desk: Desk, office: Partner, today: date, last: date) -> Iterator[Shortfall]:
    """Yield that no agreement is in force today, or the day on which the last of those in force ends."""
    ends = find_end_of_cover(office.agreements.all(), today)
    if ends is None:
        yield Shortfall(Lack.NO_AGREEMENT, desk, office=office)
    elif ends <= last:
        yield Shortfall(Lack.AGREEMENT_ENDS, desk, office=office, day=ends)


def find_end_of_cover(agreements: Iterable[Agreement], today: date) -> date | None:
    """Return the last day on which, from today on without a hole, an agreement is in force; None: not even today.

    An agreement without an end never ends (`date.max`), one without a day of signing has begun.
    """
    last = today - timedelta(days=1)
    for agreement in sorted(agreements, key=lambda each: each.signed_on or date.min):
        if (agreement.signed_on or date.min) <= last + timedelta(days=1):
            last = max(last, agreement.valid_until or date.max)
        if last == date.max:
            return last
    return last if last >= today else None
