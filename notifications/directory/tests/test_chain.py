"""The chain: from the office for the municipality to the operator's alarm, each link in words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from access.models import MobileUnit, Municipality, PoliceDirectorate, Region
from tests.world.offices import Country, make_contact, make_country, make_office, put_on_duty

from ..call_list import CHILD_LINE, POLICE_LINE, call_list
from ..chain import is_outside_area, resolve_chain
from ..links import DEFAULT_CHAIN
from ..models import Contact, DutyShift, Role
from ..resolve import Resolution

pytestmark = pytest.mark.django_db


@pytest.fixture
def country() -> Country:
    return make_country()


@pytest.fixture
def unit(country: Country) -> MobileUnit:
    return MobileUnit.objects.create(slug="nl-vlore", name="Njësia Vlorë", region=country.vlore.region)


def fier() -> Municipality:
    """A place of another region, for which nobody was ever entered."""
    region = Region.objects.create(slug="fier", name="Fier", iso_code="AL-04")
    directorate = PoliceDirectorate.objects.create(slug="dvp-fier", name="DVP Fier", short_name="DVP Fier")
    return Municipality.objects.create(slug="fier", name="Fier", region=region, police_directorate=directorate)


def look(role: str, place: Municipality, unit: MobileUnit | None = None, **more: object) -> Resolution:
    return resolve_chain(role=role, municipality=place, at=timezone.now(), unit=unit, **more)  # type: ignore[arg-type]


def said(found: Resolution) -> str:
    return " | ".join(words["en"] for words in found.words)


def test_the_office_for_the_municipality_comes_first(country: Country, unit: MobileUnit) -> None:
    officer, deputy = put_on_duty(country.police), put_on_duty(country.police, rank=2)
    put_on_duty(country.police_sarande)
    found = look(Role.POLICE, country.vlore, unit)
    assert (found.link, found.contact, found.deputy, found.coordinators) == ("municipality", officer, deputy, ())
    assert len(found.words) == 2


def test_then_the_roles_other_office_in_the_region_which_is_told_that_it_is_outside(country: Country) -> None:
    neighbour = put_on_duty(country.police_sarande)
    found = look(Role.POLICE, country.vlore)
    assert (found.link, found.contact, found.partner) == ("region", neighbour, country.police_sarande)
    assert "Vlorë is outside its area" in said(found)
    assert is_outside_area(Role.POLICE, country.police_sarande, country.vlore)
    assert not is_outside_area(Role.POLICE, country.police_sarande, country.himare)


def test_a_cpu_of_the_region_answers_where_the_place_has_none(country: Country) -> None:
    worker = put_on_duty(country.cpu)
    found = look(Role.CPU, country.himare)
    assert (found.link, found.contact) == ("region", worker)
    assert is_outside_area(Role.CPU, country.cpu, country.himare)


def test_then_the_sending_units_region(country: Country, unit: MobileUnit) -> None:
    officer = put_on_duty(country.police)
    found = look(Role.POLICE, fier(), unit)
    assert (found.link, found.contact) == ("unit_region", officer)
    assert said(found).startswith(
        "There is no active office for the police in the municipality Fier. | There is no other"
    )
    assert "sending unit's region, Vlorë. Fier is outside its area" in said(found)


def test_then_the_sending_units_coordinator_who_gets_no_brief_of_the_role(country: Country, unit: MobileUnit) -> None:
    coordinator = put_on_duty(country.coordinator)
    found = look(Role.POLICE, fier(), unit)
    assert (found.link, found.contact, found.coordinators) == ("unit_coordinators", None, (coordinator,))
    assert "is asked to call" in said(found)


def test_then_every_coordinator_on_duty(country: Country, unit: MobileUnit) -> None:
    there = [put_on_duty(make_office(Role.COORDINATOR, slug=f"coordinator-{n}")) for n in (1, 2)]
    found = look(Role.CPU, fier(), unit)
    assert (found.link, found.contact, list(found.coordinators)) == ("every_coordinator", None, there)
    assert (
        "No coordinator of the sending unit is on duty. | Every coordinator on duty is asked to call. In all: 2."
        in said(found)
    )


def test_at_last_the_operator(country: Country, unit: MobileUnit) -> None:
    found = look(Role.POLICE, fier(), unit)
    assert (found.link, found.contact, found.coordinators) == ("operator", None, ())
    assert [sentence[:25] for sentence in said(found).split(" | ")] == [
        "There is no active office",
        "There is no other active ",
        "Office police-vlore works",
        "Nobody is on the duty ros",
        "No coordinator of the sen",
        "No other coordinator is o",
        "Nobody was found. The ope",
    ]


def test_a_coordinators_own_chain_goes_from_the_place_to_the_unit_to_every_one(
    country: Country, unit: MobileUnit
) -> None:
    elsewhere = put_on_duty(make_office(Role.COORDINATOR, slug="coordinator-far"))
    place = fier()
    assert look(Role.COORDINATOR, place, unit).contact == elsewhere
    own = put_on_duty(country.coordinator)
    assert look(Role.COORDINATOR, place, unit).contact == own
    there = make_office(Role.COORDINATOR, slug="coordinator-fier")
    there.regions.add(place.region)
    local = put_on_duty(there)
    found = look(Role.COORDINATOR, place, unit)
    assert (found.contact, found.coordinators) == (local, (local,))


def test_a_referral_goes_to_nobody_but_the_service_it_names(country: Country, unit: MobileUnit) -> None:
    put_on_duty(make_office(Role.PROTECTION_SERVICE, slug="another-shelter"))
    coordinator = put_on_duty(country.coordinator)
    found = look(Role.PROTECTION_SERVICE, country.vlore, unit, partner=country.service)
    assert (found.contact, found.partner, found.coordinators) == (None, country.service, (coordinator,))


def test_an_office_that_passed_it_on_is_not_asked_again(country: Country, unit: MobileUnit) -> None:
    put_on_duty(country.cpu)
    found = look(Role.CPU, country.vlore, unit, passed_on={country.cpu.pk})
    assert found.contact is None
    assert "passed the notice on already" in said(found)


def test_a_procedure_may_name_fewer_links(country: Country, unit: MobileUnit) -> None:
    put_on_duty(country.police)
    coordinator = put_on_duty(country.coordinator)
    found = look(Role.POLICE, fier(), unit, chain=["municipality", "unit_coordinators", "operator"])
    assert (found.contact, found.coordinators) == (None, (coordinator,))
    assert DEFAULT_CHAIN[-1] == "operator"


def test_no_words_name_a_person(country: Country, unit: MobileUnit) -> None:
    put_on_duty(country.police_sarande)
    put_on_duty(country.coordinator)
    for role in Role.values:
        for place in (country.vlore, country.himare):
            words = str(look(role, place, unit).words)
            assert not any(contact.name in words for contact in Contact.objects.all())


# ---- numbers to call ----


def test_there_is_always_a_number_to_call(country: Country, unit: MobileUnit) -> None:
    for role in Role.values:
        numbers = [
            callee.phone for callee in call_list(role=role, municipality=fier_or(), at=timezone.now(), unit=unit)
        ]
        assert numbers[-1] == POLICE_LINE
        assert (CHILD_LINE in numbers) == (role == Role.CPU)


def fier_or() -> Municipality:
    return Municipality.objects.filter(slug="fier").first() or fier()


def test_those_off_duty_can_be_called_too_and_those_on_duty_come_first(country: Country, unit: MobileUnit) -> None:
    off = make_contact(country.police, "Off duty")
    on = put_on_duty(country.police)
    callees = call_list(role=Role.POLICE, municipality=country.vlore, at=timezone.now(), unit=unit)
    assert [(callee.contact, callee.on_duty) for callee in callees[:2]] == [(on, True), (off, False)]


def test_who_has_no_number_or_has_left_is_not_on_the_list(country: Country, unit: MobileUnit) -> None:
    for changes in ({"phone": ""}, {"is_active": False}):
        contact = make_contact(country.police)
        Contact.objects.filter(pk=contact.pk).update(**changes)
    callees = call_list(role=Role.POLICE, municipality=country.vlore, at=timezone.now(), unit=unit)
    assert [callee.contact for callee in callees] == [None]


def test_a_shift_that_has_not_begun_is_not_on_duty(country: Country, unit: MobileUnit) -> None:
    put_on_duty(country.police, since=timezone.now() + timedelta(hours=1))
    (callee, _line) = call_list(role=Role.POLICE, municipality=country.vlore, at=timezone.now(), unit=unit)
    assert not callee.on_duty
    assert DutyShift.objects.exists()
