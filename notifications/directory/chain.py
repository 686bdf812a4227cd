"""The recipient chain, to its last link: from the office for the municipality to the operator's alarm.

    municipality       the role's office for the municipality                          reads the role's brief
    region             the role's other offices in the municipality's region           reads it too, and that the place
    unit_region        the role's offices in the sending unit's region                   is outside the office's area
    unit_coordinators  the coordinators of the sending unit                            are asked to call
    every_coordinator  every coordinator on duty                                       are asked to call
    operator           nobody was found: an alarm without any content of the case

A procedure names its links (`chains`), in this order; each link that was asked leaves an explanation. Only police and
Child Protection Units have offices of their role elsewhere; a referral names its office, so it is asked of nobody else.
Who answers by more than one kind of area (see `areas`) is in the first link with all of them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from access.languages import Texts, format_in_each_language, in_each_language
from access.models import MobileUnit, Municipality, Region

from . import roster
from .agreements.cover import explain_without, split_by_agreement
from .areas import find_offices, get_areas
from .links import (
    COORDINATOR_LINKS,
    DEFAULT_CHAIN,
    EVERY_COORDINATOR,
    MUNICIPALITY,
    OPERATOR,
    REGION,
    UNIT_COORDINATORS,
    UNIT_REGION,
)
from .models import Contact, Partner, Role
from .resolve import Resolution, explain_duty, first_on_duty, first_two, get_role_name, resolve

MAX_COORDINATORS = 20  # asked at once by the link `every_coordinator`
BY_AREA = (Role.POLICE, Role.CPU)


def resolve_chain(
    *,
    role: str,
    municipality: Municipality,
    at: datetime,
    unit: MobileUnit | None = None,
    partner: Partner | None = None,
    chain: Sequence[str] = (),
    passed_on: Collection[int] = (),
) -> Resolution:
    """Find the contact for this role at the first link that has one, else the coordinators to be asked, or nobody.

    `unit` is the sending one; without it the municipality's region is used instead of its own. `chain`: names of
    `links`, nearest first; empty is the default. `passed_on`: offices (ids) that said it isn't theirs, never asked
    again.
    """
    return _Search(role, municipality, at, unit, partner, set(passed_on)).run(chain or DEFAULT_CHAIN)


def is_outside_area(role: str, office: Partner, municipality: Municipality) -> bool:
    """Tell whether the office has this role for other places only: whoever reads the brief there must be told so."""
    if office.role != role:
        return False
    if role == Role.POLICE:
        return office.directorate_id != municipality.police_directorate_id
    return role == Role.CPU and office.municipality_id != municipality.pk


class _Search:
    """One walk along the chain. `asked_offices`: ids; `words`: the explanation of each link."""

    def __init__(
        self,
        role: str,
        municipality: Municipality,
        at: datetime,
        unit: MobileUnit | None,
        partner: Partner | None,
        passed_on: set[int],
    ) -> None:
        self.role = role
        self.municipality = municipality
        self.at = at
        self.unit = unit
        self.partner = partner
        self.asked_offices = passed_on
        self.asked_regions: set[int] = set()
        self.office: Partner | None = None
        self.words: list[Texts] = []
        self.without_agreement: list[Partner] = []

    def run(self, chain: Sequence[str]) -> Resolution:
        return replace(self._walk(chain), without_agreement=tuple(self.without_agreement))

    def _walk(self, chain: Sequence[str]) -> Resolution:
        for link in chain:
            found = self._ask_coordinators(link) if link in COORDINATOR_LINKS else self._ask_role(link)
            if found is not None:
                return found
        if OPERATOR in chain:
            self.words.append(in_each_language(ALARM))
        return Resolution(self.role, self.office, words=self.words, link=OPERATOR)

    @property
    def home(self) -> Region:
        """The sending unit's region."""
        return self.unit.region if self.unit else self.municipality.region

    def _ask_role(self, link: str) -> Resolution | None:
        if link == MUNICIPALITY:
            return self._ask_for_municipality()
        if link == REGION and self.role in BY_AREA:
            return self._ask_in_region(self.municipality.region, link)
        if link == UNIT_REGION and self.role in (*BY_AREA, Role.COORDINATOR, Role.MOBILE_UNIT):
            return self._ask_in_region(self.home, link)
        return None

    def _ask_for_municipality(self) -> Resolution | None:
        """Ask the office for the municipality, or the one that was named."""
        # The common road, on which no office has passed the notice on, costs no query here.
        keys = self._get_offices() if self.asked_offices else set()
        # A role with more than one kind of area has other offices for the place, which are asked then.
        if keys & self.asked_offices and (keys <= self.asked_offices or len(get_areas(self.role)) < 2):
            self.words.append(in_each_language(PASSED_ON))
            return None
        found = resolve(
            role=self.role, municipality=self.municipality, at=self.at, partner=self.partner, without=self.asked_offices
        )
        self.words += found.words
        self.without_agreement += found.without_agreement
        self.office = found.partner
        if self.role not in BY_AREA:  # their region has been asked with this
            self.asked_regions.add(self.municipality.region_id)
        if found.contact is None:
            # Without anybody on duty these offices needn't be asked again by a wider link.
            self.asked_offices |= self._get_offices()
            return None
        return self._build_resolution(found, MUNICIPALITY)

    def _get_offices(self) -> set[int]:
        """Return the offices (ids) for the municipality, or the one that was named."""
        return {office.pk for office in find_offices(self.role, self.municipality, self.partner)}

    def _ask_in_region(self, region: Region, link: str) -> Resolution | None:
        if region.pk in self.asked_regions:
            return None
        self.asked_regions.add(region.pk)
        offices = list(get_offices_of_region(self.role, region).exclude(pk__in=self.asked_offices).order_by("pk"))
        if not offices:
            who = get_role_name(self.role)
            self.words.append(format_in_each_language(NO_OTHER_OFFICE[link], region=region.name, who=who))
            return None
        self.asked_offices |= {office.pk for office in offices}
        offices, without = split_by_agreement(offices, role=self.role, municipality=self.municipality, at=self.at)
        self.without_agreement += without
        self.words += explain_without(without, self.municipality)
        if not offices:
            return None
        office, duty = first_on_duty(offices, self.at)
        self.office = self.office or office
        outside = is_outside_area(self.role, office, self.municipality)
        self.words += [
            format_in_each_language(
                WORKS_THERE[link, outside], region=region.name, place=self.municipality.name, office=office.names
            ),
            explain_duty(duty.contacts),
            *roster.explain_cover(duty),
        ]
        if not duty.contacts:
            return None
        return self._build_resolution(Resolution(self.role, office, *first_two(duty.contacts)), link)

    def _ask_coordinators(self, link: str) -> Resolution | None:
        """Ask the coordinators of the sending unit, or every one on duty: the first of each office."""
        is_own_role = self.role == Role.COORDINATOR
        if link == UNIT_COORDINATORS and is_own_role and self.home.pk in self.asked_regions:
            return None  # they have been asked as an office for the place
        if link == UNIT_COORDINATORS:
            offices, limit = get_offices_of_region(Role.COORDINATOR, self.home), 1
        else:
            offices, limit = Partner.objects.filter(role=Role.COORDINATOR, is_active=True), MAX_COORDINATORS
        asked = self._get_first_on_duty(list(offices.order_by("pk")))[:limit]
        if not asked:
            self.words.append(in_each_language(NO_COORDINATOR[link]))
            return None
        names = asked[0].partner.names
        self.words.append(format_in_each_language(COORDINATORS[link], office=names, count=len(asked)))
        # For another role they are asked to call and never get its brief (docs/adr/0032).
        contact, office = (asked[0], asked[0].partner) if is_own_role else (None, self.office)
        return Resolution(self.role, office, contact, words=self.words, link=link, coordinators=tuple(asked))

    def _get_first_on_duty(self, offices: list[Partner]) -> list[Contact]:
        found = [contact for office in offices for contact in first_on_duty([office], self.at)[1].contacts[:1]]
        return list({contact.pk: contact for contact in found}.values())

    def _build_resolution(self, found: Resolution, link: str) -> Resolution:
        assert found.contact is not None
        coordinators = (found.contact,) if self.role == Role.COORDINATOR else ()
        return Resolution(self.role, found.partner, found.contact, found.deputy, self.words, link, coordinators)


def get_offices_of_region(role: str, region: Region) -> "QuerySet[Partner]":
    """Return the active offices of a role that answer for some place in a region."""
    return get_offices_of_regions(role, [region])


def get_offices_of_regions(role: str, regions: Iterable[Region]) -> "QuerySet[Partner]":
    """Return the active offices of a role that answer for some place in one of these regions."""
    within = list(regions)
    area = Q(regions__in=within)
    if role == Role.POLICE:
        area |= Q(directorate__municipalities__region__in=within)
    if role == Role.CPU:
        area |= Q(municipality__region__in=within)
    active = Partner.objects.filter(role=role, is_active=True)
    # A subquery, because the joins would return an office once for each of its places.
    return active.filter(pk__in=Partner.objects.filter(area).values("pk"))


PASSED_ON = _("The office for this place has passed the notice on already.")
NO_OTHER_OFFICE = {
    REGION: _("There is no other active office for {who} in the region {region}."),
    UNIT_REGION: _("There is no other active office for {who} in the sending unit's region, {region}."),
}
# By link, and whether the place is outside the office's area.
WORKS_THERE = {
    (REGION, True): _("{office} works in the region {region}. {place} is outside its area, and the notice says so."),
    (UNIT_REGION, True): _(
        "{office} works in the sending unit's region, {region}. {place} is outside its area, and the notice says so."
    ),
    (REGION, False): _("{office} works in the region {region}."),
    (UNIT_REGION, False): _("{office} works in the sending unit's region, {region}."),
}
COORDINATORS = {
    UNIT_COORDINATORS: _("The coordinator of the sending unit ({office}) is asked to call."),
    EVERY_COORDINATOR: _("Every coordinator on duty is asked to call. In all: {count}."),
}
NO_COORDINATOR = {
    UNIT_COORDINATORS: _("No coordinator of the sending unit is on duty."),
    EVERY_COORDINATOR: _("No other coordinator is on duty."),
}
ALARM = _("Nobody was found. The operator is alarmed, and the unit has to call by itself.")
