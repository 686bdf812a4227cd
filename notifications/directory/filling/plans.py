"""Plan shifts: by turns, as a copy of other weeks, or from pasted lines. Pure; nothing is stored here.

Turns begin and end by the clock on the wall in Tirana, so a turn over the night in which the clocks change is an hour
longer or shorter in real time, and none overlaps or misses the next.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, pairwise

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..models import Contact, DutyShift

BACK, AHEAD = timedelta(days=2 * 366), timedelta(days=3 * 366)  # how far a roster is copied from, and planned
MAX_SHIFTS = 400  # of one plan: half a year of twelve-hour turns with deputies is more, and is entered in two


class Turn(StrEnum):
    """How long one person is on duty before the next."""

    HALF_DAY = "12h"
    DAY = "24h"
    WEEK = "week"


STEPS = {Turn.HALF_DAY: timedelta(hours=12), Turn.DAY: timedelta(days=1), Turn.WEEK: timedelta(weeks=1)}


@dataclass(frozen=True, order=True)
class PlannedShift:
    """A shift that isn't stored yet. Times are aware."""

    starts_at: datetime
    rank: int
    ends_at: datetime
    contact: int


class TooMany(ValidationError):
    """Raised when a plan has more shifts than one may enter at once."""

    def __init__(self) -> None:
        super().__init__(
            _("These are more than %(count)d shifts. Take a shorter time, and enter the rest afterwards.")
            % {"count": MAX_SHIFTS}
        )


def check_day(day: date) -> None:
    """Refuse a day that no roster is about, such as one of the year 1 or 9999, which can't be counted on from."""
    first, last = timezone.localdate() - BACK, timezone.localdate() + AHEAD
    if not first <= day <= last:
        words = _("Choose a day between %(first)s and %(last)s.")
        raise ValidationError(
            words % {"first": date_format(first, "SHORT_DATE_FORMAT"), "last": date_format(last, "SHORT_DATE_FORMAT")}
        )


def rotate(people: Sequence[int], turn: Turn, since: datetime, until: datetime, *, ranks: int) -> list[PlannedShift]:
    """Return turns one after another, the people (keys of contacts) in this order again and again.

    `ranks` 2: whoever comes next is the deputy meanwhile. `since` and `until` are naive, in local time; the last turn
    ends at `until`. Raises TooMany.
    """
    found: list[PlannedShift] = []
    ranks = min(ranks, len(people))
    for number, (start, end) in enumerate(pairwise(_iter_bounds(since, until, STEPS[turn]))):
        found += [
            PlannedShift(start, rank, end, people[(number + rank - 1) % len(people)]) for rank in range(1, ranks + 1)
        ]
        if len(found) > MAX_SHIFTS:
            raise TooMany
    return found


def _iter_bounds(since: datetime, until: datetime, step: timedelta) -> Iterator[datetime]:
    for number in count():
        bound = since + number * step
        if bound >= until:
            break
        yield timezone.make_aware(bound)
    yield timezone.make_aware(until)


def copy_days(shifts: Iterable[DutyShift], first: date, last: date, to: date) -> list[PlannedShift]:
    """Return the shifts that begin on these days, so many days later that `first` becomes `to`, at the same hours.

    A shift without an end isn't copied: it goes on anyway. Raises TooMany.
    """
    days = to - first
    found = [
        PlannedShift(_move(shift.starts_at, days), shift.rank, _move(shift.ends_at, days), shift.contact_id)
        for shift in shifts
        if shift.ends_at is not None and first <= timezone.localdate(shift.starts_at) <= last
    ]
    if len(found) > MAX_SHIFTS:
        raise TooMany
    return sorted(found)


def _move(moment: datetime, days: timedelta) -> datetime:
    return timezone.make_aware(timezone.make_naive(moment) + days)


def read_lines(text: str, contacts: Iterable[Contact]) -> list[PlannedShift]:
    """Read lines "person; from; until; rank", as a spreadsheet's cells are pasted (tabs) or written (semicolons).

    A person is a name or an e-mail address among `contacts`; without a rank it is 1. Raises ValidationError with one
    message for each line that can't be read; then none of them counts.
    """
    by_name = index_people(contacts)
    found: list[PlannedShift] = []
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(_read_line(line, by_name))
        except ValidationError as error:
            wrong += [
                _("Line %(number)d: %(message)s") % {"number": number, "message": each} for each in error.messages
            ]
    if wrong:
        raise ValidationError(wrong)
    if len(found) > MAX_SHIFTS:
        raise TooMany
    return found


def index_people(contacts: Iterable[Contact]) -> dict[str, list[int]]:
    """Return the keys of contacts by their name and by their e-mail address, folded."""
    found: dict[str, list[int]] = {}
    for contact in contacts:
        for name in {fold_name(contact.name), fold_name(contact.email)}:
            found.setdefault(name, []).append(contact.pk)
    return found


def fold_name(text: str) -> str:
    """Fold what people type alike: case, and spaces."""
    return " ".join(text.casefold().split())


def _read_line(line: str, by_name: Mapping[str, list[int]]) -> PlannedShift:
    cells = [cell.strip() for cell in re.split(r"[\t;]", line)]
    while cells and not cells[-1]:
        cells.pop()
    if not 3 <= len(cells) <= 4:
        raise ValidationError(_("a person, from and until are needed, and perhaps a rank, with semicolons between."))
    name, start, end, rank = [*cells, "1"][:4]
    known = by_name.get(fold_name(name), [])
    if not known:
        raise ValidationError(_("nobody active at this office is called “%(name)s”.") % {"name": name})
    if len(known) > 1:
        raise ValidationError(
            _("several people are called “%(name)s”: write the e-mail address instead.") % {"name": name}
        )
    if rank not in ("1", "2", "3"):
        raise ValidationError(_("a rank is 1, 2 or 3."))
    moments = forms.DateTimeField()
    starts_at, ends_at = moments.clean(start), moments.clean(end)
    for moment in (starts_at, ends_at):
        check_day(moment.date())
    if ends_at.timestamp() <= starts_at.timestamp():
        raise ValidationError(_("The end must come after the start."))
    return PlannedShift(starts_at, int(rank), ends_at, known[0])


def at_hour(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour)
