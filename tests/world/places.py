"""Regions, their mobile units, and the people who work in them."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from access.models import Assignment, MobileUnit, Municipality, PoliceDirectorate, Region, StaffRole, User

PASSWORD = "a long pass phrase"
_numbers = itertools.count(1)


@dataclass
class Place:
    """A region with one municipality and its police directorate."""

    region: Region
    directorate: PoliceDirectorate
    municipality: Municipality


def make_place(slug: str = "", name: str = "") -> Place:
    """Create a region, its directorate and a municipality of the same slug."""
    number = next(_numbers)
    slug = slug or f"place-{in_letters(number)}"  # a name with three digits is taken for a code, and left out of mails
    name = name or slug.title()
    region = Region.objects.create(slug=slug, name=name, iso_code=f"R{number}", is_outreach=True)
    directorate = make_directorate(slug, name)
    return Place(region, directorate, make_municipality(slug, name, region=region, directorate=directorate))


def in_letters(number: int) -> str:
    """1 -> a, 26 -> z, 27 -> aa."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def make_directorate(slug: str, name: str) -> PoliceDirectorate:
    return PoliceDirectorate.objects.create(slug=f"dvp-{slug}", name=f"DVP {name}", short_name=f"DVP {name}")


def make_municipality(slug: str, name: str, *, region: Region, directorate: PoliceDirectorate) -> Municipality:
    """Create a municipality whose name can't be mistaken for the region's on a page."""
    return Municipality.objects.create(slug=slug, name=f"Bashkia {name}", region=region, police_directorate=directorate)


def make_user(
    role: str, *, username: str = "", unit: MobileUnit | None = None, region: Region | None = None, **fields: Any
) -> User:
    """Create a user who has had this role for a month."""
    user = User.objects.create_user(username=username or f"user{next(_numbers)}", **fields)
    starts_on = timezone.localdate() - timedelta(days=30)
    Assignment.objects.create(user=user, role=role, unit=unit, region=region, starts_on=starts_on)
    return user


def make_unit(place: Place) -> MobileUnit:
    return MobileUnit.objects.create(
        slug=f"unit-{next(_numbers)}",
        name=f"Njësia {place.region.name}",
        region=place.region,
        callback_phone="+355691112233",
    )


def make_unit_with_worker(place: Place) -> tuple[MobileUnit, User]:
    unit = make_unit(place)
    return unit, make_user(StaffRole.WORKER, unit=unit, language="en")


def make_coordinator(place: Place) -> User:
    return make_user(StaffRole.COORDINATOR, region=place.region, language="en")
