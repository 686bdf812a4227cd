"""By what kind of area each role's offices answer for a place, the nearest kind first: a table, and queries by it.

    directorate, municipality, region   the office names it
    country                             the office names no area at all
    through                             another role's office, which alone is notified and asked to pass it on

A protection service has no area: whoever refers names it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from django.db.models import Q, QuerySet

from access.models import Municipality, Region

from .models import Partner, Role
from .read_ahead import About, expect, fetch_together


class Area(StrEnum):
    DIRECTORATE = "directorate"
    MUNICIPALITY = "municipality"
    REGION = "region"
    COUNTRY = "country"


@dataclass(frozen=True)
class AreaRule:
    """How a role's offices are found.

    `through`: never directly, but by that other role's office. `one_only`: where several fit a place, none is taken by
    guess.
    """

    areas: tuple[Area, ...]
    through: Role | None = None
    one_only: bool = False


AREA_RULES: dict[str, AreaRule] = {
    Role.POLICE: AreaRule((Area.DIRECTORATE,)),
    Role.RESPONSIBLE_AUTHORITY: AreaRule((Area.COUNTRY,)),
    Role.CPU: AreaRule((Area.MUNICIPALITY,)),
    Role.PROTECTION_SERVICE: AreaRule(()),
    Role.COORDINATOR: AreaRule((Area.REGION,)),
    Role.MOBILE_UNIT: AreaRule((Area.REGION,)),
    Role.SOCIAL_SERVICE: AreaRule((Area.MUNICIPALITY, Area.REGION)),
    # Another school than the pupil's must not learn of them, so of several the coordinator finds the right one.
    Role.SCHOOL: AreaRule((Area.MUNICIPALITY,), one_only=True),
    Role.PSYCHOLOGIST: AreaRule((Area.REGION,)),
    Role.HEALTH: AreaRule((Area.MUNICIPALITY, Area.REGION)),
    Role.LEGAL_AID: AreaRule((Area.REGION, Area.COUNTRY)),
    # Consular officers and returns go by the Responsible Authority (docs/domain/sources.md): an embassy learns of
    # nobody before it has been asked whether that is safe.
    Role.EMBASSY_DESK: AreaRule((Area.COUNTRY,), through=Role.RESPONSIBLE_AUTHORITY),
}


# Our own people: they are looked for where the case is, whose coordinators and units may open it.
OWN_ROLES = frozenset({Role.COORDINATOR.value, Role.MOBILE_UNIT.value})
# Whoever writes to these names the office: a notice is never passed to another of them by itself.
NAMED_ROLES = frozenset({Role.PROTECTION_SERVICE.value, Role.SCHOOL.value, Role.SOCIAL_SERVICE.value})


def get_areas(role: str) -> tuple[Area, ...]:
    reach = AREA_RULES.get(role)
    return reach.areas if reach else ()


def roles_answering(role: str) -> tuple[str, ...]:
    """Return the roles whose offices its notices may reach: its own, or the one through which alone they go."""
    reach = AREA_RULES.get(role)
    return (reach.through,) if reach and reach.through else (role,)


def offices_for(role: str, municipality: Municipality, partner: Partner | None) -> "QuerySet[Partner]":
    """Return the active offices that answer for a place, or those through which the role is reached.

    `partner` is the office that was named instead.
    """
    roles = roles_answering(role)
    if partner is not None:
        return Partner.objects.filter(pk=partner.pk, role__in=roles, is_active=True)
    return _offices_of(roles, municipality)


def _offices_of(roles: Sequence[str], municipality: Municipality) -> "QuerySet[Partner]":
    """Return the active offices of these roles that answer for a place by themselves."""
    within = Q(pk__in=())
    for role in roles:
        for area in get_areas(role):
            within |= Q(role=role) & _covers(role, area, municipality)
    return Partner.objects.filter(role__in=roles, is_active=True, pk__in=Partner.objects.filter(within).values("pk"))


def find_offices(role: str, municipality: Municipality, partner: Partner | None) -> list[Partner]:
    """Return what `offices_for` finds, in its order; asked once for several notices of a form (`read_ahead`)."""
    if partner is not None:
        return list(offices_for(role, municipality, partner))

    def fetch(roles: Sequence[str]) -> list[Partner]:
        found = list(_offices_of(roles, municipality))
        expect(About.OFFICE, (office.pk for office in found))
        return found

    (answering,) = roles_answering(role)
    return fetch_together(About.ROLE, answering, fetch, attrgetter("role"), given=municipality.pk)


# What of a place says which offices of an area of this kind cover it.
AREA_COLUMNS = {Area.DIRECTORATE: "police_directorate_id", Area.MUNICIPALITY: "id", Area.REGION: "region_id"}


def _get_used_areas(roles: Iterable[str]) -> tuple[Area, ...]:
    return tuple(dict.fromkeys(area for role in roles for area in get_areas(role) if area in AREA_COLUMNS))


def nearest_first(role: str, offices: Iterable[Partner]) -> list[Partner]:
    """Sort by the smaller area, then the older entry: nothing depends on an office's key."""
    found = list(offices)
    # Where one answers, which is the rule, nothing has to be asked about how near it is.
    return sorted(found, key=lambda office: (_distance(office), office.pk)) if len(found) > 1 else found


def has_office_for(role: str, place: Municipality | Region) -> bool:
    """Tell whether an active office of this role answers for a municipality, or for a region as such."""
    if isinstance(place, Municipality):
        return offices_for(role, place, None).exists()
    answering = roles_answering(role)
    offices = Partner.objects.filter(role__in=answering, is_active=True)
    within = Q(regions=place)
    if any(Area.COUNTRY in get_areas(each) for each in answering):
        within |= _has_no_area()
    return offices.filter(within).exists()


def _covers(role: str, area: Area, place: Municipality) -> Q:
    if get_areas(role) == (Area.COUNTRY,):  # one for the country, whatever else it names
        return Q()
    if area == Area.DIRECTORATE:
        return Q(directorate=place.police_directorate_id, directorate__isnull=False)
    if area == Area.MUNICIPALITY:
        return Q(municipality=place)
    if area == Area.REGION:
        return Q(regions=place.region_id)
    return _has_no_area()


def _has_no_area() -> Q:
    return Q(directorate__isnull=True, municipality__isnull=True, regions__isnull=True)


def _distance(office: Partner) -> int:
    """Return 0 for an office of a municipality or directorate, 1 for one of regions, 2 for the country."""
    if office.municipality_id or office.directorate_id:
        return 0
    return 1 if office.regions.exists() else 2


def get_seat(region: Region) -> Municipality:
    """Return the region's seat: the municipality of its name, else its first. Raises Municipality.DoesNotExist."""
    towns = region.municipalities
    found = towns.filter(slug=region.slug).first() or towns.order_by("name").first()
    if found is None:
        raise Municipality.DoesNotExist(f"no municipality in {region.slug}")
    return found


def get_seats(regions: Iterable[Region]) -> set[int]:
    """Return the seats (ids) of those regions that have a municipality, as `get_seat` finds them."""
    seats: dict[int, int] = {}
    slugs = {region.pk: region.slug for region in regions}
    for town in Municipality.objects.filter(region__in=slugs).order_by("name"):
        if town.region_id not in seats or town.slug == slugs[town.region_id]:
            seats[town.region_id] = town.pk
    return set(seats.values())
