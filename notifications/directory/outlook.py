"""What the roster lacks in the days to come, to the minute, for each place where a unit works.

A *desk* is the offices that answer in one role for the same places. For each desk the time is cut where somebody else
would be notified; a stretch with nobody, or with no deputy, is a shortfall, and so is a person on the roster who can't
open what is sent to them, and an agreement that ends. The rule of who is notified is `roster`'s and `resolve`'s.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from django.utils import timezone

from access.models import Municipality, Region

from .agreements.cover import covers_place, covers_role, find_end_of_cover, read_agreements
from .agreements.rules import read_required
from .agreements.states import is_in_force, is_review_due
from .areas import Area, get_areas, nearest_first
from .models import Agreement, Contact, DutyShift, Leave, Partner, Role
from .roster import Stretch, find_changes, join_stretches, ranked, read_rosters

HORIZON = timedelta(days=14)
A_DAY = timedelta(days=1)
# Who is notified of every case, or asked to call about it; other services are chosen by whoever refers.
ROLES = (Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT)
BY_AGREEMENT = frozenset({Role.POLICE.value})  # looked at for one, required or not; the others are told by law
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
    AGREEMENT_OVER = "agreement_over"
    AGREEMENT_ENDS = "agreement_ends"
    REVIEW_DUE = "review_due"


@dataclass(frozen=True)
class Desk:
    """The offices that answer in one role for the same places, in the order in which they are asked.

    `passed_over`: those of them (ids) that aren't told, because their role needs an agreement and none covers these
    places.
    """

    role: str
    offices: tuple[Partner, ...]
    places: tuple[Municipality, ...]
    passed_over: frozenset[int] = frozenset()


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
    """Build the outlook of every desk for the places of these regions, in nine queries, and four for agreements.

    In the order of ROLES, and by the first place's name.
    """
    today = timezone.localdate(since)
    agreements = AgreementsOfDesks.read(today)
    desks = list_desks(regions, agreements)
    offices = {office.pk: office for desk in desks for office in desk.offices}
    rosters = read_rosters(offices.values(), since, until)
    return [_look_at(desk, rosters, agreements, since, until) for desk in desks]


@dataclass(frozen=True)
class ToldDays:
    """The days on which one of these agreements is in force."""

    agreements: tuple[Agreement, ...]

    def hold(self, moment: datetime) -> bool:
        """Tell whether an agreement is in force at this moment."""
        today = timezone.localdate(moment)
        return any(is_in_force(each, today) for each in self.agreements)

    @property
    def changes(self) -> set[datetime]:
        """The midnights at which one begins, or is over."""
        days = {each.begins_on for each in self.agreements if each.begins_on is not None}
        days |= {each.last_day + A_DAY for each in self.agreements if each.last_day not in (None, date.max)}
        return {timezone.make_aware(datetime.combine(day, time.min)) for day in days}


@dataclass(frozen=True)
class AgreementsOfDesks:
    """The agreements of the offices that are looked at for one, by the office's key; which roles need one."""

    today: date
    required: frozenset[str]
    rows: dict[int, list[Agreement]]

    @classmethod
    def read(cls, today: date) -> "AgreementsOfDesks":
        offices = Partner.objects.filter(role__in=BY_AGREEMENT, is_active=True).values_list("pk", flat=True)
        return cls(today, read_required(ROLES), read_agreements(offices))

    def get_days(self, desk: Desk, office: Partner) -> "ToldDays | None":
        """Return the days on which this office is told about all places of the desk; None where it needs nothing."""
        if office.role not in self.required:
            return None
        own = [each for each in self.rows.get(office.pk, ()) if covers_role(each, office.role)]
        return ToldDays(tuple(each for each in own if all(covers_place(each, place) for place in desk.places)))

    def is_passed_over(self, office: Partner, place: Municipality) -> bool:
        """Tell whether this office isn't told about a place today, for want of an agreement."""
        return office.role in self.required and not any(
            is_in_force(each, self.today) and covers_role(each, office.role) and covers_place(each, place)
            for each in self.rows.get(office.pk, ())
        )


def list_desks(regions: Iterable[Region], agreements: AgreementsOfDesks) -> list[Desk]:
    """Return the desks for the places of these regions."""
    places = Municipality.objects.filter(region__in=regions).select_related("region", "police_directorate")
    active = Partner.objects.filter(role__in=ROLES, is_active=True)
    offices = list(active.prefetch_related("regions").order_by("pk"))
    desks: list[Desk] = []
    for role in ROLES:
        of_role = [office for office in offices if office.role == role]
        by_offices: dict[tuple[tuple[Partner, ...], frozenset[int]], list[Municipality]] = defaultdict(list)
        for place in sorted(places, key=lambda each: each.name):
            there = nearest_first(role, (office for office in of_role if _answers_for(office, place)))
            passed_over = frozenset(office.pk for office in there if agreements.is_passed_over(office, place))
            by_offices[tuple(there), passed_over].append(place)
        desks += [Desk(role, these, tuple(found), without) for (these, without), found in by_offices.items()]
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
    desk: Desk,
    rosters: dict[int, tuple[list[DutyShift], list[Leave]]],
    agreements: AgreementsOfDesks,
    since: datetime,
    until: datetime,
) -> DeskOutlook:
    of_desk = [rosters[office.pk] for office in desk.offices]
    staffed = list_staffed(desk, rosters, agreements, since, until)
    shortfalls = [
        *_iter_shortfalls(desk, of_desk, staffed),
        *_iter_lacks_of_agreements(desk, agreements, timezone.localdate(until)),
    ]
    return DeskOutlook(desk, staffed, shortfalls)


def list_staffed(
    desk: Desk,
    rosters: dict[int, tuple[list[DutyShift], list[Leave]]],
    agreements: AgreementsOfDesks,
    since: datetime,
    until: datetime,
) -> list[Staffed]:
    """Return the stretches of a desk: who would be notified in each, of the offices that are told then."""
    told = [agreements.get_days(desk, office) for office in desk.offices]
    return list(iter_staffed([rosters[office.pk] for office in desk.offices], told, since, until))


def iter_staffed(
    rosters: Sequence[tuple[list[DutyShift], list[Leave]]],
    told: Sequence["ToldDays | None"],
    since: datetime,
    until: datetime,
) -> Iterator[Staffed]:
    """Yield the stretches of a desk, the longest with the same two people each; nothing without an office.

    `told`: for each roster the days on which its office is told at all; None: always.
    """
    if not rosters:
        return
    days = {moment for each in told if each is not None for moment in each.changes if since < moment < until}
    changes = sorted({*days, *(moment for roster in rosters for moment in find_changes(*roster, since, until))})
    begun: Staffed | None = None
    for start, end in pairwise(changes):
        # The first office with somebody on duty is notified (`resolve.first_on_duty`), and its own deputy comes next.
        asked = [roster for roster, days in zip(rosters, told, strict=True) if days is None or days.hold(start)]
        contacts = tuple(next((found for roster in asked if (found := ranked(*roster, start))), [])[:2])
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


def _find_lacks(contact: Contact) -> Iterator[Lack]:
    if not contact.is_active:
        return  # as if they weren't on the roster: the time is said as a stretch with nobody
    if not contact.pin_hash:
        yield Lack.NO_PIN
    elif contact.reachable_at is None:
        yield Lack.UNTESTED
    if not contact.phone:
        yield Lack.NO_PHONE


def _iter_lacks_of_agreements(desk: Desk, agreements: AgreementsOfDesks, last: date) -> Iterator[Shortfall]:
    """Yield, by office, that no agreement covers it today, or the last day of those that do; and what is to review."""
    if desk.role not in BY_AGREEMENT:
        return
    for office in desk.offices:
        own = [each for each in agreements.rows.get(office.pk, []) if covers_role(each, office.role)]
        here = [each for each in own if all(covers_place(each, place) for place in desk.places)]
        ends = find_end_of_cover(here, agreements.today)
        if office.pk in desk.passed_over:
            yield Shortfall(Lack.AGREEMENT_OVER, desk, office=office)
        elif ends is None:
            yield Shortfall(Lack.NO_AGREEMENT, desk, office=office)
        elif ends <= last:
            yield Shortfall(Lack.AGREEMENT_ENDS, desk, office=office, day=ends)
        due = [each.review_on for each in own if is_review_due(each, last) and each.review_on is not None]
        if due:
            yield Shortfall(Lack.REVIEW_DUE, desk, office=office, day=min(due))
