"""Social services, schools, psychologists, health, legal aid and embassies: who answers for a place, and who if not."""

import pytest
from django.utils import timezone

from access.languages import in_each_language
from access.models import MobileUnit, Region
from tests.world.offices import Country, make_contact, make_country, make_office, make_staffed_office, put_on_duty
from tests.world.places import make_place

from .. import coverage
from ..areas import AREA_RULES, NAMED_ROLES, offices_for
from ..call_list import call_list
from ..chain import resolve_chain
from ..models import Partner, Role
from ..resolve import NOBODY_ON_DUTY, ROLE_NAMES, Resolution, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def country() -> Country:
    return make_country()


@pytest.fixture
def unit(country: Country) -> MobileUnit:
    return MobileUnit.objects.create(
        slug="unit-vlore", name="Njësia Vlorë", region=country.vlore.region, callback_phone="+355690000001"
    )


def found_for(role: str, place: object) -> Resolution:
    return resolve(role=role, municipality=place, at=timezone.now())


def of_region(office: Partner, region: Region) -> Partner:
    office.regions.add(region)
    return office


def test_every_role_says_by_what_area_it_answers_and_what_it_is_called() -> None:
    assert set(AREA_RULES) == set(ROLE_NAMES) == set(Role.values)


@pytest.mark.parametrize("role", [Role.SOCIAL_SERVICE, Role.HEALTH])
def test_the_office_of_the_municipality_comes_before_the_one_of_the_region(country: Country, role: str) -> None:
    state = of_region(make_office(role, slug="a-state"), country.vlore.region)
    local = make_office(role, slug="z-municipal", municipality=country.vlore)
    of_the_state, of_the_town = put_on_duty(state), put_on_duty(local)
    assert found_for(role, country.vlore).contact == of_the_town
    assert found_for(role, country.himare).contact == of_the_state


def test_with_nobody_on_duty_at_the_municipality_the_regional_office_is_asked_and_it_is_said(country: Country) -> None:
    local = make_office(Role.SOCIAL_SERVICE, slug="a-municipal", municipality=country.vlore)
    make_contact(local)
    state = put_on_duty(of_region(make_office(Role.SOCIAL_SERVICE, slug="b-state"), country.vlore.region))
    found = found_for(Role.SOCIAL_SERVICE, country.vlore)
    assert found.contact == state
    assert "Nobody is on duty at Office a-municipal" in found.words[0]["en"]
    assert "Zyra b-state" in found.words[1]["sq"]


def test_a_regional_office_that_said_another_area_does_not_hide_the_municipalitys_own(
    country: Country, unit: MobileUnit
) -> None:
    state = of_region(make_office(Role.SOCIAL_SERVICE, slug="state"), country.vlore.region)
    put_on_duty(state)
    local = put_on_duty(make_office(Role.SOCIAL_SERVICE, slug="municipal", municipality=country.himare))
    found = resolve_chain(
        role=Role.SOCIAL_SERVICE, municipality=country.himare, at=timezone.now(), unit=unit, passed_on=[state.pk]
    )
    assert found.contact == local


def test_of_two_schools_none_is_chosen_and_the_coordinator_is_asked_to_call(country: Country, unit: MobileUnit) -> None:
    first = put_on_duty(make_office(Role.SCHOOL, slug="school-1", municipality=country.vlore))
    assert found_for(Role.SCHOOL, country.vlore).contact == first
    second = put_on_duty(make_office(Role.SCHOOL, slug="school-2", municipality=country.vlore))
    coordinator = put_on_duty(country.coordinator)
    found = resolve_chain(role=Role.SCHOOL, municipality=country.vlore, at=timezone.now(), unit=unit)
    assert (found.contact, found.coordinators) == (None, (coordinator,))
    assert "another school must not learn" in found.words[0]["en"]
    numbers = [callee.phone for callee in call_list(role=Role.SCHOOL, municipality=country.vlore, at=timezone.now())]
    assert {first.phone, second.phone, coordinator.phone} <= set(numbers)


def test_the_school_of_another_municipality_is_never_asked(country: Country, unit: MobileUnit) -> None:
    put_on_duty(make_office(Role.SCHOOL, slug="school", municipality=country.himare))
    found = resolve_chain(role=Role.SCHOOL, municipality=country.vlore, at=timezone.now(), unit=unit)
    assert found.contact is None


def test_a_psychologist_answers_for_the_region(country: Country) -> None:
    person = put_on_duty(of_region(make_office(Role.PSYCHOLOGIST, slug="psychologist"), country.vlore.region))
    assert found_for(Role.PSYCHOLOGIST, country.himare).contact == person
    assert found_for(Role.PSYCHOLOGIST, other_region(country)).contact is None


def test_legal_aid_of_the_region_comes_before_the_one_for_the_country(country: Country) -> None:
    national = put_on_duty(make_office(Role.LEGAL_AID, slug="a-national"))
    elsewhere = other_region(country)
    assert found_for(Role.LEGAL_AID, country.vlore).contact == national
    local = put_on_duty(of_region(make_office(Role.LEGAL_AID, slug="b-regional"), country.vlore.region))
    assert found_for(Role.LEGAL_AID, country.vlore).contact == local
    assert found_for(Role.LEGAL_AID, elsewhere).contact == national


def test_an_embassys_notice_goes_through_the_responsible_authority_only_and_says_so(
    country: Country,
) -> None:
    authority = put_on_duty(country.authority)
    found = found_for(Role.EMBASSY_DESK, country.vlore)
    assert (found.role, found.contact, found.partner) == (Role.EMBASSY_DESK, authority, country.authority)
    assert "goes through Office responsible-authority" in found.words[0]["en"]
    clerk = put_on_duty(make_office(Role.EMBASSY_DESK, slug="desk"))
    assert found_for(Role.EMBASSY_DESK, country.vlore).contact == authority
    authority.is_active = False
    authority.save()
    assert found_for(Role.EMBASSY_DESK, country.vlore).contact is None
    numbers = [callee.phone for callee in call_list(
        role=Role.EMBASSY_DESK, municipality=country.vlore, at=timezone.now()
    )]  # fmt: skip
    assert numbers
    assert clerk.phone not in numbers


def test_a_desk_is_never_told_what_is_for_the_responsible_authority(country: Country) -> None:
    put_on_duty(make_office(Role.EMBASSY_DESK, slug="desk"))
    found = found_for(Role.RESPONSIBLE_AUTHORITY, country.vlore)
    assert (found.contact, found.words[-1]) == (None, in_each_language(NOBODY_ON_DUTY))


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.COORDINATOR])
def test_a_role_that_nobody_holds_asks_the_coordinator_to_call_and_gives_numbers(
    country: Country, unit: MobileUnit, role: str
) -> None:
    coordinator = put_on_duty(country.coordinator)
    found = resolve_chain(role=role, municipality=country.vlore, at=timezone.now(), unit=unit)
    assert (found.contact, found.coordinators) == (None, (coordinator,))
    numbers = [callee.phone for callee in call_list(role=role, municipality=country.vlore, at=timezone.now())]
    assert coordinator.phone in numbers


def test_a_place_is_without_a_role_only_when_its_last_office_goes(country: Country) -> None:
    local = make_office(Role.SOCIAL_SERVICE, slug="municipal", municipality=country.vlore)
    assert coverage.get_places(local) == [country.vlore]
    state = of_region(make_office(Role.SOCIAL_SERVICE, slug="state"), country.vlore.region)
    local.is_active = False
    local.save()
    assert coverage.get_places_without_office(Role.SOCIAL_SERVICE, [country.vlore]) == []
    state.is_active = False
    state.save()
    assert coverage.get_places_without_office(Role.SOCIAL_SERVICE, [country.vlore]) == [country.vlore]


def test_whatever_desks_the_directory_holds_the_authority_alone_answers_for_an_embassy(country: Country) -> None:
    make_office(Role.EMBASSY_DESK, slug="desk")
    assert list(offices_for(Role.EMBASSY_DESK, country.vlore, None)) == [country.authority]
    assert coverage.get_places_without_office(Role.EMBASSY_DESK, [country.vlore]) == []
    country.authority.is_active = False
    country.authority.save()
    assert coverage.get_places_without_office(Role.EMBASSY_DESK, [country.vlore]) == [country.vlore]


def other_region(country: Country) -> object:
    region = Region.objects.create(slug="berat", name="Berat", iso_code="AL-01")
    return type(country.vlore).objects.create(
        slug="berat", name="Berat", region=region, police_directorate=country.vlore.police_directorate
    )


def test_a_notice_that_names_a_school_is_never_resolved_to_another_one(db: None) -> None:
    place = make_place()
    pupils = make_staffed_office(Role.SCHOOL, municipality=place.municipality)
    make_staffed_office(Role.SCHOOL, municipality=place.municipality)
    pupils.is_active = False
    pupils.save()
    assert Role.SCHOOL in NAMED_ROLES
    found = resolve(role=Role.SCHOOL, municipality=place.municipality, at=timezone.now(), partner=pupils)
    assert (found.partner, found.contact) == (None, None)
