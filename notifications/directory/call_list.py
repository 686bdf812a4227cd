"""Whom a person can phone when the directory names no recipient: names and numbers, on duty or not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from access.models import MobileUnit, Municipality

from .areas import offices_for
from .chain import BY_AREA, get_offices_of_region
from .models import Contact, DutyShift, Partner, Role

MAX_PER_KIND = 3
# Answered day and night by law, whatever stands in the directory.
POLICE_LINE = "129"
CHILD_LINE = "116 111"


@dataclass(frozen=True)
class Callee:
    """Somebody to phone. `contact` None: a national line, named by `line` (police, child)."""

    phone: str
    contact: Contact | None = None
    on_duty: bool = False
    line: str = ""


def call_list(
    *,
    role: str,
    municipality: Municipality,
    at: datetime,
    unit: MobileUnit | None = None,
    partner: Partner | None = None,
) -> list[Callee]:
    """Return the role's people for the place, its region and the unit's; coordinators; a line that always answers.

    Never empty. Of each kind at most three, the nearest and those on duty first. Contacts without a number are left
    out. A referral (`partner`) names its office, so nobody of another service is in it.
    """
    home = unit.region if unit else municipality.region
    regions = (municipality.region, home)
    of_the_role: list[QuerySet[Partner]] = []
    if role != Role.COORDINATOR:
        of_the_role.append(offices_for(role, municipality, partner))
    if role in BY_AREA:
        of_the_role += [get_offices_of_region(role, region) for region in regions]
    coordinators = [get_offices_of_region(Role.COORDINATOR, region) for region in (home, municipality.region)]
    coordinators.append(Partner.objects.filter(role=Role.COORDINATOR, is_active=True))
    on_duty = frozenset(DutyShift.objects.at(at).values_list("contact_id", flat=True))
    found = [*_get_callees(of_the_role, on_duty), *_get_callees(coordinators, on_duty)]
    lines = [Callee(POLICE_LINE, line="police")]
    if role == Role.CPU:
        lines.insert(0, Callee(CHILD_LINE, line="child"))
    return [*found, *lines]


def _get_callees(offices: Iterable["QuerySet[Partner]"], on_duty: frozenset[int]) -> list[Callee]:
    """Return the first few people of these offices who have a number, each once."""
    found: dict[int, Callee] = {}
    for group in offices:
        people = Contact.objects.filter(Q(partner__in=group.values("pk")), ~Q(phone=""), is_active=True)
        # More than are shown, because those on duty come first whatever their names.
        here = people.select_related("partner").order_by("partner__slug", "name", "pk")[: 10 * MAX_PER_KIND]
        for contact in sorted(here, key=lambda each: each.pk not in on_duty):
            found.setdefault(contact.pk, Callee(contact.phone, contact, contact.pk in on_duty))
        if len(found) >= MAX_PER_KIND:
            break
    return list(found.values())[:MAX_PER_KIND]
