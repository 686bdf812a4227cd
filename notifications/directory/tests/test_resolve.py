from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from access.languages import in_each_language
from access.models import Region
from tests.world.offices import Country, make_country, make_office, put_on_duty

from ..models import Contact, Role
from ..resolve import NOBODY_ON_DUTY, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def country() -> Country:
    return make_country()


def test_the_police_of_a_municipality_follow_the_directorate_and_not_the_region(country):
    put_on_duty(country.police)
    officer = put_on_duty(country.police_sarande)
    found = resolve(role=Role.POLICE, municipality=country.himare, at=timezone.now())
    assert (found.contact, found.partner) == (officer, country.police_sarande)


def test_the_lowest_rank_is_on_duty_and_the_next_one_is_the_deputy(country):
    deputy, officer = put_on_duty(country.police, rank=2), put_on_duty(country.police, rank=1)
    put_on_duty(country.police, rank=3)
    found = resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert (found.contact, found.deputy) == (officer, deputy)
    assert len(found.words) == 2


def test_a_person_with_two_shifts_is_not_their_own_deputy(country):
    officer = put_on_duty(country.police, rank=1)
    put_on_duty(country.police, rank=2, contact=officer)
    found = resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert (found.contact, found.deputy) == (officer, None)
    assert "no deputy" in found.words[1]["en"]


def test_a_second_shift_of_the_officer_does_not_push_them_behind_the_deputy(country):
    officer, deputy = put_on_duty(country.police, rank=1), put_on_duty(country.police, rank=2)
    put_on_duty(country.police, rank=3, contact=officer)
    found = resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert (found.contact, found.deputy) == (officer, deputy)


def test_only_who_is_on_duty_at_that_moment_is_told(country):
    now = timezone.now()
    early = put_on_duty(country.police, since=now - timedelta(hours=8), until=now)
    late = put_on_duty(country.police, since=now, until=now + timedelta(hours=8))
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=now).contact == late
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=now - timedelta(seconds=1)).contact == early
    after = resolve(role=Role.POLICE, municipality=country.vlore, at=now + timedelta(hours=8))
    assert (after.contact, after.partner) == (None, country.police)
    assert after.words[-1] == in_each_language(NOBODY_ON_DUTY)


def test_inactive_contacts_and_offices_are_never_returned(country):
    officer, deputy = put_on_duty(country.police, rank=1), put_on_duty(country.police, rank=2)
    officer.is_active = False
    officer.save()
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now()).contact == deputy
    country.police.is_active = False
    country.police.save()
    found = resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert (found.contact, found.partner) == (None, None)
    assert "policinë" in found.words[0]["sq"]


def test_somebody_who_has_left_for_another_office_is_not_on_duty_in_the_old_one(country):
    officer = put_on_duty(country.police)
    officer.partner = country.police_sarande
    officer.save()
    assert resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now()).contact is None


def test_each_other_role_is_found_by_its_own_kind_of_place(country):
    now = timezone.now()
    people = {office.role: put_on_duty(office) for office in (country.cpu, country.coordinator, country.authority)}
    for role, contact in people.items():
        assert resolve(role=role, municipality=country.vlore, at=now).contact == contact
    assert resolve(role=Role.CPU, municipality=country.himare, at=now).contact is None
    country.coordinator.regions.set([Region.objects.create(slug="berat", name="Berat", iso_code="AL-01")])
    assert resolve(role=Role.COORDINATOR, municipality=country.vlore, at=now).contact is None


def test_a_mobile_unit_answers_for_its_region(country):
    now = timezone.now()
    unit = make_office(Role.MOBILE_UNIT, slug="unit-vlore")
    unit.regions.add(country.vlore.region)
    worker, other = put_on_duty(unit), put_on_duty(unit, rank=2)
    found = resolve(role=Role.MOBILE_UNIT, municipality=country.himare, at=now)
    assert (found.partner, found.contact, found.deputy) == (unit, worker, other)
    unit.regions.set([Region.objects.create(slug="berat", name="Berat", iso_code="AL-01")])
    assert resolve(role=Role.MOBILE_UNIT, municipality=country.himare, at=now).contact is None


def test_a_protection_service_is_named_by_the_caller(country):
    now, person = timezone.now(), put_on_duty(country.service)
    assert resolve(role=Role.PROTECTION_SERVICE, municipality=country.vlore, at=now).contact is None
    named = resolve(role=Role.PROTECTION_SERVICE, municipality=country.vlore, at=now, partner=country.service)
    assert named.contact == person
    wrong_role = resolve(role=Role.POLICE, municipality=country.vlore, at=now, partner=country.service)
    assert wrong_role.contact is None


def test_a_role_and_an_area_have_one_active_office(country):
    directorate = country.vlore.police_directorate
    with pytest.raises(IntegrityError), transaction.atomic():
        make_office(Role.POLICE, slug="aaa-police", directorate=directorate)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_office(Role.CPU, slug="aaa-cpu", municipality=country.vlore)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_office(Role.RESPONSIBLE_AUTHORITY, slug="aaa-authority")
    country.police.is_active = False
    country.police.save()
    assert make_office(Role.POLICE, slug="police-vlore-2", directorate=directorate).is_active


def test_whoever_has_not_opened_a_test_notice_is_passed_by(country):
    officer, deputy = put_on_duty(country.police, rank=1), put_on_duty(country.police, rank=2)
    Contact.objects.filter(pk=officer.pk).update(reachable_at=None)
    found = resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now())
    assert (found.contact, found.deputy) == (deputy, None)


def test_the_words_say_both_languages_and_name_no_person(country):
    officer = put_on_duty(country.police)
    words = resolve(role=Role.POLICE, municipality=country.vlore, at=timezone.now()).words
    assert all(set(each) == {"sq", "en"} for each in words)
    assert "Vlorë" in words[0]["sq"]
    assert officer.name not in str(words)


def test_an_unknown_role_is_nobody(country):
    found = resolve(role="mayor", municipality=country.vlore, at=timezone.now())
    assert found.contact is None
    assert "mayor" in found.words[0]["en"]
