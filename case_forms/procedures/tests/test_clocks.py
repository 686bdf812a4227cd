"""Due moments: in minutes that pass, and in the working time of calendars, across summer time and holidays."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from case_forms.cases.models import Deadline as RunningDeadline
from notifications.outbox.models import Notice
from tests.world.forms import texts
from tests.world.procedures import enact, small_procedure
from tests.world.scene import make_scene

from ..checker import check_procedure
from ..clocks import NeverDue, WorkingTime, build_working_time, compute_moments
from ..definition import Calendar, parse_procedure
from ..public_holidays import CountryHolidays, get_public_holidays

TIRANA = ZoneInfo("Europe/Tirane")
OFFICE: dict[str, Any] = {
    "label": texts("Office hours"),
    "hours": {day: [["08:00", "12:00"], ["13:00", "16:00"]] for day in ("monday", "tuesday", "wednesday", "thursday")}
    | {"friday": [["08:00", "14:00"]]},
    "closed": ["2026-11-30"],
}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TIRANA)


def with_calendar(**change: Any) -> dict[str, Any]:
    procedure = small_procedure()
    procedure["calendars"] = {"office": {**OFFICE, **change}}
    for deadline in procedure["deadlines"].values():
        deadline["calendar"] = "office"
    return procedure


def office(**change: Any) -> WorkingTime:
    return build_working_time(Calendar.model_validate({**OFFICE, **change}), get_public_holidays())


def codes(definition: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in check_procedure(definition)]


# ---- minutes that pass ----


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-29T01:30", "2026-03-29T03:30"),  # two o'clock is three
        ("2026-10-25T01:30", "2026-10-25T02:30"),
        ("2026-06-01T23:30", "2026-06-02T00:30"),
    ],
)
def test_an_hour_is_an_hour_when_the_clocks_change(start: str, end: str) -> None:
    procedure = parse_procedure(small_procedure())
    moments = compute_moments(procedure, procedure.deadlines["police_report"], local(start), get_public_holidays())
    assert moments["red_minutes"] == local(end).astimezone(UTC)
    assert moments["amber_minutes"] == local(start).astimezone(UTC) + timedelta(minutes=30)


def test_a_mark_that_is_not_there_has_no_moment() -> None:
    procedure = parse_procedure(small_procedure())
    moments = compute_moments(
        procedure, procedure.deadlines["assessment"], local("2026-06-01T12:00"), get_public_holidays()
    )
    assert (moments["amber_minutes"], moments["red_minutes"]) == (None, None)


# ---- working time ----


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23T08:00", 60, "2026-11-23T09:00"),
        ("2026-11-23T11:30", 60, "2026-11-23T13:30"),  # over the midday break
        ("2026-11-23T05:00", 60, "2026-11-23T09:00"),
        ("2026-11-27T13:30", 60, "2026-12-01T08:30"),  # Friday afternoon, the weekend, a closed Monday
        ("2026-11-27T23:40", 1, "2026-12-01T08:01"),
        ("2026-11-23T08:00", 240, "2026-11-23T12:00"),  # to the end of the hours, not to the next beginning
    ],
)
def test_minutes_of_working_time(start: str, minutes: int, end: str) -> None:
    assert office().after(local(start), minutes) == local(end)


def test_a_night_that_loses_an_hour_is_worked_an_hour_less() -> None:
    nights = WorkingTime({day: ((time(22), time(0)), (time(0), time(6))) for day in range(7)})
    assert nights.between(local("2026-03-29T00:00"), local("2026-03-29T06:00")) == timedelta(hours=5)
    assert nights.between(local("2026-10-25T00:00"), local("2026-10-25T06:00")) == timedelta(hours=7)
    assert nights.between(local("2026-03-29T01:30"), local("2026-03-29T03:30")) == timedelta(hours=1)
    assert list(WorkingTime({6: ((time(2, 30), time(3)),)}).spans(date(2026, 3, 29))) == []


def test_a_calendar_that_never_opens_is_said_and_not_searched_for_ever() -> None:
    with pytest.raises(NeverDue):
        WorkingTime({}).after(local("2026-11-27T12:00"), 1)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(second=0, microsecond=0)
)
TIMES = st.integers(0, 24 * 12).map(lambda fives: fives * 5)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingTime:
    """Calendars with up to three spans a day, also at night, closed on some days of the month."""
    hours: dict[int, tuple[tuple[time, time], ...]] = {}
    for day in range(7):
        edges = sorted(set(draw(st.lists(TIMES, max_size=6))))
        spans = [
            (time(*divmod(opens, 60)), time(*divmod(closes % 1440, 60)))
            for opens, closes in zip(edges[::2], edges[1::2], strict=False)
        ]
        hours[day] = tuple(spans)
    closed = draw(st.frozensets(st.integers(1, 28), max_size=3))
    return WorkingTime(hours, lambda day: day.day in closed)


# In hours that are left out when summer time begins nobody works: such a calendar may be shorter than it looks.
@settings(max_examples=150, deadline=None)
@given(calendars(), MOMENTS, st.integers(1, 3000), st.integers(1, 3000))
def test_working_time_adds_up(calendar: WorkingTime, start: datetime, minutes: int, more: int) -> None:
    assume(sum(len(spans) for spans in calendar.hours.values()) > 2)
    due = calendar.after(start, minutes)
    assert due > start
    assert calendar.between(start, due) == timedelta(minutes=minutes)
    assert calendar.after(due, more) == calendar.after(start, minutes + more)
    assert calendar.after(start + timedelta(minutes=7), minutes) >= due
    day = (due - timedelta(microseconds=1)).astimezone(TIRANA).date()
    assert any(opens < due <= closes for opens, closes in calendar.spans(day))


@settings(max_examples=40, deadline=None)
@given(calendars(), st.sampled_from(["2026-03-28T20:00", "2026-10-24T20:00", "2026-07-04T03:00"]), st.integers(1, 300))
def test_working_time_is_what_one_counts_minute_by_minute(calendar: WorkingTime, start: str, minutes: int) -> None:
    moment, counted, end = local(start).astimezone(UTC), 0, local(start).astimezone(UTC) + timedelta(days=3)
    open_spans = [span for day in range(5) for span in calendar.spans((moment + timedelta(days=day - 1)).date())]
    while counted < minutes and moment < end:
        counted += any(opens <= moment < closes for opens, closes in open_spans)
        moment += timedelta(minutes=1)
    assume(counted == minutes)
    assert calendar.after(local(start), minutes) == moment


# ---- holidays ----


def test_a_public_holiday_is_not_worked() -> None:
    flag_day = CountryHolidays({date(2026, 11, 26)})
    calendar = Calendar.model_validate({**OFFICE, "public_holidays": True})
    assert build_working_time(calendar, flag_day).after(local("2026-11-25T15:30"), 60) == local("2026-11-27T08:30")
    open_then = Calendar.model_validate(OFFICE)
    assert build_working_time(open_then, flag_day).after(local("2026-11-25T15:30"), 60) == local("2026-11-26T08:30")


def test_albania_rests_on_its_holidays_and_on_the_monday_after_one_that_falls_on_a_weekend() -> None:
    found = get_public_holidays()
    days = [date(2026, 11, 28), date(2026, 11, 30), date(2026, 12, 8), date(2030, 1, 1)]
    assert all(found.is_holiday(day) for day in days)
    assert not found.is_holiday(date(2026, 11, 27))


# ---- as data ----


def test_a_procedure_may_have_calendars() -> None:
    assert codes(with_calendar()) == []
    assert codes(with_calendar(public_holidays=True)) == []


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"hours": {}}, "hours", "never_open"),
        ({"hours": {"monday": []}}, "hours", "never_open"),
        ({"hours": {"someday": [["08:00", "16:00"]]}}, "hours/someday", "unknown_weekday"),
        ({"hours": {"monday": ["08:00"]}}, "hours", "wrong_type"),
        ({"hours": [1]}, "hours", "wrong_type"),
        ({"hours": {"monday": [["8", "16:00"]]}}, "hours/monday/0", "bad_time"),
        ({"hours": {"monday": [["08:00", "25:00"]]}}, "hours/monday/0", "bad_time"),
        ({"hours": {"monday": [["24:00", "24:00"]]}}, "hours/monday/0", "bad_time"),
        ({"hours": {"monday": [["16:00", "08:00"]]}}, "hours/monday/0", "not_increasing"),
        ({"hours": {"monday": [["08:00", "00:00"]]}}, "hours/monday/0", "not_increasing"),
        ({"hours": {"monday": [["08:00", "12:00"], ["11:00", "16:00"]]}}, "hours/monday/1", "not_increasing"),
        ({"hours": {"monday": [["08:00", "24:00"], ["11:00", "16:00"]]}}, "hours/monday/1", "not_increasing"),
        ({"closed": "monday"}, "closed", "wrong_type"),
        ({"closed": ["2026-02-30"]}, "closed/0", "bad_date"),
        ({"closed": ["20260228"]}, "closed/0", "bad_date"),
        ({"public_holidays": "AL"}, "public_holidays", "wrong_type"),
        ({"label": {}}, "label", "missing_text"),
        ({"zone": "UTC"}, "zone", "unknown_name"),
    ],
)
def test_a_broken_calendar_is_named_where_it_is_broken(change: dict[str, Any], path: str, code: str) -> None:
    assert (f"/calendars/office/{path}", code) in codes(with_calendar(**change))


def test_a_deadline_names_a_calendar_that_is_there_and_open_often_enough() -> None:
    procedure = with_calendar()
    procedure["deadlines"]["answer"]["calendar"] = "night"
    assert codes(procedure) == [("/deadlines/answer/calendar", "unknown_calendar")]
    seldom = with_calendar(hours={"monday": [["08:00", "08:01"]]})
    assert ("/deadlines/answer/calendar", "never_due") in codes(seldom)
    for odd in (7, [], {"office": 7}, {"office": {**OFFICE, "hours": 3}}):
        assert codes({**with_calendar(), "calendars": odd})


@pytest.mark.django_db
def test_clocks_of_a_case_and_of_its_notice_are_counted_in_the_calendar() -> None:
    scene = make_scene()
    procedure = with_calendar()
    enact(procedure, since=timezone.now())
    scene.send(age_stated=30)
    clock = RunningDeadline.objects.get(key="police_report")
    assert clock.red_at == office().after(clock.starts_at, 60)
    assert clock.breach_at == office().after(clock.starts_at, 1440)
    notice = Notice.objects.get(role="police")
    assert (notice.amber_at, notice.red_at, notice.breach_at) == (clock.amber_at, clock.red_at, clock.breach_at)
