"""The moments that a story can begin at with one choice: now, a Friday night, a public holiday, the nights of DST."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from case_forms.procedures.public_holidays import get_public_holidays
from case_forms.simulation.story import ALBANIA

CHOSEN = "chosen"
MOMENTS: "list[tuple[str, Promise]]" = [
    ("now", _("Now")),
    ("friday", _("Friday, 23:40")),
    ("holiday", _("A public holiday, 10:00")),
    ("spring", _("The night in March when the clock goes forward, 01:50")),
    ("autumn", _("The night in October when the clock goes back, 01:50")),
    (CHOSEN, _("Another moment")),
]


def get_moment(name: str, now: datetime | None = None) -> datetime | None:
    """Return the next such moment from now on, in Albania's time; None for one that is chosen."""
    now = timezone.localtime(now, ALBANIA)
    if name == "now":
        return now.replace(second=0, microsecond=0)
    if name == "friday":
        return _next(now, (day for day in _iter_days(now) if day.weekday() == 4), time(23, 40))
    if name == "holiday":
        known = get_public_holidays()
        return _next(now, (day for day in _iter_days(now) if known.is_holiday(day)), time(10))
    if name in ("spring", "autumn"):
        month = 3 if name == "spring" else 10
        # The last Sunday of the month, as in the whole of Europe.
        sundays = (day for day in _iter_days(now) if day.month == month and day.weekday() == 6 and day.day > 24)
        return _next(now, sundays, time(1, 50))
    return None


def _iter_days(now: datetime) -> Iterator[date]:
    return (now.date() + timedelta(days=number) for number in range(800))


def _next(now: datetime, days: Iterator[date], at: time) -> datetime | None:
    moments = (datetime.combine(day, at, tzinfo=ALBANIA) for day in days)
    return next((moment for moment in moments if moment >= now), None)
