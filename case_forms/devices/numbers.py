"""The numbers that a phone takes along: whom a worker can call where there is no data.

National lines; then the coordinators, the police and the Child Protection Units of the units' regions, and of places
where something waits: a session, a case with a duty that is due, a case for the road. Of each kind the near ones first,
those on duty before the others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from access.models import Region
from notifications.directory.areas import get_seats
from notifications.directory.call_list import CHILD_LINE, POLICE_LINE
from notifications.directory.chain import get_offices_of_regions
from notifications.directory.models import Contact, DutyShift, Leave, Partner, Role

CALLED = (Role.COORDINATOR, Role.POLICE, Role.CPU)  # in this order
MAX_PER_OFFICE, MAX_OFFICES = 3, 100  # of one role: more than there are municipalities


def list_national() -> list[dict[str, Any]]:
    named = (
        ("112", _("Emergency")),
        (POLICE_LINE, _("Police")),
        (CHILD_LINE, _("Child helpline")),
    )
    return [_describe(_("National"), name, phone, "national", on_duty=True) for phone, name in named]


def list_numbers(regions: Collection[Region], near: Iterable[int], at: datetime) -> list[dict[str, Any]]:
    """Return the numbers of the directory's people, each once. `near`: municipalities (ids) where something waits.

    As many queries as there are roles and tables, however many offices there are.
    """
    places = set(near) | get_seats(regions)
    offices = {role: _take_nearest(list(_find_offices(role, regions, places)), places) for role in CALLED}
    people = _read_people([office for each in offices.values() for office in each], at)
    found: list[dict[str, Any]] = []
    for role in CALLED:
        lines = [line for office in offices[role] for line in _list_office(office, people[office.pk], places)]
        # A stable sort: within the same nearness and duty, the order of the offices and their rosters stays.
        found += [described for _key, described in sorted(lines, key=lambda line: line[0])]
    return found


def _find_offices(role: str, regions: Collection[Region], places: set[int]) -> "QuerySet[Partner]":
    wanted = Q(pk__in=get_offices_of_regions(role, regions).values("pk"))
    if role == Role.CPU:
        wanted |= Q(municipality__in=places)
    return Partner.objects.filter(wanted, role=role, is_active=True).order_by("slug")


def _take_nearest(offices: list[Partner], places: set[int]) -> list[Partner]:
    return sorted(offices, key=lambda office: office.municipality_id not in places)[:MAX_OFFICES]


def _read_people(offices: list[Partner], at: datetime) -> dict[int, list[tuple[Contact, bool, datetime | None]]]:
    """Return of each office (id) whom to call: (person, whether on duty, until when), those on duty first."""
    away = set(Leave.objects.at(at).filter(contact__partner__in=offices).values_list("contact", flat=True))
    until: dict[int, dict[int, datetime | None]] = defaultdict(dict)
    for shift in DutyShift.objects.at(at).filter(partner__in=offices).order_by("rank", "starts_at"):
        if shift.contact_id not in away:
            until[shift.partner_id][shift.contact_id] = shift.ends_at
    contacts: dict[int, list[Contact]] = defaultdict(list)
    listed = Contact.objects.filter(partner__in=offices, is_active=True).exclude(phone="")
    for contact in listed.order_by("name", "pk"):
        contacts[contact.partner_id].append(contact)
    found = {}
    for office in offices:
        duty = until[office.pk]
        places = {key: place for place, key in enumerate(duty)}
        # A stable sort: those who aren't on duty stay in the order of their names.
        ordered = sorted(contacts[office.pk], key=lambda each: places.get(each.pk, len(places)))
        found[office.pk] = [(each, each.pk in duty, duty.get(each.pk)) for each in ordered[:MAX_PER_OFFICE]]
    return found


def _list_office(
    office: Partner, people: Iterable[tuple[Contact, bool, datetime | None]], places: set[int]
) -> list[tuple[tuple[bool, bool], dict[str, Any]]]:
    """Return the office's numbers, each with the key by which it is sorted."""
    # An office without a municipality of its own answers for the whole region.
    is_far = office.municipality_id is not None and office.municipality_id not in places
    return [
        (
            (is_far, not is_on_duty),
            _describe(office.name, each.name, each.phone, office.role, on_duty=is_on_duty, until=until),
        )
        for each, is_on_duty, until in people
    ]


def _describe(
    office: str, name: str, phone: str, kind: str, *, on_duty: bool, until: datetime | None = None
) -> dict[str, Any]:
    return {"office": office, "name": name, "phone": phone, "on_duty": on_duty, "until": until, "kind": kind}
