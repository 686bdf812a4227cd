"""What is read ahead for one decision is what each of its notices would find by itself."""

import random
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import MobileUnit, Municipality
from tests.world.offices import Country, make_contact, make_country, make_office, put_on_duty

from .. import roster
from ..agreements.cover import get_shared_kinds
from ..agreements.models import AgreementRule
from ..areas import find_offices, roles_answering
from ..chain import resolve_chain
from ..links import DEFAULT_CHAIN
from ..models import Agreement, Contact, ContactWay, DutyShift, Leave, Partner, Role
from ..read_ahead import reading_ahead
from ..ways.choosing import get_ways
from ..ways.models import SentFor, WayKind

pytestmark = pytest.mark.django_db

CHANNELS = frozenset({"sms", "push", "voice"})
NOW = timezone.now()


@pytest.fixture
def country() -> Country:
    return make_country()


def fill(country: Country, dice: random.Random) -> None:
    """Add offices of every role, people on and off duty, leave, ways and agreements, by chance."""
    places = [country.vlore, country.himare, country.sarande]
    for role in Role.values:
        for _office in range(dice.randint(0, 2)):
            if role in (Role.POLICE, Role.RESPONSIBLE_AUTHORITY):
                continue  # one each
            is_free = not Partner.objects.filter(role=Role.CPU, municipality=country.himare).exists()
            area: dict[str, Any] = dice.choice([{}, {"region": country.vlore.region}])
            if role != Role.CPU and dice.random() < 0.4:
                area |= {"municipality": dice.choice(places)}
            elif role == Role.CPU and is_free:
                area = {"municipality": country.himare}
            make_office(role, is_active=dice.random() < 0.9, **area)
    for office in Partner.objects.order_by("pk"):
        for _person in range(dice.randint(0, 3)):
            _add_person(office, dice)
        if dice.random() < 0.4:
            _add_agreement(office, dice, places)
    AgreementRule.objects.create(role=Role.POLICE, is_on=dice.random() < 0.5)


def _add_person(office: Partner, dice: random.Random) -> None:
    person = make_contact(office)
    person.is_active, person.reachable_at = dice.random() < 0.9, NOW if dice.random() < 0.9 else None
    person.save()
    for _shift in range(dice.randint(0, 2)):
        since = NOW - timedelta(hours=dice.choice([1, 1, 48]))
        until = dice.choice([None, NOW + timedelta(hours=1), NOW - timedelta(minutes=5)])
        put_on_duty(office, rank=dice.randint(1, 2), since=since, until=until, contact=person)
    if dice.random() < 0.2:
        Leave.objects.create(contact=person, starts_at=NOW - timedelta(hours=2), ends_at=NOW + timedelta(minutes=30))
    for number in range(dice.randint(0, 3)):
        hours = dice.choice([(None, None), (time(22), time(6)), (time(6), time(22))])
        ContactWay.objects.create(
            contact=person,
            channel=dice.choice([WayKind.SMS, WayKind.PUSH, WayKind.VOICE]),
            address=f"{person.pk}-{number}",
            sent_for=dice.choice(SentFor.values),
            hours_from=hours[0],
            hours_until=hours[1],
            after_minutes=dice.choice([0, 0, 5]),
            is_active=dice.random() < 0.9,
            confirmed_at=NOW if dice.random() < 0.8 else None,
        )


def _add_agreement(office: Partner, dice: random.Random, places: list[Municipality]) -> None:
    until = dice.choice([None, timezone.localdate(NOW), timezone.localdate(NOW) - timedelta(days=1)])
    agreement = Agreement.objects.create(partner=office, valid_until=until, limits_facts=dice.random() < 0.5)
    if dice.random() < 0.3:
        agreement.municipalities.add(dice.choice(places))
    if dice.random() < 0.3:
        agreement.other_offices.add(dice.choice(list(Partner.objects.order_by("pk"))))


def columns(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def ask(role: str, place: Municipality, unit: MobileUnit, at: datetime, chain: list[str]) -> list[Any]:
    """Return all that a notice asks the directory, each row with its columns and in its order."""
    found = resolve_chain(role=role, municipality=place, at=at, unit=unit, chain=chain)
    offices = find_offices(role, place, None)
    duties = [roster.get_duty(office, at) for office in offices]
    people = [*(each for duty in duties for each in duty.contacts), *found.coordinators]
    people += [each for each in (found.contact, found.deputy) if each is not None]
    ways = [
        get_ways(each, channels=CHANNELS, is_urgent=urgent, is_unanswered=False, at=at)
        for each in people
        for urgent in (True, False)
    ]
    return [
        found,
        [columns(office) for office in offices],
        [(shift.pk, shift.is_away, columns(shift.contact)["name"]) for duty in duties for shift in duty.shifts],
        [(each.pk, each.email, each.partner.slug) for each in people],
        [[columns(way) for way in each] for each in ways],
        [get_shared_kinds(office, role=role, municipality=place, at=at) for office in offices],
    ]


@pytest.mark.parametrize("seed", range(20))
def test_in_any_directory_the_same_is_found_ahead_as_by_each_question_itself(country: Country, seed: int) -> None:
    dice = random.Random(seed)
    fill(country, dice)
    unit = MobileUnit.objects.create(slug="nl-vlore", name="Njësia Vlorë", region=country.vlore.region)
    places = [country.vlore, country.himare, country.sarande]
    moments = [NOW, NOW + timedelta(minutes=45)]
    chain = dice.sample(DEFAULT_CHAIN, dice.randint(1, len(DEFAULT_CHAIN)))
    roles = dice.sample(Role.values, dice.randint(2, 6))
    # Others than those of the decision are asked for meanwhile, too, as the coordinators where nobody is found.
    asked = [
        (dice.choice([*roles, Role.COORDINATOR.value]), dice.choice(places), unit, dice.choice(moments), chain)
        for _notice in range(8)
    ]
    alone = [ask(*each) for each in asked]
    with reading_ahead([answering for role in roles for answering in roles_answering(role)]):
        assert [ask(*each) for each in asked] == alone


def test_three_roles_are_one_question_about_offices_one_about_duty_and_one_about_ways(country: Country) -> None:
    offices = {Role.POLICE: country.police, Role.RESPONSIBLE_AUTHORITY: country.authority, Role.CPU: country.cpu}
    people = {role: put_on_duty(office) for role, office in offices.items()}
    with CaptureQueriesContext(connection) as asked, reading_ahead(list(offices)):
        for role, office in offices.items():
            assert find_offices(role, country.vlore, None) == [office]
            assert roster.on_duty(office, NOW) == [people[role]]
            assert get_ways(people[role], channels=CHANNELS, is_urgent=False, is_unanswered=False, at=NOW) == []
    assert len(asked) == 3


def find(country: Country) -> Contact | None:
    return resolve_chain(role=Role.POLICE, municipality=country.vlore, at=NOW, chain=["municipality"]).contact


def test_after_the_decision_the_directory_is_asked_anew(country: Country) -> None:
    with reading_ahead([Role.POLICE, Role.CPU]):
        assert find(country) is None
    officer = put_on_duty(country.police)
    assert find(country) == officer


def test_a_decision_that_fails_leaves_nothing_read_ahead(country: Country) -> None:
    def fail() -> None:
        with transaction.atomic(), reading_ahead([Role.POLICE, Role.CPU]):
            assert find(country) is None
            person = make_contact(country.police)
            DutyShift.objects.create(partner=country.police, contact=person, rank=0, starts_at=NOW)

    with pytest.raises(IntegrityError):
        fail()
    officer = put_on_duty(country.police)
    assert find(country) == officer


def test_a_decision_within_another_reads_anew_and_the_outer_one_goes_on(country: Country) -> None:
    with reading_ahead([Role.POLICE, Role.CPU]):
        assert find(country) is None
        officer = put_on_duty(country.police)
        with reading_ahead([Role.POLICE, Role.CPU]):
            assert find(country) == officer
        with reading_ahead([Role.POLICE]):
            assert find(country) == officer
        assert find(country) is None


def test_two_moments_of_the_hour_that_comes_twice_are_told_apart(country: Country) -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=timezone.get_default_timezone())
    second = first.replace(fold=1)
    officer = put_on_duty(country.police, since=roster.utc(second) - timedelta(minutes=5))
    with reading_ahead([Role.POLICE, Role.CPU]):
        find_offices(Role.POLICE, country.vlore, None)
        assert roster.on_duty(country.police, first) == []
        assert roster.on_duty(country.police, second) == [officer]
