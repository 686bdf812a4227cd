"""When a drill is due: on a working day of Tirana, in its hours, late rather than never, and when it is missed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ..models import DrillPlan
from ..schedule import (
    get_first_day,
    get_first_moment,
    get_month,
    get_next_day,
    is_due,
    is_in_hours,
    is_working_day,
    iter_over,
)


def plan(**changes) -> DrillPlan:
    values = {"is_on": True, "on_since": datetime(2026, 1, 1, tzinfo=UTC), "day": 10, **changes}
    return DrillPlan(**values)


def tirana(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Tirane"))


@pytest.mark.parametrize(
    ("day", "month", "first"),
    [
        (10, date(2026, 11, 1), date(2026, 11, 10)),  # a Tuesday
        (1, date(2026, 11, 1), date(2026, 11, 2)),  # a Sunday
        (28, date(2026, 11, 1), date(2026, 11, 27)),  # three days off end that month: the last one before
        (28, date(2026, 2, 1), date(2026, 2, 27)),  # a Saturday, and the last day of its month
        (25, date(2026, 12, 1), date(2026, 12, 28)),  # Christmas, a Friday
    ],
)
def test_a_drill_is_on_its_day_or_the_next_working_day_of_the_month(day, month, first):
    assert get_first_day(plan(day=day), month) == first


@given(
    st.integers(1, 28),
    st.dates(date(2024, 1, 1), date(2035, 12, 31)),
    st.tuples(st.integers(7, 12), st.integers(13, 18)),
)
def test_every_month_has_a_working_day_in_it_at_which_the_drill_is_due(day, month, hours):
    found = plan(day=day, hours_from=time(hours[0]), hours_until=time(hours[1]))
    first = get_first_day(found, month)
    assert (first.year, first.month) == (month.year, month.month)
    assert is_working_day(first)
    begins = get_first_moment(found, month)
    assert is_due(found, begins)
    assert not is_due(found, begins - timedelta(minutes=1))
    assert timezone.localtime(begins).time() == time(hours[0])


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (tirana(2026, 11, 9, 12), False),  # a working day before its day
        (tirana(2026, 11, 10, 9, 59), False),
        (tirana(2026, 11, 10, 10), True),
        (tirana(2026, 11, 10, 14, 59), True),
        (tirana(2026, 11, 10, 15), False),  # its hours are over
        (tirana(2026, 11, 12, 11), True),  # it is late
        (tirana(2026, 11, 14, 11), False),  # a Saturday
        (tirana(2026, 12, 25, 11), False),  # a holiday
    ],
)
def test_it_begins_in_its_hours_of_working_days_from_its_day_on(moment, due):
    assert is_due(plan(), moment) is due


def test_hours_are_those_of_tirana_in_summer_and_in_winter():
    assert is_in_hours(plan(), datetime(2026, 7, 15, 8, 30, tzinfo=UTC))  # 10:30
    assert not is_in_hours(plan(), datetime(2026, 1, 14, 8, 30, tzinfo=UTC))  # 9:30


def test_a_plan_that_is_off_is_never_due_and_misses_nothing():
    off = plan(is_on=False)
    assert not is_due(off, tirana(2026, 11, 10, 11))
    assert list(iter_over(off, tirana(2026, 11, 10, 11))) == []
    assert get_next_day(off, tirana(2026, 11, 10, 11), set()) is None


def test_a_month_that_is_over_counts_from_the_switching_on_and_a_year_back_at_most():
    now = tirana(2026, 11, 3, 11)
    since_august = plan(on_since=tirana(2026, 8, 20, 9))
    assert [get_month(each) for each in iter_over(since_august, now)] == ["2026-09", "2026-10"]
    assert len(list(iter_over(plan(on_since=tirana(2019, 1, 1)), now))) == 12
    assert list(iter_over(plan(on_since=now), now)) == []


@pytest.mark.parametrize(
    ("moment", "held", "following"),
    [
        (tirana(2026, 11, 3, 11), set(), date(2026, 11, 10)),
        (tirana(2026, 11, 10, 11), set(), date(2026, 11, 10)),
        (tirana(2026, 11, 10, 16), set(), date(2026, 11, 11)),
        (tirana(2026, 11, 10, 16), {"2026-11"}, date(2026, 12, 10)),
        (tirana(2026, 11, 30, 16), set(), date(2026, 12, 10)),
    ],
)
def test_the_page_says_the_day_on_which_the_next_one_begins(moment, held, following):
    assert get_next_day(plan(), moment, held) == following
