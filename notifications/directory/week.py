"""One week of the roster: a row for each desk, a cell for each day, in it who is notified from when to when.

The rows are those of `outlook`, so that the week shows what resolution finds and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from access.models import Region

from .models import DutyShift, Leave
from .moments import get_midnight
from .outlook import WITHOUT_DEPUTY, AgreementsOfDesks, Desk, Staffed, list_desks, list_staffed
from .roster import Stretch, measure_cover, read_rosters, runs, utc

DAYS = 7
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WeekLine:
    """A stretch within one day with the same two people. `shift`: by which the first of them is on duty."""

    staffed: Staffed
    shift: DutyShift | None
    lacks_deputy: bool
    is_over: bool

    @property
    def is_empty(self) -> bool:
        return not self.staffed.contacts


@dataclass(frozen=True)
class WeekDay:
    """A desk's day. `lines` is empty where no office answers. `leaves`: of the people of its offices."""

    day: date
    lines: list[WeekLine]
    leaves: list[Leave]


@dataclass(frozen=True)
class WeekRow:
    """A desk's seven days."""

    desk: Desk
    days: list[WeekDay]


def get_monday(day: date) -> date:
    """Return the Monday of this day's week."""
    return day - timedelta(days=day.weekday())


def build_week(regions: Iterable[Region], monday: date, now: datetime, *, role: str = "") -> list[WeekRow]:
    """Build the week's rows for the places of these regions, in the order of `outlook.ROLES`.

    `role`: only desks of this role. Days are those of Tirana, so two of them in a year have 23 and 25 hours.
    """
    agreements = AgreementsOfDesks.read(timezone.localdate(now))
    desks = [desk for desk in list_desks(regions, agreements) if role in ("", desk.role)]
    bounds = [get_midnight(monday + number * A_DAY) for number in range(DAYS + 1)]
    offices = {office.pk: office for desk in desks for office in desk.offices}
    rosters = read_rosters(offices.values(), bounds[0], bounds[-1])
    return [_build_row(desk, rosters, agreements, bounds, now) for desk in desks]


def _build_row(
    desk: Desk,
    rosters: dict[int, tuple[list[DutyShift], list[Leave]]],
    agreements: AgreementsOfDesks,
    bounds: Sequence[datetime],
    now: datetime,
) -> WeekRow:
    staffed = list_staffed(desk, rosters, agreements, bounds[0], bounds[-1])
    of_desk = [rosters[office.pk] for office in desk.offices]
    shifts = [shift for of_office, _leaves in of_desk for shift in of_office]
    leaves = [leave for _shifts, of_office in of_desk for leave in of_office]
    days = []
    for start, end in pairwise(bounds):
        lines = [_build_line(desk, each, shifts, now) for each in _cut(staffed, utc(start), utc(end))]
        away = [leave for leave in leaves if utc(leave.starts_at) < utc(end) and utc(leave.ends_at) > utc(start)]
        days.append(WeekDay(start.date(), lines, sorted(away, key=lambda leave: (leave.starts_at, leave.pk))))
    return WeekRow(desk, days)


def _cut(staffed: Iterable[Staffed], start: datetime, end: datetime) -> Iterator[Staffed]:
    """Yield what of these stretches lies within a day."""
    for each in staffed:
        first, last = max(utc(each.stretch.starts_at), start), min(utc(each.stretch.ends_at), end)
        if first < last:
            yield Staffed(Stretch(first, last), each.contacts)


def _build_line(desk: Desk, staffed: Staffed, shifts: Iterable[DutyShift], now: datetime) -> WeekLine:
    own = [
        shift
        for shift in shifts
        if staffed.contacts and shift.contact_id == staffed.contacts[0].pk and runs(shift, staffed.stretch.starts_at)
    ]
    # The same order as in `roster.ranked`.
    shift = min(own, key=lambda each: (each.rank, measure_cover(each), -each.pk), default=None)
    lacks_deputy = len(staffed.contacts) == 1 and desk.role not in WITHOUT_DEPUTY
    return WeekLine(staffed, shift, lacks_deputy, staffed.stretch.ends_at <= now)
