"""The numbers that a phone takes along: whom a worker can call where there is no data.

National lines; then the coordinators, the police and the Child Protection Units of the units' regions, and of places
where something waits: a session, a case with a duty that is due, a case for the road. Of each kind the near ones first,
those on duty before the others.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from access.models import Region
from notifications.directory.areas import get_seat
from notifications.directory.call_list import CHILD_LINE, POLICE_LINE
from notifications.directory.chain import get_offices_of_region
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
    """Return the numbers of the directory's people, each once. `near`: municipalities (ids) where something waits."""
    places = set(near) | {get_seat(region).pk for region in regions if region.municipalities.exists()}
    found: list[dict[str, Any]] = []
    for role in CALLED:
        offices = list(_find_offices(role, regions, places))
        lines = [line for office in _take_nearest(offices, places) for line in _list_office(office, places, at)]
        # A stable sort: within the same nearness and duty, the order of the offices and their rosters stays.
        found += [described for _key, described in sorted(lines, key=lambda line: line[0])]
    return found


def _find_offices(role: str, regions: Collection[Region], places: set[int]) -> "QuerySet[Partner]":
    wanted = Q(pk__in=[])
    for region in regions:
        wanted |= Q(pk__in=get_offices_of_region(role, region).values("pk"))
    if role == Role.CPU:
        wanted |= Q(municipality__in=places)
    return Partner.objects.filter(wanted, role=role, is_active=True).order_by("slug")


def _take_nearest(offices: list[Partner], places: set[int]) -> list[Partner]:
    return sorted(offices, key=lambda office: office.municipality_id not in places)[:MAX_OFFICES]


def _list_office(office: Partner, places: set[int], at: datetime) -> list[tuple[tuple[bool, bool], dict[str, Any]]]:
    """Return the office's numbers, those on duty first, each with the key by which it is sorted."""
    shifts = DutyShift.objects.at(at).filter(partner=office).order_by("rank", "starts_at")
    away = set(Leave.objects.at(at).filter(contact__partner=office).values_list("contact", flat=True))
    until = {shift.contact_id: shift.ends_at for shift in shifts if shift.contact_id not in away}
    people = Contact.objects.filter(partner=office, is_active=True).exclude(phone="").order_by("name", "pk")
    on_duty = sorted(people.filter(pk__in=until), key=lambda each: list(until).index(each.pk))
    others = people.exclude(pk__in=until)[:MAX_PER_OFFICE]
    # An office without a municipality of its own answers for the whole region.
    is_far = office.municipality_id is not None and office.municipality_id not in places
    return [
        (
            (is_far, each.pk not in until),
            _describe(
                office.name,
                each.name,
                each.phone,
                office.role,
                on_duty=each.pk in until,
                until=until.get(each.pk),
            ),
        )
        for each in [*on_duty, *others][:MAX_PER_OFFICE]
    ]


def _describe(
    office: str, name: str, phone: str, kind: str, *, on_duty: bool, until: datetime | None = None
) -> dict[str, Any]:
    return {"office": office, "name": name, "phone": phone, "on_duty": on_duty, "until": until, "kind": kind}
