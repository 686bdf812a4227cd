"""A directory that isn't there: every office that there could be, each with two people on duty, always.

Scenarios run on it by themselves, so that they say something about the procedure and not about this week's roster. All
of it is marked as an example, and no address leads anywhere.
"""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from access.languages import Texts, format_in_each_language, in_each_language
from access.models import Municipality, PoliceDirectorate, Region
from notifications.directory.areas import AREA_RULES, Area
from notifications.directory.models import Contact, DutyShift, Partner, Role

from .contents import Table, build_table

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
RANKS = (1, 2)
NAMES = {
    Area.COUNTRY: _("{role} (example)"),
    Area.REGION: _("{role}, region {place} (example)"),
    Area.MUNICIPALITY: _("{role}, {place} (example)"),
    Area.DIRECTORATE: _("{role}, {place} (example)"),
}


def build_directory() -> list[Table]:
    """Build the offices, their people and their shifts, for the places of the database at hand."""
    directory = _Directory()
    directory.build()
    return directory.tables()


class _Directory:
    def __init__(self) -> None:
        self.offices: list[Partner] = []
        self.areas: list[tuple[int, int]] = []
        self.contacts: list[Contact] = []
        self.shifts: list[DutyShift] = []

    def build(self) -> None:
        places: dict[Area, list[Municipality] | list[Region] | list[PoliceDirectorate]] = {
            Area.MUNICIPALITY: list(Municipality.objects.order_by("pk")),
            Area.REGION: list(Region.objects.order_by("pk")),
            Area.DIRECTORATE: list(PoliceDirectorate.objects.order_by("pk")),
        }
        for role, rule in AREA_RULES.items():
            if rule.through is not None:
                continue
            # Of one kind each: what a role may have besides is the choice of a real directory.
            area = rule.areas[0] if rule.areas else Area.COUNTRY
            if area == Area.COUNTRY:
                self._add(role, area, None)
            for place in places.get(area, ()):
                self._add(role, area, place)

    def _add(self, role: str, area: Area, place: Municipality | Region | PoliceDirectorate | None) -> None:
        key = -(len(self.offices) + 1)
        slug = f"shembull-{role.replace('_', '-')}{f'-{place.slug}' if place else ''}"[:80]
        names: Texts = format_in_each_language(
            NAMES[area], role=in_each_language(Role(role).label), place=str(place or "")
        )
        office = Partner(pk=key, slug=slug, role=role, names=names)
        if isinstance(place, Municipality):
            office.municipality_id = place.pk
        elif isinstance(place, PoliceDirectorate):
            office.directorate_id = place.pk
        elif isinstance(place, Region):
            self.areas.append((key, place.pk))
        self.offices.append(office)
        self._staff(office, str(place or ""))

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
        return [build_table(each) for each in (self.offices, areas, self.contacts, self.shifts) if each]
