"""Regions, units and people for the tests of session records."""

import datetime
from typing import Any

from django.utils import timezone

from access.models import MobileUnit, Municipality, PoliceDirectorate, Region, StaffRole, User
from tests.world.places import make_user

from ..models import InformativeSession


def region(slug: str, name: str, code: str) -> Region:
    return Region.objects.get_or_create(slug=slug, defaults={"name": name, "iso_code": code, "is_outreach": True})[0]


def town(slug: str, name: str, of: Region) -> Municipality:
    police = PoliceDirectorate.objects.get_or_create(slug=of.slug, defaults={"name": of.name, "short_name": of.name})[0]
    made = {"name": name, "region": of, "police_directorate": police}
    return Municipality.objects.get_or_create(slug=slug, defaults=made)[0]


def unit(of: Region) -> MobileUnit:
    return MobileUnit.objects.get_or_create(slug=of.slug, defaults={"name": f"Njësia {of.name}", "region": of})[0]


def person(username: str, role: str = StaffRole.WORKER, *, language: str = "en", **place: Any) -> User:
    return make_user(role, username=username, language=language, **place)


def session(by: User, of: MobileUnit, **fields: Any) -> InformativeSession:
    """A planned session of this unit, a week from now, in its region's first municipality."""
    values: dict[str, Any] = {
        "unit": of,
        "municipality": of.region.municipalities.first(),
        "place_type": "high_school",
        "place_name": "Shkolla “Demo”",
        "date": timezone.localdate() + datetime.timedelta(days=7),
        "starts_at": datetime.time(10, 0),
        "ends_at": datetime.time(10, 45),
        "audience": "high_school",
        "topics": ["recognition", "reporting"],
        "planned_by": by,
    }
    return InformativeSession.objects.create(**(values | fields))
