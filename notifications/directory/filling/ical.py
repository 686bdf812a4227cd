"""Read shifts from an iCalendar text: one event for each shift, or one that recurs. Pure; nothing is stored here.

Who it is stands in ATTENDEE (an e-mail address) or SUMMARY (a name). Times without a zone are Tirana's. What recurs
goes by the clock on the wall of its zone, its end too, as turns do: a night shift ends at eight in the night in which
the clocks change as in any other. (RFC 5545 would keep its length instead, and leave an hour with nobody.)
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event
from icalendar.prop.broken import vBroken

from ..models import Contact
from .plans import AHEAD, MAX_SHIFTS, PlannedShift, TooMany, check_day, fold_name, index_people

MAX_CHARACTERS = 300_000
MAX_EVENTS = 2000
MAX_ERRORS = 20
USED = ("SUMMARY", "ATTENDEE", "STATUS", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RECURRENCE-ID")
FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY"})
# Other parts could make a rule of which no day, or each second, is one.
RULE_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"})


@dataclass(frozen=True)
class ReadCalendar:
    """The shifts of a calendar. `left_out`: how many begin before `not_before`, which no plan may change."""

    planned: list[PlannedShift]
    left_out: int


def read_calendar(text: str, contacts: Iterable[Contact], *, rank: int, not_before: datetime) -> ReadCalendar:
    """Read the shifts of a calendar, all of this rank. Raises ValidationError with one message for each bad event."""
    people = list(contacts)
    events = _parse(text)
    overridden = {_get_occurrence(event) for event in events if "RECURRENCE-ID" in event}
    found: list[PlannedShift] = []
    left_out = 0
    wrong: list[str] = []
    for number, event in enumerate(events, 1):
        if str(event.get("status", "")).upper() == "CANCELLED":
            continue
        try:
            for shift in _read_event(event, people, rank, overridden):
                if shift.starts_at < not_before:
                    left_out += 1
                else:
                    found.append(shift)
        except TooMany:
            raise
        except ValidationError as error:
            wrong += [
                _("Entry %(number)d: %(message)s") % {"number": number, "message": each} for each in error.messages
            ]
        if len(found) > MAX_SHIFTS:
            raise TooMany
        if len(wrong) >= MAX_ERRORS:
            break
    if wrong:
        raise ValidationError(wrong[:MAX_ERRORS])
    return ReadCalendar(sorted(set(found)), left_out)


def _parse(text: str) -> list[Event]:
    try:
        calendar = Calendar.from_ical(text)
        events = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        # The parser has an error of its own for many a text that is none.
        raise ValidationError(_("This can't be read as a calendar (.ics).")) from None
    if not events:
        raise ValidationError(_("There is no entry in this calendar."))
    if len(events) > MAX_EVENTS:
        raise TooMany
    return events


def _read_event(
    event: Event, people: list[Contact], rank: int, overridden: set[tuple[str, datetime]]
) -> Iterator[PlannedShift]:
    if any(_is_broken(event, name) for name in USED):
        raise ValidationError(_("its times can't be read."))
    contact = _find_person(event, people)
    start, end, zone = _read_times(event)
    for day in (start, end):
        check_day(day.date())
    if end <= start:
        raise ValidationError(_("The end must come after the start."))
    uid, is_single = str(event.get("uid", "")), "RECURRENCE-ID" in event
    excluded = {moment.astimezone(UTC) for moment in _read_moments(event, "EXDATE", zone)}
    for begins in _iter_starts(event, start, zone):
        moment = _attach(begins, zone)
        if moment.astimezone(UTC) in excluded or (not is_single and (uid, moment.astimezone(UTC)) in overridden):
            continue
        ends = _attach(begins + (end - start), zone)
        # In the night in which the clocks change it may have no length at all.
        if ends.timestamp() > moment.timestamp():
            yield PlannedShift(moment, rank, ends, contact)


def _is_broken(event: Event, name: str) -> bool:
    value = event.get(name)
    return any(isinstance(each, vBroken) for each in (value if isinstance(value, list) else [value]))


def _iter_starts(event: Event, start: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the beginnings, as naive times of the zone: of one event one, of one that recurs until no roster is."""
    if "RDATE" in event:
        raise ValidationError(_("days in a list (RDATE) can't be read: enter them as entries of their own."))
    rule: Any = event.get("rrule")
    if rule is None:
        yield start
        return
    if isinstance(rule, list):
        raise ValidationError(_("only one rule of repetition for each entry can be read."))
    parts = {str(name).upper(): values for name, values in rule.items()}
    frequency = str((parts.get("FREQ") or [""])[0]).upper()
    if frequency not in FREQUENCIES or set(parts) - RULE_PARTS:
        raise ValidationError(_("only what repeats by days, weeks or months can be read."))
    count, interval = _read_number(parts, "COUNT", MAX_SHIFTS + 1), _read_number(parts, "INTERVAL", 1)
    # Never further than a roster goes, whatever the rule says: one that never comes true ends, too.
    last = datetime.combine(timezone.localdate() + AHEAD, time())
    for until in parts.get("UNTIL") or ():
        last = min(last, _get_wall_time(until, zone))
    kept = {name: values for name, values in rule.items() if str(name).upper() not in ("COUNT", "UNTIL", "INTERVAL")}
    try:
        text = f"{type(rule)(kept).to_ical().decode()};INTERVAL={interval}"
        occurrences: Any = rrulestr(text, dtstart=start).replace(until=last)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValidationError(_("only what repeats by days, weeks or months can be read.")) from None
    yield from islice(occurrences, min(count, MAX_SHIFTS + 1))


def _read_number(parts: Mapping[str, Any], name: str, default: int) -> int:
    values = parts.get(name) or [default]
    number = values[0] if isinstance(values[0], int) else 0
    if not 1 <= number <= 10_000:
        raise ValidationError(_("only what repeats by days, weeks or months can be read."))
    return number


def _read_times(event: Event) -> tuple[datetime, datetime, tzinfo]:
    """Return beginning and end as naive times of one zone, and the zone."""
    first = _get_value(event, "DTSTART")
    if first is None:
        raise ValidationError(_("it has no beginning."))
    zone = (first.tzinfo if isinstance(first, datetime) else None) or timezone.get_default_timezone()
    start = _get_wall_time(first, zone)
    last, length = _get_value(event, "DTEND"), _get_value(event, "DURATION")
    try:
        if last is not None:
            return start, _get_wall_time(last, zone), zone
        if isinstance(length, timedelta):
            return start, start + length, zone
    except OverflowError:
        pass
    raise ValidationError(_("it has no end."))


def _get_value(event: Event, name: str) -> Any:
    found: Any = event.get(name)
    if found is None:
        return None
    value = getattr(found, "dt", None)
    if not isinstance(value, (date, timedelta)):
        raise ValidationError(_("its times can't be read."))
    if isinstance(value, datetime) and value.tzinfo is None and "TZID" in found.params:
        raise ValidationError(_("the time zone “%(zone)s” is not known.") % {"zone": str(found.params["TZID"])[:40]})
    return value


def _read_moments(event: Event, name: str, zone: tzinfo) -> list[datetime]:
    found: Any = event.get(name)
    lists = found if isinstance(found, list) else [found] if found is not None else []
    days = [each.dt for one in lists for each in getattr(one, "dts", ())]
    return [_attach(_get_wall_time(day, zone), zone) for day in days if isinstance(day, date)]


def _get_occurrence(event: Event) -> tuple[str, datetime]:
    """Return which occurrence of which entry this one stands in for."""
    value = None if _is_broken(event, "RECURRENCE-ID") else getattr(event.get("RECURRENCE-ID"), "dt", None)
    if not isinstance(value, date):
        return "", datetime.min.replace(tzinfo=UTC)
    zone = (value.tzinfo if isinstance(value, datetime) else None) or timezone.get_default_timezone()
    return str(event.get("uid", "")), _attach(_get_wall_time(value, zone), zone).astimezone(UTC)


def _get_wall_time(value: date, zone: tzinfo) -> datetime:
    """Return a day or moment as the clock on the wall of this zone shows it, naive."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    try:
        return (value.astimezone(zone) if value.tzinfo is not None else value).replace(tzinfo=None)
    except OverflowError:
        raise ValidationError(_("its times can't be read.")) from None


def _attach(wall: datetime, zone: tzinfo) -> datetime:
    try:
        moment = wall.replace(tzinfo=zone)
        return moment.astimezone(UTC).astimezone(timezone.get_default_timezone())
    except OverflowError:
        raise ValidationError(_("its times can't be read.")) from None


def _find_person(event: Event, people: list[Contact]) -> int:
    """Return the key of the contact whom an event names. Raises ValidationError."""
    by_name = index_people(people)
    attendees: Any = event.get("attendee")
    addresses = attendees if isinstance(attendees, list) else [attendees] if attendees is not None else []
    named = {
        key
        for each in addresses
        for key in by_name.get(fold_name(str(each).removeprefix("mailto:").removeprefix("MAILTO:")), [])
    }
    summary = fold_name(str(event.get("summary", "")))
    if not named:
        named = set(by_name.get(summary, []))
    if not named:
        named = {person.pk for person in people if fold_name(person.name) and fold_name(person.name) in summary}
    if len(named) == 1:
        return named.pop()
    name = {"name": str(event.get("summary", ""))[:80]}
    if named:
        raise ValidationError(_("several people are called “%(name)s”: write the e-mail address instead.") % name)
    raise ValidationError(_("nobody active at this office is called “%(name)s”.") % name)
