"""A directory that isn't there: every office that there could be, each with two people on duty, always.

Scenarios run on it by themselves, so that they say something about the procedure and not about this week's roster. All
of it is marked as an example, and no address leads anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from access.languages import Texts, format_in_each_language, in_each_language
from access.models import Municipality, PoliceDirectorate, Region
from notifications.directory.agreements.rules import get_terms, read_required
from notifications.directory.areas import AREA_RULES, Area
from notifications.directory.models import Agreement, Contact, DutyShift, Partner, Role
from notifications.directory.services.models import ServiceProfile

from .contents import Table, build_table

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
RANKS = (1, 2)
NAMES = {
    Area.COUNTRY: _("{role} (example)"),
    Area.REGION: _("{role}, region {place} (example)"),
    Area.MUNICIPALITY: _("{role}, {place} (example)"),
    Area.DIRECTORATE: _("{role}, {place} (example)"),
}
SECOND = _("{role}, another one (example)")


def build_directory() -> list[Table]:
    """Build the offices, their people and their shifts, for the places of the database at hand."""
    places: dict[Area, Iterable[Any]] = {
        Area.MUNICIPALITY: Municipality.objects.order_by("pk"),
        Area.REGION: Region.objects.order_by("pk"),
        Area.DIRECTORATE: PoliceDirectorate.objects.order_by("pk"),
    }
    return list(_build_for(tuple((area, _read(found)) for area, found in places.items()), read_required(get_terms())))


@dataclass(frozen=True)
class _Place:
    pk: int
    slug: str
    name: str


def _read(found: Iterable[Any]) -> tuple[_Place, ...]:
    return tuple(_Place(each.pk, each.slug, str(each)) for each in found)


# Places hardly ever change, and a system is furnished after each edit of a procedure.
@lru_cache(maxsize=1)
def _build_for(places: tuple[tuple[Area, tuple[_Place, ...]], ...], required: frozenset[str]) -> tuple[Table, ...]:
    directory = _Directory(dict(places), required)
    directory.build()
    return tuple(directory.tables())


class _Directory:
    def __init__(self, places: dict[Area, tuple[_Place, ...]], required: frozenset[str]) -> None:
        self.places = places
        self.required = required  # roles whose offices need an agreement: each has one
        self.agreements: list[Agreement] = []
        self.offices: list[Partner] = []
        self.areas: list[tuple[int, int]] = []
        self.contacts: list[Contact] = []
        self.shifts: list[DutyShift] = []
        self.profiles: list[ServiceProfile] = []

    def build(self) -> None:
        for role, rule in AREA_RULES.items():
            if rule.through is not None:
                continue
            # Of one kind each: what a role may have besides is the choice of a real directory.
            area = rule.areas[0] if rule.areas else Area.COUNTRY
            if area == Area.COUNTRY:
                self._add(role, area, None)
            if role == Role.PROTECTION_SERVICE:
                # One declines, and another is asked.
                self._add(role, area, None, second=True)
            for place in self.places.get(area, ()):
                self._add(role, area, place)

    def _add(self, role: str, area: Area, place: _Place | None, *, second: bool = False) -> None:
        key = -(len(self.offices) + 1)
        slug = f"shembull-{role.replace('_', '-')}{f'-{place.slug}' if place else ''}{'-2' if second else ''}"[:80]
        names: Texts = format_in_each_language(
            SECOND if second else NAMES[area],
            role=in_each_language(Role(role).label),
            place=place.name if place else "",
        )
        office = Partner(pk=key, slug=slug, role=role, names=names)
        if role in self.required:
            self.agreements.append(Agreement(pk=key, partner=office, reference=slug, signed_on=SINCE.date()))
        if role == Role.PROTECTION_SERVICE:
            self.profiles.append(ServiceProfile(pk=key, partner=office, checked_on=SINCE.date()))
        if place is not None and area == Area.MUNICIPALITY:
            office.municipality_id = place.pk
        elif place is not None and area == Area.DIRECTORATE:
            office.directorate_id = place.pk
        elif place is not None and area == Area.REGION:
            self.areas.append((key, place.pk))
        self.offices.append(office)
        self._staff(office, place.name if place else "")

    def _staff(self, office: Partner, place: str) -> None:
        for rank in RANKS:
            key = -(len(self.contacts) + 1)
            name = f"{Role(office.role).value.replace('_', ' ').title()} {place} {rank}".replace("  ", " ")
            self.contacts.append(
                Contact(
                    pk=key,
                    partner=office,
                    name=name,
                    email=f"example{-key}@example.invalid",
                    phone="",
                    reachable_at=SINCE,
                )
            )
            self.shifts.append(DutyShift(pk=key, partner=office, contact_id=key, rank=rank, starts_at=SINCE))

    def tables(self) -> list[Table]:
        through = Partner.regions.through
        areas = [
            through(pk=-number, partner_id=office, region_id=region)
            for number, (office, region) in enumerate(self.areas, start=1)
        ]
        return [
            build_table(each)
            for each in (self.offices, areas, self.contacts, self.shifts, self.profiles, self.agreements)
            if each
        ]
