"""The rules about calendars, and about deadlines that are counted in them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from django.utils.translation import gettext as _

from case_forms.form_builder.definition.problems import Problem

from .checks import Problems, Surrounding, check_flag
from .clocks import MAX_DAYS, NeverDue, compute_moments, read_time
from .definition import Calendar, Deadline
from .definition.nodes import WEEKDAYS
from .public_holidays import get_public_holidays

# Any moment will do: whether a deadline ever ends doesn't depend on when it starts.
SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def calendar_is_open_at_times(calendar: Calendar, here: Surrounding) -> Problems:
    path = f"{here.path}/hours"
    if "hours" in calendar.stored and not calendar.has("hours"):
        words = _("Hours are lists of an opening and a closing time, by weekday.")
        yield Problem(path, "wrong_type", words)
        return
    for weekday, spans in calendar.hours.items():
        if weekday not in WEEKDAYS:
            words = _("A weekday is one of: %(days)s.") % {"days": ", ".join(WEEKDAYS)}
            yield Problem(f"{path}/{weekday}", "unknown_weekday", words)
        yield from _hours(f"{path}/{weekday}", spans)
    if not any(calendar.hours.values()):
        yield Problem(path, "never_open", _("A calendar is open on at least one weekday."))


def _hours(path: str, spans: tuple[tuple[str, str], ...]) -> Problems:
    last: time | None = None
    for position, (opens, closes) in enumerate(spans):
        begin, end = _time(opens), _time(closes)
        if begin is None or end is None or opens == "24:00":
            yield Problem(f"{path}/{position}", "bad_time", _("Write times as 08:00; the end of the day is 24:00."))
            continue
        # 24:00 is read as midnight, which comes before every other time.
        if (end <= begin and end != time(0)) or closes == "00:00" or (last is not None and begin < last):
            words = _("Hours end after they begin, and begin after those before them have ended.")
            yield Problem(f"{path}/{position}", "not_increasing", words)
        last = time.max if end == time(0) else end


def _time(written: str) -> time | None:
    try:
        return read_time(written) if len(written) == len("08:00") else None
    except ValueError:
        return None


def closed_days_are_dates(calendar: Calendar, here: Surrounding) -> Problems:
    if "closed" in calendar.stored and not calendar.has("closed"):
        yield Problem(f"{here.path}/closed", "wrong_type", _("Closed days are a list of dates."))
    for position, day in enumerate(calendar.closed):
        if not _is_date(day):
            yield Problem(f"{here.path}/closed/{position}", "bad_date", _("Write a date as 2026-11-28."))


def _is_date(written: str) -> bool:
    try:
        # Python reads other ways of writing a date, too; one way is enough.
        return date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False


def public_holidays_is_a_flag(calendar: Calendar, here: Surrounding) -> Problems:
    yield from check_flag(f"{here.path}/public_holidays", calendar.stored.get("public_holidays", False))


def deadline_is_counted_in_a_calendar(deadline: Deadline, here: Surrounding) -> Problems:
    """The calendar is there, and open often enough for the deadline to end."""
    if "calendar" not in deadline.stored:
        return
    path, calendar = f"{here.path}/calendar", here.procedure.calendars.get(deadline.calendar or "")
    if calendar is None:
        yield Problem(path, "unknown_calendar", _("This procedure has nothing with this name."))
    elif not any(_calendar_problems(calendar, here)):
        try:
            compute_moments(here.procedure, deadline, SOME_MOMENT, get_public_holidays(), max_days=MAX_DAYS // 2)
        except NeverDue:
            words = _("This calendar is open too seldom for the deadline to end within ten years.")
            yield Problem(path, "never_due", words)


def _calendar_problems(calendar: Calendar, here: Surrounding) -> Iterator[Problem]:
    if not isinstance(calendar.stored, dict):
        yield Problem(here.path, "wrong_type", "")
        return
    for rule in (calendar_is_open_at_times, closed_days_are_dates):
        yield from rule(calendar, here)
