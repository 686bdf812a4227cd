"""The types for days, moments, times of the day, and how long something took."""

import re
from datetime import date, datetime, time
from typing import Any

from django.utils import formats, timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE

from .base import AnswerError, Cell, ChoiceSource, CleanContext, Posted, QuestionType, is_about_somebody, wrong_type
from .question import Question

YEAR, MONTH = "(?:(?:19|20)[0-9]{2}|2100)", "(?:0[1-9]|1[0-2])"
# Written out, because a JSON Schema has only patterns to say which days exist.
LEAP_YEAR = "(?:(?:19|20)(?:0[48]|[2468][048]|[13579][26])|2000)"
# every day there is from 1900 to 2100, and no other
ANY_DAY = (
    f"(?:{YEAR}-{MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|{YEAR}-(?:0[13-9]|1[0-2])-(?:29|30)"
    f"|{YEAR}-(?:0[13578]|1[02])-31|{LEAP_YEAR}-02-29)"
)
ANY_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ISO_TIME = re.compile(ANY_TIME)
MOMENT_OF_A_DAY = rf"T{ANY_TIME}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?(?:Z|[+-]{ANY_TIME})"
ISO_MOMENT = re.compile(ISO_DATE.pattern + MOMENT_OF_A_DAY)
WRITTEN_DATE = re.compile(r"([0-9]{1,2})[./ ]([0-9]{1,2})[./ ]([0-9]{4})")
WRITTEN_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
LOCAL_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
WHOLE = re.compile(r"[0-9]{1,7}")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
MAX_MINUTES = 1_000_000  # minutes: close to two years


class Date(QuestionType):
    """A day, "YYYY-MM-DD", from 1900 to 2100. `min` and `max` are inclusive days, or "today"."""

    name = "date"
    icon = "calendar"
    value_kind = "date"
    properties = frozenset({"min", "max"})

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        day = parsed_day(raw)
        earliest, latest = bounds(question, context.today)
        if day < earliest:
            raise too_early(earliest)
        if day > latest:
            raise too_late(latest)
        return day.isoformat()

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read a browser's date field, or what people type where it is a plain field: 3.5.2012, 03/05/2012."""
        entered = super().from_post(post, name, question)
        written = WRITTEN_DATE.fullmatch(entered) if entered else None
        if not written:
            return entered
        # Day before month, as it is written in Albania.
        day, month, year = written.groups()
        return f"{year}-{month:0>2}-{day:0>2}"

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": f"^{ANY_DAY}$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")

    def is_countable(self, question: Question, part: str) -> bool:
        return not is_about_somebody(question)  # a birth date is one

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "date", ""


class Moment(QuestionType):
    """A day and time, ISO with its offset. `min` and `max` are days, as in a date."""

    name = "datetime"
    icon = "clock"
    value_kind = "datetime"
    properties = frozenset({"min", "max"})

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Enter a date and a time."))
        moment = _moment(raw)
        if moment is None:
            raise AnswerError("not_a_datetime", _("Enter a date and a time that exist, with the offset from UTC."))
        earliest, latest = bounds(question, context.today)
        if moment.date() < earliest:
            raise too_early(earliest)
        if moment.date() > latest:
            raise too_late(latest)
        return moment.isoformat()

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read a browser's local time as a time here: the offset is ours to add."""
        entered = super().from_post(post, name, question)
        if not entered or not LOCAL_MOMENT.fullmatch(entered):
            return entered
        try:
            return timezone.make_aware(datetime.fromisoformat(entered)).isoformat()
        except (ValueError, OverflowError):
            return entered

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{ANY_DAY}{MOMENT_OF_A_DAY}$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "dateTime", ""


class Time(QuestionType):
    """A time of the day, "HH:MM". `min` and `max` are inclusive times of the same day."""

    name = "time"
    icon = "clock"
    value_kind = "time"
    properties = frozenset({"min", "max"})

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Enter a time."))
        if not ISO_TIME.fullmatch(raw):
            raise AnswerError("not_a_time", _("Enter a time of day, such as 14:05."))
        earliest, latest = question.min or "00:00", question.max or "23:59"
        if raw < earliest:
            raise AnswerError("too_small", _("Enter a time that is not before %(time)s.") % {"time": earliest})
        if raw > latest:
            raise AnswerError("too_large", _("Enter a time that is not after %(time)s.") % {"time": latest})
        return raw

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read a browser's time field, or what people type: 9:05, 9.05."""
        entered = super().from_post(post, name, question)
        written = WRITTEN_TIME.fullmatch(entered) if entered else None
        return f"{written[1]:0>2}:{written[2]}" if written else entered

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{ANY_TIME}$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return formats.time_format(time.fromisoformat(value), "TIME_FORMAT")

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "time", ""


class Duration(QuestionType):
    """A length of time, in whole minutes. `min` and `max` are minutes."""

    name = "duration"
    icon = "hourglass"
    value_kind = "number"
    properties = frozenset({"min", "max"})

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> int:
        # The bound first: int() of a huge float is a number of hundreds of digits.
        if isinstance(raw, float) and abs(raw) <= MAX_MINUTES and raw.is_integer():
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise wrong_type(_("Enter whole hours and minutes."))
        smallest, largest = _minutes(question)
        if raw < smallest:
            raise AnswerError("too_small", _("Enter at least %(time)s.") % {"time": in_hours(smallest)})
        if raw > largest:
            raise AnswerError("too_large", _("Enter at most %(time)s.") % {"time": in_hours(largest)})
        return raw

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name.hours` and `name.minutes`, either may stay empty; "1:x" when they aren't whole numbers."""
        hours, minutes = (str(post.get(f"{name}.{part}") or "").strip() for part in ("hours", "minutes"))
        if not hours and not minutes:
            return None
        if WHOLE.fullmatch(hours or "0") and WHOLE.fullmatch(minutes or "0"):
            return int(hours or 0) * 60 + int(minutes or 0)
        return f"{hours}:{minutes}"

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        smallest, largest = _minutes(question)
        return {"type": "integer", "minimum": smallest, "maximum": largest}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return in_hours(value)

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        with translation.override(language):
            return [("", gettext("minutes"))]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        """Return minutes, a number in either case: it is to be counted with."""
        return [value]

    def is_countable(self, question: Question, part: str) -> bool:
        return True

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "integer", ""


def parsed_day(raw: Any) -> date:
    """Return the day an ISO text names. Raises AnswerError (wrong_type, not_a_date)."""
    if not isinstance(raw, str):
        raise wrong_type(_("Enter a date."))
    try:
        # fromisoformat alone takes more since Python 3.11: 20120503, 2012-W18-4.
        return date.fromisoformat(raw if ISO_DATE.fullmatch(raw) else "")
    except ValueError:
        raise AnswerError("not_a_date", _("Enter a date that exists, such as 31.12.2012.")) from None


def bounds(question: Question, today: date | None) -> tuple[date, date]:
    """Return the first and last day allowed, both included."""
    return (
        max(_bound(question.min, today, FIRST_DAY), FIRST_DAY),
        min(_bound(question.max, today, LAST_DAY), LAST_DAY),
    )


def too_early(earliest: date) -> AnswerError:
    return AnswerError("too_small", _("Enter a date that is not before %(date)s.") % {"date": _shown(earliest)})


def too_late(latest: date) -> AnswerError:
    return AnswerError("too_large", _("Enter a date that is not after %(date)s.") % {"date": _shown(latest)})


def in_hours(minutes: int) -> str:
    """Write "2 hours 5 minutes" in the active language."""
    hours, rest = divmod(minutes, 60)
    parts = [ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}] if hours else []
    if rest or not hours:
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", rest) % {"count": rest})
    return " ".join(parts)


def _bound(written: str | None, today: date | None, otherwise: date) -> date:
    if written == "today":
        return today or timezone.localdate()
    return date.fromisoformat(written) if written else otherwise


def _moment(raw: str) -> datetime | None:
    try:
        # As with days: without the pattern other ISO forms and times without an offset would pass.
        return datetime.fromisoformat(raw) if ISO_MOMENT.fullmatch(raw) else None
    except ValueError:
        return None


def _minutes(question: Question) -> tuple[int, int]:
    shortest = 0 if question.min is None else max(question.min, 0)
    longest = MAX_MINUTES if question.max is None else min(question.max, MAX_MINUTES)
    return shortest, longest


def _shown(day: date) -> str:
    return formats.date_format(day, "SHORT_DATE_FORMAT")
