"""What the roster will lack: against what resolution finds at each moment, and each kind of lack by itself."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import Municipality, Region
from tests.world.offices import PIN, Country, make_contact, make_country, make_office, put_on_duty

from ..areas import nearest_first, offices_for
from ..models import Agreement, Contact, DutyShift, Leave, Partner, Role
from ..outlook import HORIZON, ROLES, AgreementsOfDesks, DeskOutlook, Lack, build_outlook, find_end_of_cover, list_desks
from ..resolve import resolve

pytestmark = pytest.mark.django_db
# Over the night in which the clocks go back.
ORIGIN = datetime(2026, 10, 24, 20, tzinfo=UTC)
STEP = timedelta(minutes=30)
SPAN = 16


@pytest.fixture
def country() -> Country:
    return make_country()


def look(country: Country, *, since: datetime | None = None, until: datetime | None = None) -> list[DeskOutlook]:
    since = since or timezone.now()
    return build_outlook([country.vlore.region], since, until or since + HORIZON)


def of_role(outlooks: list[DeskOutlook], role: str, place: Municipality) -> DeskOutlook:
    (found,) = [each for each in outlooks if each.desk.role == role and place in each.desk.places]
    return found


def lacks(outlook: DeskOutlook) -> list[Lack]:
    return [each.lack for each in outlook.shortfalls]


periods = st.tuples(st.integers(0, SPAN - 1), st.integers(1, SPAN))
shifts = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), periods, st.booleans()), max_size=8)
leaves = st.lists(st.tuples(st.integers(0, 5), periods), max_size=4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shifts, leaves)
def test_at_every_moment_it_names_whom_resolution_finds(db: None, its_shifts, its_leaves) -> None:
    DutyShift.objects.all().delete()
    Leave.objects.all().delete()
    vlore = Municipality.objects.filter(slug="vlore").first() or make_country().vlore
    offices = list(Partner.objects.filter(role=Role.COORDINATOR)) or []
    if len(offices) == 1:
        offices.append(make_office(Role.COORDINATOR, slug="second", region=vlore.region))
        for office in offices:
            for _number in range(3):
                make_contact(office, pin=PIN)
    people = list(Contact.objects.filter(partner__in=offices).order_by("pk"))
    for who, rank, (start, length), is_open in its_shifts:
        DutyShift.objects.create(
            partner=people[who].partner,
            contact=people[who],
            rank=rank,
            starts_at=ORIGIN + start * STEP,
            ends_at=None if is_open else ORIGIN + (start + length) * STEP,
        )
    for who, (start, length) in its_leaves:
        start_at = ORIGIN + start * STEP
        Leave.objects.create(contact=people[who], starts_at=start_at, ends_at=start_at + length * STEP)
    until = ORIGIN + SPAN * STEP
    (outlook,) = [each for each in build_outlook([vlore.region], ORIGIN, until) if each.desk.role == Role.COORDINATOR]
    # Without a hole, and no two neighbours alike.
    assert outlook.staffed[0].stretch.starts_at == ORIGIN
    assert outlook.staffed[-1].stretch.ends_at == until
    for earlier, later in pairwise(outlook.staffed):
        assert earlier.stretch.ends_at == later.stretch.starts_at
        assert earlier.contacts != later.contacts
    empty = [each.stretch for each in outlook.shortfalls if each.lack == Lack.NOBODY]
    for number in range(SPAN):
        at = ORIGIN + number * STEP
        found = resolve(role=Role.COORDINATOR, municipality=vlore, at=at)
        here = outlook.at(at)
        assert here is not None
        assert list(here.contacts) == [each for each in (found.contact, found.deputy) if each]
        assert any(each.starts_at <= at < each.ends_at for each in empty) == (found.contact is None)


def test_every_place_of_a_region_stands_at_the_desk_of_the_offices_that_answer_for_it(country: Country) -> None:
    make_office(Role.MOBILE_UNIT, slug="unit", region=country.vlore.region)
    make_office(Role.MOBILE_UNIT, slug="unit-elsewhere")
    make_office(Role.COORDINATOR, slug="coordinator-of-two", region=country.vlore.region)
    make_office(Role.POLICE, slug="closed", is_active=False)
    desks = list_desks([country.vlore.region], AgreementsOfDesks.read(timezone.localdate()))
    for role in ROLES:
        for place in Municipality.objects.filter(region=country.vlore.region):
            (desk,) = [each for each in desks if each.role == role and place in each.places]
            assert list(desk.offices) == nearest_first(role, offices_for(role, place, None))


def test_a_gap_and_a_time_without_a_deputy_are_said_to_the_minute(country: Country) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    first = put_on_duty(country.police, since=now - timedelta(days=1), until=now + timedelta(days=2, minutes=7))
    put_on_duty(country.police, rank=2, since=now + timedelta(days=1), until=now + timedelta(days=1, minutes=30))
    assert first.partner == country.police
    found = of_role(look(country, since=now), Role.POLICE, country.vlore)
    said = [
        (each.lack, each.stretch.starts_at - now, each.stretch.ends_at - now)
        for each in found.shortfalls
        if each.stretch is not None
    ]
    assert said == [
        (Lack.NOBODY, timedelta(days=2, minutes=7), HORIZON),
        (Lack.NO_DEPUTY, timedelta(0), timedelta(days=1)),
        (Lack.NO_DEPUTY, timedelta(days=1, minutes=30), timedelta(days=2, minutes=7)),
    ]


def test_a_place_without_an_office_is_named_once_for_the_role(country: Country) -> None:
    found = of_role(look(country), Role.CPU, country.himare)
    assert lacks(found) == [Lack.NO_OFFICE]
    assert set(found.desk.places) == {country.himare, country.sarande}
    assert found.at(timezone.now()) is None


def test_a_person_who_cannot_open_what_is_sent_or_be_phoned_is_named(country: Country) -> None:
    ready, untested, without_pin, silent = (make_contact(country.cpu, name, pin=PIN) for name in "ABCD")
    for rank, contact in enumerate((ready, untested, without_pin, silent), 1):
        put_on_duty(country.cpu, rank=rank, contact=contact)
    Contact.objects.filter(pk=untested.pk).update(reachable_at=None)
    Contact.objects.filter(pk=without_pin.pk).update(pin_hash="")
    Contact.objects.filter(pk=silent.pk).update(phone="", is_active=False)
    found = of_role(look(country), Role.CPU, country.vlore)
    assert [(each.lack, each.contact) for each in found.shortfalls] == [
        (Lack.UNTESTED, untested),
        (Lack.NO_PIN, without_pin),
    ]
    Contact.objects.filter(pk=silent.pk).update(is_active=True)
    found = of_role(look(country), Role.CPU, country.vlore)
    assert (Lack.NO_PHONE, silent) in [(each.lack, each.contact) for each in found.shortfalls]


def test_only_the_polices_agreement_is_looked_at_and_its_last_day_is_said(country: Country) -> None:
    today = timezone.localdate()
    found = of_role(look(country), Role.POLICE, country.vlore)
    assert [each.office for each in found.shortfalls if each.lack == Lack.NO_AGREEMENT] == [country.police]
    Agreement.objects.create(
        partner=country.police, signed_on=today - timedelta(days=300), valid_until=today + timedelta(days=5)
    )
    found = of_role(look(country), Role.POLICE, country.vlore)
    assert [each.day for each in found.shortfalls if each.lack == Lack.AGREEMENT_ENDS] == [today + timedelta(days=5)]
    Agreement.objects.create(partner=country.police, signed_on=today + timedelta(days=6))
    assert not {Lack.NO_AGREEMENT, Lack.AGREEMENT_ENDS} & set(lacks(of_role(look(country), Role.POLICE, country.vlore)))
    assert not {Lack.NO_AGREEMENT, Lack.AGREEMENT_ENDS} & set(lacks(of_role(look(country), Role.CPU, country.vlore)))


@pytest.mark.parametrize(
    ("agreements", "last"),
    [
        ([], None),
        ([("2026-01-01", "2026-11-27")], None),
        ([("2026-11-29", None)], None),
        ([("2026-01-01", "2026-11-28")], date(2026, 11, 28)),
        ([(None, None)], date.max),
        ([("2026-01-01", "2026-12-31"), ("2027-01-01", "2027-06-30")], date(2027, 6, 30)),
        ([("2027-01-02", "2027-06-30"), ("2026-01-01", "2026-12-31")], date(2026, 12, 31)),
        ([("2026-01-01", "2027-12-31"), ("2026-02-01", "2026-12-31")], date(2027, 12, 31)),
    ],
)
def test_agreements_one_after_another_cover_until_the_first_hole(
    agreements: list[tuple[str | None, str | None]], last: date | None
) -> None:
    rows = [
        Agreement(
            signed_on=date.fromisoformat(start) if start else None,
            valid_until=date.fromisoformat(end) if end else None,
        )
        for start, end in agreements
    ]
    assert find_end_of_cover(rows, date(2026, 11, 28)) == last


def test_the_number_of_offices_and_shifts_asks_no_more_of_the_database(
    country: Country, django_assert_max_num_queries
) -> None:
    for number in range(10):
        region = Region.objects.create(slug=f"region-{number}", name=f"Region {number}", iso_code=f"X{number}")
        office = make_office(Role.COORDINATOR, slug=f"coordinator-{number}", region=region)
        for rank in range(1, 4):
            put_on_duty(office, rank=rank)
    regions = Region.objects.all()
    with django_assert_max_num_queries(9):
        build_outlook(list(regions), timezone.now(), timezone.now() + HORIZON)
