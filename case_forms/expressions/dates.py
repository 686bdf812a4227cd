"""The operators on days: of dates, moments and dates known to the year or month.

The twin of static/js/logic/dates.js.
"""

import math
import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any, NamedTuple

from .limits import Run
from .values import lookup, operand

Arguments = list[Any]

ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*)?", re.DOTALL)
APPROXIMATE = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
PARTS = ("year", "month", "day")


class Span(NamedTuple):
    """The first and the last day that a date can mean; the same day when it is known exactly."""

    first: date
    last: date


def get_day(value: Any) -> date | None:
    """Return the calendar day an ISO date or datetime text begins with, or None."""
    found = ISO_DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def get_span(value: Any) -> Span | None:
    """Return the days that a date can mean, "2012" and "2012-05" included, or None."""
    day = get_day(value)
    if day:
        return Span(day, day)
    found = APPROXIMATE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    year, first, last = int(found[1]), int(found[2] or 1), int(found[2] or 12)
    if year < 1 or not 1 <= first <= 12:
        return None
    return Span(date(year, first, 1), date(year, last, monthrange(year, last)[1]))


def age_on(arguments: Arguments, data: Any, run: Run) -> int | None:
    """Compute an age in whole years; null without two dates, or before the birth.

    A birth known to the year or month counts from the last day it can mean, the other day is the first it can mean:
    nobody
    is made older than they may be.
    """
    birth, on = get_span(arguments[0]), get_span(arguments[1])
    if birth is None or on is None or birth.first > on.first:
        return None
    # Of a birth in the same year or month the last day that it can mean may lie after the other day.
    born, day = min(birth.last, on.first), on.first
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def days_between(arguments: Arguments, data: Any, run: Run) -> int | None:
    """Count from the first day to the second; below 0 when the second is the earlier."""
    start, end = get_day(arguments[0]), get_day(arguments[1])
    return (end - start).days if start and end else None


def add_days(arguments: Arguments, data: Any, run: Run) -> str | None:
    """Return the day as "YYYY-MM-DD".

    Null when one is no date, the other no whole number, or the year not 1 to 9999.
    """
    day, days = get_day(arguments[0]), operand(arguments[1])
    if day is None or not math.isfinite(days) or days != int(days):
        return None
    try:
        return (day + timedelta(days=int(days))).isoformat()
    except OverflowError:
        return None


def date_part(arguments: Arguments, data: Any, run: Run) -> int | None:
    """Return the year, month or day; null when it isn't known."""
    span = get_span(arguments[1])
    if span is None or arguments[0] not in PARTS:
        return None
    first, last = (getattr(day, arguments[0]) for day in span)
    return first if first == last else None


def today(arguments: Arguments, data: Any, run: Run) -> Any:
    # From the data: the same answers give the same result tomorrow, and inside a loop the entry has no `_today`.
    return lookup(run.root, "_today")
