"""Due moments: so many minutes after a clock started, or so many minutes of a calendar's working time. Pure.

Minutes are elapsed time, whatever the wall clock does: 60 minutes after 01:30 in the night when summer time begins, it
is 03:30. Working time is counted in the calendar's own hours, which are wall-clock times in its zone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from .definition import MARKS, Calendar, Deadline, Procedure
from .definition.nodes import WEEKDAYS

# Deadlines that the steps of a referral start and meet, and no rule (`cases.referring.arrival`).
REFERRAL_ARRIVAL, REFERRAL_NEXT_SERVICE = "referral_arrival", "referral_next_service"
REFERRAL_ACCOMPANIMENT, REFERRAL_UNTOLD = "referral_accompaniment", "referral_untold"
OF_REFERRALS = frozenset({REFERRAL_ARRIVAL, REFERRAL_NEXT_SERVICE, REFERRAL_ACCOMPANIMENT, REFERRAL_UNTOLD})

ZONE = ZoneInfo("Europe/Tirane")
MIDNIGHT = "24:00"  # as the end of hours: the beginning of the next day
# Within so many days any clock ends: what takes longer is a calendar that is hardly ever open. The checker asks for
# half of it, so that no clock of a published procedure fails to end because of the day on which it starts.
MAX_DAYS = 20 * 366

Moments = dict[str, datetime | None]


class Holidays(Protocol):
    """The public holidays of a country."""

    def is_holiday(self, day: date) -> bool: ...


class NeverDue(Exception):
    """A clock that doesn't end within MAX_DAYS, because its calendar is hardly ever open."""


@dataclass(frozen=True)
class WorkingTime:
    """The working time of a calendar.

    `hours`: by weekday (Monday is 0), its opening and closing times, in order and apart; `is_closed`: whether a day is
    none at all, as a holiday.
    """

    hours: Mapping[int, tuple[tuple[time, time], ...]]
    is_closed: Callable[[date], bool] = lambda _day: False
    zone: ZoneInfo = ZONE

    def spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Iterate over (beginning, end) of the day's working time, in UTC."""
        if self.is_closed(day):
            return
        for opens, closes in self.hours.get(day.weekday(), ()):
            begin = self._at(day, opens)
            # `time` has no 24:00; a closing time of 00:00 is the end of the day.
            end = self._at(day + timedelta(days=1) if closes == time(0) else day, closes)
            # Hours that lie in the one that is left out when summer time begins may come to nothing.
            if begin < end:
                yield begin, end

    def after(self, start: datetime, minutes: int, *, max_days: int = MAX_DAYS) -> datetime:
        """Return the moment (UTC) when so many minutes of working time have passed since an aware moment.

        Raises NeverDue.
        """
        left = timedelta(minutes=minutes)
        moment = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        for number in range(max_days):
            for opens, closes in self.spans(day + timedelta(days=number)):
                begin = max(opens, moment)
                if begin >= closes:
                    continue
                if left <= closes - begin:
                    return begin + left
                left -= closes - begin
        raise NeverDue

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two aware moments."""
        # In UTC: the difference of two local times is that of their hands, not of their time.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        passed = timedelta()
        day, last = (each.astimezone(self.zone).date() for each in (start, end))
        while day <= last:
            for opens, closes in self.spans(day):
                passed += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return passed

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, tzinfo=self.zone).astimezone(UTC)


def build_working_time(calendar: Calendar, holidays: Holidays) -> WorkingTime:
    """Return the working time of a checked calendar."""
    closed = frozenset(map(date.fromisoformat, calendar.closed))

    def is_closed(day: date) -> bool:
        return day in closed or (calendar.public_holidays and holidays.is_holiday(day))

    hours = {
        WEEKDAYS.index(weekday): tuple((read_time(opens), read_time(closes)) for opens, closes in spans)
        for weekday, spans in calendar.hours.items()
    }
    return WorkingTime(hours, is_closed)


def read_time(written: str) -> time:
    """Return the time of "08:00"; "24:00" is midnight, at the end of its day. Raises ValueError."""
    return time(0) if written == MIDNIGHT else datetime.strptime(written, "%H:%M").time()  # noqa: DTZ007


def compute_moments(
    procedure: Procedure,
    deadline: Deadline,
    starts_at: datetime,
    holidays: Holidays,
    *,
    max_days: int = MAX_DAYS,
) -> Moments:
    """Return {mark ("amber_minutes" ...): when it is reached} of a deadline; None for a mark that it hasn't.

    Raises NeverDue, which the checker finds before a procedure is published.
    """
    calendar = procedure.calendars.get(deadline.calendar or "")
    working = build_working_time(calendar, holidays) if calendar is not None else None
    moments: Moments = dict.fromkeys(MARKS)
    for mark, minutes in deadline.minutes.items():
        if working is not None:
            moments[mark] = working.after(starts_at, minutes, max_days=max_days)
        else:
            # In UTC: adding to a local time would move its hands, not its time.
            moments[mark] = starts_at.astimezone(UTC) + timedelta(minutes=minutes)
    return moments
