"""Which shift counts: against a rule written a second time, minute by minute, and in the database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.languages import in_each_language
from tests.world.offices import Country, make_contact, make_country, put_on_duty

from .. import roster
from ..models import Contact, DutyShift, Leave, Partner, Role
from ..resolve import resolve

# The night in which the clocks go back: 02:00 to 03:00 happens twice in Tirana.
ORIGIN = datetime(2026, 10, 24, 22, tzinfo=UTC)
TIRANA = ZoneInfo("Europe/Tirane")
OFFICE, ELSEWHERE = (Partner(pk=number, names={"sq": str(number)}) for number in (1, 2))
SPAN = 12


def minute(number: int) -> datetime:
    """Now and then written in the wall clock of Tirana, as forms do: a length must not depend on that."""
    moment = ORIGIN + timedelta(minutes=number * 20)
    return moment.astimezone(TIRANA) if number % 3 else moment


people = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=4)
times = st.tuples(st.integers(0, SPAN), st.integers(1, SPAN))


@st.composite
def rosters(draw):
    contacts = [
        Contact(pk=number, partner=OFFICE if at_home else ELSEWHERE, is_active=active)
        for number, (active, at_home) in enumerate(draw(people), 1)
    ]
    shifts, leaves = [], []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        start, length = draw(times)
        end = None if draw(st.booleans()) else minute(start + length)
        shifts.append(
            DutyShift(
                pk=number,
                partner=OFFICE,
                contact=draw(st.sampled_from(contacts)),
                rank=draw(st.integers(1, 3)),
                starts_at=minute(start),
                ends_at=end,
            )
        )
    for _number in range(draw(st.integers(0, 3))):
        start, length = draw(times)
        leaves.append(
            Leave(contact=draw(st.sampled_from(contacts)), starts_at=minute(start), ends_at=minute(start + length))
        )
    return shifts, leaves


def seconds(moment: datetime) -> float:
    return (moment.astimezone(UTC) - ORIGIN).total_seconds()


def reference(shifts: list[DutyShift], leaves: list[Leave], at: datetime) -> list[Contact]:
    """The rule of docs/directory.md, slowly: take out the best shift again and again."""
    now = seconds(at)
    left = []
    for shift in shifts:
        ends = float("inf") if shift.ends_at is None else seconds(shift.ends_at)
        away = any(
            leave.contact_id == shift.contact_id and seconds(leave.starts_at) <= now < seconds(leave.ends_at)
            for leave in leaves
        )
        fits = shift.contact.is_active and shift.contact.partner_id == shift.partner_id
        if seconds(shift.starts_at) <= now < ends and fits and not away:
            left.append((shift, ends - seconds(shift.starts_at)))
    told: list[Contact] = []
    seen_ranks: set[int] = set()
    for only_winners in (True, False):
        while left:
            candidates = [pair for pair in left if not only_winners or pair[0].rank not in seen_ranks]
            if not candidates:
                break
            best = candidates[0]
            for each in candidates[1:]:
                same_rank = each[0].rank == best[0].rank
                lower = each[0].rank < best[0].rank
                shorter = same_rank and each[1] < best[1]
                later = same_rank and each[1] == best[1] and each[0].pk > best[0].pk
                if lower or shorter or later:
                    best = each
            left.remove(best)
            seen_ranks.add(best[0].rank)
            if best[0].contact not in told:
                told.append(best[0].contact)
    return told


def keys(contacts: list[Contact]) -> list[int]:
    return [contact.pk for contact in contacts]


@given(rosters())
def test_at_every_moment_of_any_roster_the_rule_and_its_reference_name_the_same_people(world):
    shifts, leaves = world
    for number in range(2 * SPAN + 1):
        at = minute(number)
        assert keys(roster.ranked(shifts, leaves, at)) == keys(reference(shifts, leaves, at))


@given(rosters())
def test_the_gaps_are_exactly_the_moments_at_which_nobody_is_on_duty(world):
    shifts, leaves = world
    found = list(roster.find_gaps(shifts, leaves, minute(0), minute(2 * SPAN)))
    for number in range(2 * SPAN):
        at = minute(number)
        inside = any(seconds(stretch.starts_at) <= seconds(at) < seconds(stretch.ends_at) for stretch in found)
        assert inside == (not reference(shifts, leaves, at))
    assert all(earlier.ends_at < later.starts_at for earlier, later in pairwise(found))


@pytest.fixture
def country(db: None) -> Country:
    return make_country()


def who(country: Country, at: datetime | None = None):
    return resolve(role=Role.POLICE, municipality=country.vlore, at=at or timezone.now())


def take_leave(contact: Contact, *, since: datetime | None = None, until: datetime | None = None) -> Leave:
    now = timezone.now()
    return Leave.objects.create(
        contact=contact,
        starts_at=since or now - timedelta(hours=1),
        ends_at=until or now + timedelta(days=1),
    )


def test_a_substitute_for_today_is_told_and_not_the_open_ended_shift(country):
    now = timezone.now()
    standing = put_on_duty(country.police, since=now - timedelta(days=400))
    substitute = put_on_duty(country.police, since=now - timedelta(hours=1), until=now + timedelta(hours=11))
    found = who(country)
    assert (found.contact, found.deputy) == (substitute, standing)
    assert in_each_language(roster.COVERED) in found.words
    assert who(country, now + timedelta(hours=12)).contact == standing


def test_a_covered_shift_comes_after_the_deputy_of_the_next_rank(country):
    now = timezone.now()
    put_on_duty(country.police, since=now - timedelta(days=400))
    deputy = put_on_duty(country.police, rank=2, since=now - timedelta(days=400))
    substitute = put_on_duty(country.police, since=now - timedelta(hours=1), until=now + timedelta(hours=11))
    assert (who(country).contact, who(country).deputy) == (substitute, deputy)


def test_of_two_covers_of_one_length_the_later_entered_counts(country):
    now = timezone.now()
    hours = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=7)}
    put_on_duty(country.police, **hours)
    later = put_on_duty(country.police, **hours)
    assert who(country).contact == later


def test_whoever_is_on_leave_is_told_nothing_and_the_words_say_so_without_a_name(country):
    officer, deputy = put_on_duty(country.police), put_on_duty(country.police, rank=2)
    take_leave(officer)
    found = who(country)
    assert (found.contact, found.deputy) == (deputy, None)
    assert in_each_language(roster.AWAY) in found.words
    assert officer.name not in str(found.words)


def test_leave_begins_and_ends_to_the_second(country):
    now = timezone.now()
    officer = put_on_duty(country.police)
    take_leave(officer, since=now, until=now + timedelta(hours=1))
    assert who(country, now - timedelta(microseconds=1)).contact == officer
    assert who(country, now).contact is None
    assert who(country, now + timedelta(hours=1)).contact == officer


def test_when_all_are_on_leave_nobody_is_told_and_it_is_said(country):
    take_leave(put_on_duty(country.police))
    found = who(country)
    assert found.contact is None
    assert in_each_language(roster.ALL_AWAY) in found.words


def test_an_ordinary_hour_needs_no_more_words(country):
    put_on_duty(country.police), put_on_duty(country.police, rank=2)
    assert len(who(country).words) == 2


def test_overlaps_are_of_the_same_office_and_rank_with_the_time_they_share(country):
    now = timezone.now()
    put_on_duty(country.police, since=now)
    put_on_duty(country.police, rank=2, since=now)
    put_on_duty(country.police_sarande, since=now)
    contact = make_contact(country.police)
    shift = DutyShift(
        partner=country.police,
        contact=contact,
        rank=1,
        starts_at=now + timedelta(hours=2),
        ends_at=now + timedelta(hours=3),
    )
    [(other, shared)] = roster.overlapping(shift)
    assert other.rank == 1
    assert (shared.starts_at, shared.ends_at) == (shift.starts_at, shift.ends_at)
