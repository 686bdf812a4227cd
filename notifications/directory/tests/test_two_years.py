"""Two random years of a roster: whoever is expected at every minute, and gaps exactly where resolution finds nobody.

The roster is entered as coordinators and contacts do it: turns of 12 hours, 24 hours and a week with deputies, holes
between, a standing shift, covers, leave, and swaps through their own links. The model beside it knows none of that
code: it counts the turns by the clock on Tirana's wall, and paints a list with one cell for each minute.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import Region, StaffRole, User
from access.rate_limits import RateCount
from tests.world.offices import PIN, Country, make_contact, make_country
from tests.world.places import make_user

from ..filling.plans import MAX_SHIFTS, STEPS, Turn, rotate
from ..models import Contact, DutyMail, DutyRequest, DutyShift, Leave, Partner, Role
from ..outlook import HORIZON, iter_staffed
from ..own_duty.actions import agree_to_request, answer_swap, ask_leave, ask_swap, preview_request
from ..own_duty.models import Stage
from ..resolve import resolve
from ..roster import get_gaps, read_rosters
from .second_keeper import second_keeper

pytestmark = pytest.mark.django_db
TIRANA = ZoneInfo("Europe/Tirane")
DAYS = 731
MINUTES = DAYS * 24 * 60
NOBODY = -1
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass
class PaintedShift:
    """A shift as the model has it: minutes since the beginning, and the place of its person in the list."""

    start: int
    end: int
    person: int
    rank: int


@dataclass
class TwoYears:
    """The stored roster, and the model beside it; `shifts` of both in the order in which they were entered."""

    office: Partner
    people: list[Contact]
    beginning: datetime
    random: Random
    shifts: list[PaintedShift] = field(default_factory=list)
    leaves: list[tuple[int, int, int]] = field(default_factory=list)  # start, end, person

    def count(self, moment: datetime) -> int:
        return round((moment - self.beginning).total_seconds() / 60)

    def count_wall(self, wall: datetime) -> int:
        """Minutes from the beginning until the clock on the wall shows this time."""
        return self.count(wall.replace(tzinfo=TIRANA).astimezone(UTC))

    # ---- entering it, in both ----

    def fill(self) -> None:
        first = self.beginning.astimezone(TIRANA).replace(tzinfo=None)
        day = 0
        while day < DAYS:
            days = min(self.random.choice((14, 28, 60, 90)), DAYS - day)
            since = first + timedelta(days=day, hours=self.random.randrange(24))
            self._rotate(since, since + timedelta(days=days))
            day += days + self.random.choice((0, 0, 0, 1, 3))
        if self.random.random() < 0.5:
            start = self.random.randrange(MINUTES // 2, MINUTES)
            self._add(start, None, self.random.randrange(len(self.people)), self.random.choice((1, 2)))
        for _each in range(20):
            start = self.random.randrange(MINUTES - 3000)
            self._add(start, start + self.random.randrange(30, 2000), self._somebody(), self.random.choice((1, 2)))

    def _somebody(self) -> int:
        return self.random.randrange(len(self.people))

    def _rotate(self, since: datetime, until: datetime) -> None:
        turn, ranks = self.random.choice(list(Turn)), self.random.choice((1, 2))
        order = self.random.sample(range(len(self.people)), self.random.randint(1, len(self.people)))
        planned = rotate([self.people[each].pk for each in order], turn, since, until, ranks=ranks)
        assert len(planned) <= MAX_SHIFTS
        DutyShift.objects.bulk_create(
            DutyShift(
                partner=self.office,
                contact_id=each.contact,
                rank=each.rank,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
            )
            for each in planned
        )
        number, wall = 0, since
        while wall < until:
            after = min(wall + STEPS[turn], until)
            start, end = self.count_wall(wall), self.count_wall(after)
            for rank in range(1, min(ranks, len(order)) + 1):
                self.shifts.append(PaintedShift(start, end, order[(number + rank - 1) % len(order)], rank))
            number, wall = number + 1, after

    def _add(self, start: int, end: int | None, person: int, rank: int) -> None:
        DutyShift.objects.create(
            partner=self.office,
            contact=self.people[person],
            rank=rank,
            starts_at=self.beginning + start * A_MINUTE,
            ends_at=None if end is None else self.beginning + end * A_MINUTE,
        )
        self.shifts.append(PaintedShift(start, MINUTES * 10 if end is None else end, person, rank))

    def give_leave(self, by: User) -> None:
        for number in range(30):
            start, person = self.random.randrange(MINUTES - 30_000), self._somebody()
            end = start + self.random.randrange(60, 20_000)
            since, until = self.beginning + start * A_MINUTE, self.beginning + end * A_MINUTE
            if number >= 3:
                Leave.objects.create(contact=self.people[person], starts_at=since, ends_at=until)
            elif not self._ask_leave(person, since, until, by):
                continue
            self.leaves.append((start, end, person))

    def _ask_leave(self, person: int, since: datetime, until: datetime, by: User) -> bool:
        now = timezone.now()
        with suppress(ValidationError):
            asked = ask_leave(contact=self.people[person], starts_at=since, ends_at=until, kind="holiday", now=now)
            asked = agree_to_request(request=asked, by=by, seen=preview_request(asked, now=now).digest, now=now)
            if asked.stage == Stage.SECOND:  # at some time of it nobody would be there
                second = second_keeper(by)
                agree_to_request(request=asked, by=second, seen=preview_request(asked, now=now).digest, now=now)
            return True
        return False

    def swap(self, by: User) -> int:
        """Have some shifts swapped by their people, for a shift in return or none. Return how many were."""
        stored = list(DutyShift.objects.filter(partner=self.office).order_by("pk"))
        assert len(stored) == len(self.shifts)
        done = 0
        for _each in range(20):
            mine, theirs = self.random.sample(range(len(stored)), 2)
            is_exchange = self.random.random() < 0.5
            colleague = self.shifts[theirs].person if is_exchange else self._somebody()
            if colleague == self.shifts[mine].person:
                continue
            with_whom = f"s{stored[theirs].pk}" if is_exchange else f"c{self.people[colleague].pk}"
            if self._ask_swap(self.shifts[mine].person, stored[mine].pk, with_whom, colleague, by):
                if is_exchange:
                    self.shifts[theirs].person = self.shifts[mine].person
                self.shifts[mine].person = colleague
                done += 1
        return done

    def _ask_swap(self, person: int, shift: int, with_whom: str, colleague: int, by: User) -> bool:
        now = timezone.now()
        try:
            asked = ask_swap(contact=self.people[person], shift=shift, with_whom=with_whom, now=now)
        except ValidationError:
            return False  # on leave then, or on the roster already
        answer_swap(request=asked, colleague=self.people[colleague], agree=True, now=now)
        asked.refresh_from_db()
        agree_to_request(request=asked, by=by, seen=preview_request(asked, now=now).digest, now=now)
        asked.refresh_from_db()
        return asked.stage == Stage.AGREED

    # ---- what the model expects ----

    def paint(self) -> list[int]:
        """Return for each minute the place of whoever is expected to be notified; NOBODY."""
        painted = [NOBODY] * MINUTES
        for rank in (2, 1):
            # What is painted later counts: the shorter, and of two as long as each other the one entered last.
            own = [(shift, number) for number, shift in enumerate(self.shifts) if shift.rank == rank]
            for shift, _number in sorted(own, key=lambda each: (each[0].start - each[0].end, each[1])):
                for start, end in self._get_present(shift):
                    painted[start:end] = [shift.person] * (end - start)
        return painted

    def _get_present(self, shift: PaintedShift) -> Iterator[tuple[int, int]]:
        start, last = max(shift.start, 0), min(shift.end, MINUTES)
        for away, back, _person in sorted(each for each in self.leaves if each[2] == shift.person):
            if away < last and back > start:
                if away > start:
                    yield start, away
                start = back
        if start < last:
            yield start, last

    # ---- what the service finds ----

    def read(self) -> tuple[list[int], list[bool]]:
        """Return for each minute whom the service would notify, and whether it lists a gap, by windows of 14 days."""
        places = {contact.pk: place for place, contact in enumerate(self.people)}
        found, empty = [NOBODY] * MINUTES, [False] * MINUTES
        end = self.beginning + DAYS * A_DAY
        since = self.beginning
        while since < end:
            until = min(since + HORIZON, end)
            roster = read_rosters([self.office], since, until)[self.office.pk]
            for each in iter_staffed([roster], [None], since, until):
                start, last = self.count(each.stretch.starts_at), self.count(each.stretch.ends_at)
                if each.contacts:
                    found[start:last] = [places[each.contacts[0].pk]] * (last - start)
            for gap in get_gaps([self.office], since, until)[self.office.pk]:
                start, last = self.count(gap.starts_at), self.count(gap.ends_at)
                empty[start:last] = [True] * (last - start)
            since = until
        return found, empty

    def pick_minutes(self) -> set[int]:
        """Return minutes at which resolution itself is asked: any, the edges of shifts, nights of the change."""
        picked = {self.random.randrange(MINUTES) for _each in range(40)}
        for shift in self.random.sample(self.shifts, 20):
            picked |= {shift.start - 1, shift.start, shift.end - 1, shift.end}
        nights = [
            self.count(self.beginning + number * A_DAY)
            for number in range(DAYS)
            if (self.beginning + number * A_DAY).astimezone(TIRANA).utcoffset()
            != (self.beginning + (number + 1) * A_DAY).astimezone(TIRANA).utcoffset()
        ]
        assert len(nights) == 4
        picked |= {night + number for night in nights for number in range(0, 24 * 60, 97)}
        return {each for each in picked if 0 <= each < MINUTES}


@pytest.fixture
def scene() -> tuple[Country, User]:
    """The country with five people at the police of Vlorë, and its coordinator."""
    country = make_country()
    Region.objects.filter(pk=country.vlore.region_id).update(is_outreach=True)
    for name in ("Ana", "Beni", "Cela", "Dita", "Era"):
        make_contact(country.police, name, pin=PIN)
    return country, make_user(StaffRole.COORDINATOR, region=country.vlore.region)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_at_every_minute_of_two_years_the_expected_contact_is_notified(scene: tuple[Country, User], seed: int) -> None:
    for model in (DutyMail, DutyRequest, Leave, DutyShift, RateCount):
        model.objects.all().delete()
    country, by = scene
    years = begin(country, seed)
    people = years.people
    years.fill()
    years.give_leave(by)
    years.swap(by)

    expected = years.paint()
    found, empty = years.read()
    assert _find_difference(found, expected) is None
    assert _find_difference(empty, [each == NOBODY for each in expected]) is None
    for minute in sorted(years.pick_minutes()):
        at = years.beginning + minute * A_MINUTE
        contact = resolve(role=Role.POLICE, municipality=country.vlore, at=at).contact
        assert (people.index(contact) if contact else NOBODY) == expected[minute], (seed, at)


def test_swaps_and_holes_are_a_part_of_such_years(scene: tuple[Country, User]) -> None:
    country, by = scene
    years = begin(country, 7)
    years.fill()
    assert years.swap(by) >= 3
    assert NOBODY in years.paint()


def begin(country: Country, seed: int) -> TwoYears:
    """Two years from the fourth day on, still empty: what is sooner takes two coordinators."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    people = list(country.police.contacts.order_by("pk"))
    return TwoYears(country.police, people, midnight.astimezone(UTC) + 4 * A_DAY, Random(seed))


def _find_difference(found: list[int] | list[bool], expected: list[int] | list[bool]) -> tuple[int, int, int] | None:
    """Return the first minute that differs, with both; comparing a million cells in a message would take for ever."""
    if found == expected:
        return None
    return next((at, one, other) for at, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other)
