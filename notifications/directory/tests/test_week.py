"""The week of the roster: each cell against what resolution finds, and the page through HTTP."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from access.models import StaffRole, User
from tests.world.offices import PIN, Country, make_contact, make_country, make_office, put_on_duty
from tests.world.places import make_place, make_user

from ..holiday_names import get_holiday_name
from ..models import DutyShift, Leave, Partner, Role
from ..moments import get_midnight, hours_in_words
from ..resolve import resolve
from ..roster import Stretch
from ..week import WeekRow, build_week, get_monday
from ..week_views import read_day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
# The week in whose last night the clocks go back.
AUTUMN = date(2026, 10, 19)
BEFORE = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def country() -> Country:
    return make_country()


@pytest.fixture
def phone(country: Country, client: Client) -> Client:
    """A client signed in as the coordinator of the region."""
    return enter_cms(client, make_user(StaffRole.COORDINATOR, region=country.vlore.region, language="en"))


def enter_cms(client: Client, user: User) -> Client:
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return client


def row_of(rows: list[WeekRow], office: Partner) -> WeekRow:
    (found,) = [row for row in rows if office in row.desk.offices]
    return found


def test_each_cell_says_whom_resolution_finds_over_the_night_in_which_the_clocks_change(country: Country) -> None:
    ana, beni = (make_contact(country.police, pin=PIN) for _each in range(2))
    start = get_midnight(AUTUMN) + timedelta(hours=8)
    for number in range(14):
        since, until = start + timedelta(hours=12 * number), start + timedelta(hours=12 * (number + 1))
        if number != 5:  # a hole
            put_on_duty(country.police, contact=(ana, beni)[number % 2], since=since, until=until)
    Leave.objects.create(contact=ana, starts_at=start + timedelta(days=1), ends_at=start + timedelta(days=1, hours=3))
    row = row_of(build_week([country.vlore.region], AUTUMN, BEFORE), country.police)
    assert [day.day for day in row.days] == [AUTUMN + timedelta(days=number) for number in range(7)]
    lines = [line for day in row.days for line in day.lines]
    for earlier, later in pairwise(lines):
        assert earlier.staffed.stretch.ends_at == later.staffed.stretch.starts_at
    assert lines[-1].staffed.stretch.ends_at - lines[0].staffed.stretch.starts_at == timedelta(days=7, hours=1)
    for line in lines:
        stretch = line.staffed.stretch
        for moment in (stretch.starts_at, stretch.starts_at + (stretch.ends_at - stretch.starts_at) / 2):
            found = resolve(role=Role.POLICE, municipality=country.vlore, at=moment).contact
            assert (line.staffed.contacts[0] if line.staffed.contacts else None) == found
            assert line.is_empty == (found is None)
        if line.shift is not None:
            assert line.shift.contact == line.staffed.contacts[0]


def test_an_hour_is_said_as_people_read_it() -> None:
    def said(first: str, last: str) -> str:
        return hours_in_words(Stretch(datetime.fromisoformat(first), datetime.fromisoformat(last)))

    assert said("2026-12-01T08:00+01:00", "2026-12-01T20:00+01:00") == "08:00 – 20:00"
    assert said("2026-12-01T20:00+01:00", "2026-12-02T00:00+01:00") == "20:00 – 24:00"
    assert said("2026-12-01T00:00+01:00", "2026-12-02T00:00+01:00") == "all day"
    assert said("2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00") == "all day"
    assert said("2026-10-25T00:00+02:00", "2026-10-25T02:30+01:00") == "00:00 (UTC+2) – 02:30 (UTC+1)"


def test_public_holidays_are_named_in_both_languages() -> None:
    assert get_holiday_name(date(2026, 11, 28)) == "Flag and Independence Day"
    with translation.override("sq"):
        assert get_holiday_name(date(2026, 11, 28)) == "Dita Flamurit dhe e Pavarësisë"
    assert get_holiday_name(date(2026, 12, 3)) == ""


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "0001-01-01", "9999-12-31", "2026-02-30", "١"])
def test_a_day_that_can_not_be_is_today(text: str) -> None:
    assert read_day(text) == timezone.localdate()


def test_a_coordinator_sees_the_week_and_what_leads_to_its_mending(country: Country, phone: Client) -> None:
    now = timezone.now()
    officer = put_on_duty(country.police, contact=make_contact(country.police, "Oficeri", pin=PIN))
    Leave.objects.create(contact=officer, starts_at=now, ends_at=now + timedelta(days=20))
    chief = put_on_duty(country.coordinator, contact=make_contact(country.coordinator, "Shefi", pin=PIN))
    monday = get_monday(timezone.localdate()) + timedelta(days=7)
    page = phone.get(reverse("roster_week"), {"day": monday.isoformat()})
    words = page.content.decode()
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert chief.name in words
    assert reverse("dutyshift:edit", args=[chief.shifts.get().pk]) in words
    assert f"{officer.name} is on leave" in words
    assert reverse("leave:edit", args=[officer.leaves.get().pk]) in words
    assert words.count(f'href="{reverse("fill_roster", args=[country.police.pk])}">Nobody') == 7
    assert f"day={(monday + timedelta(days=7)).isoformat()}" in words
    assert f"day={(monday - timedelta(days=7)).isoformat()}" in words


def test_a_time_that_is_over_leads_nowhere_and_is_no_gap(country: Country, phone: Client) -> None:
    monday = get_monday(timezone.localdate()) - timedelta(days=14)
    words = phone.get(reverse("roster_week"), {"day": monday.isoformat(), "role": "police"}).content.decode()
    assert "Nobody" in words
    assert ">Nobody</a>" not in words
    assert "nobody in this week" not in words


def test_another_regions_roster_is_not_there_whatever_is_asked_for(country: Country, phone: Client) -> None:
    berat = make_place("berat", "Berat").region
    there = put_on_duty(make_office(Role.COORDINATOR, region=berat), contact=None)
    for query in ({}, {"region": "berat"}, {"region": "vlore"}, {"role": "coordinator", "region": "berat"}):
        assert there.name not in phone.get(reverse("roster_week"), query).content.decode()


def test_role_and_region_narrow_it_and_stay_from_week_to_week(country: Country, client: Client) -> None:
    berat = make_place("berat", "Berat").region
    user = make_user(StaffRole.COORDINATOR, region=country.vlore.region, language="en")
    user.assignments.create(role=StaffRole.COORDINATOR, region=berat, starts_on=timezone.localdate())
    there = put_on_duty(make_office(Role.COORDINATOR, region=berat), contact=None)
    here = put_on_duty(country.coordinator)
    enter_cms(client, user)
    everything = client.get(reverse("roster_week")).content.decode()
    assert here.name in everything
    assert there.name in everything
    narrow = client.get(reverse("roster_week"), {"region": "vlore", "role": "coordinator"}).content.decode()
    assert here.name in narrow
    assert there.name not in narrow
    assert "region=vlore&amp;role=coordinator&amp;day=" in narrow


def test_a_place_without_an_office_is_said(country: Country, phone: Client) -> None:
    words = phone.get(reverse("roster_week"), {"role": "cpu"}).content.decode()
    assert "No office" in words
    assert country.himare.name in words


@pytest.mark.parametrize("role", [StaffRole.OPERATOR, StaffRole.EDITOR, StaffRole.AUDITOR])
def test_nobody_else_sees_the_week(country: Country, client: Client, role: StaffRole) -> None:
    enter_cms(client, make_user(role))
    assert client.get(reverse("roster_week")).status_code in (403, 404)


def test_looking_changes_nothing_and_many_shifts_cost_as_few_queries(
    country: Country, django_assert_max_num_queries: Any
) -> None:
    start = timezone.now()
    people = [make_contact(country.police, pin=PIN) for _each in range(6)]
    for number in range(120):
        since = start + timedelta(hours=number)
        put_on_duty(country.police, contact=people[number % 6], since=since, until=since + timedelta(hours=2))
    with django_assert_max_num_queries(8):
        build_week([country.vlore.region], get_monday(timezone.localdate()), start)
    assert DutyShift.objects.count() == 120
