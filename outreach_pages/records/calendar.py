"""A month of sessions, by day and by region."""

import calendar
import datetime
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from access.models import Region, User

from .models import InformativeSession, SessionQuerySet

MONTH = re.compile(r"(\d{4})-(\d{2})")
# The first mobile unit began in 2013.
FIRST_YEAR, LAST_YEAR = 2013, 2100


@dataclass(frozen=True)
class Day:
    """A cell of the grid; those at its edges may lie in another month."""

    date: datetime.date
    is_in_month: bool
    is_today: bool
    sessions: list[InformativeSession]


@dataclass(frozen=True)
class Month:
    first: datetime.date
    weeks: list[list[Day]]
    count: int

    @property
    def key(self) -> str:
        return format_month(self.first)

    @property
    def before(self) -> datetime.date:
        """A day of the month before."""
        return self.first - datetime.timedelta(days=1)

    @property
    def after(self) -> datetime.date:
        """The first day of the next month."""
        return get_last_day(self.first) + datetime.timedelta(days=1)

    @property
    def busy_days(self) -> list[Day]:
        """The days of the month with a session: what a narrow screen lists."""
        return [day for week in self.weeks for day in week if day.is_in_month and day.sessions]


def format_month(day: datetime.date) -> str:
    return f"{day:%Y-%m}"


def get_last_day(first: datetime.date) -> datetime.date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def parse_month(written: str) -> datetime.date:
    """Parse a month (2026-11) and return its first day; this month's when it can't be read."""
    match = MONTH.fullmatch(written)
    if match and FIRST_YEAR <= int(match[1]) <= LAST_YEAR and 1 <= int(match[2]) <= 12:
        return datetime.date(int(match[1]), int(match[2]), 1)
    return timezone.localdate().replace(day=1)


def get_month_sessions(user: User, first: datetime.date, region: Region | None) -> SessionQuerySet:
    """Return the sessions of a month that this person may see, in order, including cancelled ones."""
    sessions = InformativeSession.objects.visible_to(user).filter(date__gte=first, date__lte=get_last_day(first))
    if region is not None:
        sessions = sessions.in_region(region)
    return sessions.select_related("unit", "municipality__region").order_by("date", "starts_at", "id")


def build_month(first: datetime.date, sessions: Iterable[InformativeSession]) -> Month:
    """Lay the month out in weeks that begin on Monday."""
    by_day: dict[datetime.date, list[InformativeSession]] = defaultdict(list)
    for session in sessions:
        by_day[session.date].append(session)
    today = timezone.localdate()
    weeks = [
        [Day(day, day.month == first.month, day == today, by_day.get(day, [])) for day in week]
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return Month(first, weeks, sum(map(len, by_day.values())))


def get_regions(user: User) -> list[Region]:
    """Return the regions whose sessions this person sees, for the filter above the calendar."""
    seen = InformativeSession.objects.visible_to(user).order_by().values("municipality__region")
    return list(Region.objects.filter(pk__in=seen))
