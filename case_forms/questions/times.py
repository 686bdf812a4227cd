"""Days and moments."""

import re
from datetime import date, datetime
from typing import Any

from django.utils import formats, timezone, translation
from django.utils.translation import gettext_lazy as _

from .base import AnswerError, ChoiceSource, CleanContext, Posted, Question, QuestionType, wrong_type

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ISO_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
WRITTEN_DATE = re.compile(r"([0-9]{1,2})[./ ]([0-9]{1,2})[./ ]([0-9]{4})")
LOCAL_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


class Date(QuestionType):
    """A day, "YYYY-MM-DD", from 1900 to 2100. `min` and `max` are inclusive days, or "today"."""

    name = "date"
    icon = "calendar"
    properties = frozenset({"min", "max"})

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        day = parsed_day(raw)
        earliest, latest = bounds(question, context.today)
        if day < earliest:
            raise AnswerError("too_small", _("Enter a date that is not before %(date)s.") % {"date": _shown(earliest)})
        if day > latest:
            raise AnswerError("too_large", _("Enter a date that is not after %(date)s.") % {"date": _shown(latest)})
        return day.isoformat()

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """A browser's date field, or what people type where it is a plain field: 3.5.2012, 03/05/2012."""
        entered = super().from_post(post, name, question)
        written = WRITTEN_DATE.fullmatch(entered) if entered else None
        if not written:
            return entered
        day, month, year = written.groups()
        return f"{year}-{month:0>2}-{day:0>2}"

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": f"^{ISO_DATE.pattern}$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")


class Moment(QuestionType):
    """A day and time, ISO with its offset. `min` and `max` are days, as in a date."""

    name = "datetime"
    icon = "clock"
    properties = frozenset({"min", "max"})

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Enter a date and a time."))
        moment = _moment(raw)
        if moment is None:
            raise AnswerError("not_a_datetime", _("Enter a date and a time that exist, with the difference from UTC."))
        earliest, latest = bounds(question, context.today)
        if moment.date() < earliest:
            raise AnswerError("too_small", _("Enter a date that is not before %(date)s.") % {"date": _shown(earliest)})
        if moment.date() > latest:
            raise AnswerError("too_large", _("Enter a date that is not after %(date)s.") % {"date": _shown(latest)})
        return moment.isoformat()

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """A browser's local time is a time here: the offset is ours to add."""
        entered = super().from_post(post, name, question)
        if not entered or not LOCAL_MOMENT.fullmatch(entered):
            return entered
        try:
            return timezone.make_aware(datetime.fromisoformat(entered)).isoformat()
        except (ValueError, OverflowError):
            return entered

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{ISO_MOMENT.pattern}$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def parsed_day(raw: Any) -> date:
    """The day an ISO text names. Raises AnswerError (wrong_type, not_a_date)."""
    if not isinstance(raw, str):
        raise wrong_type(_("Enter a date."))
    try:
        return date.fromisoformat(raw if ISO_DATE.fullmatch(raw) else "")
    except ValueError:
        raise AnswerError("not_a_date", _("Enter a date that exists, such as 31.12.2012.")) from None


def bounds(question: Question, today: date | None) -> tuple[date, date]:
    """The first and last day allowed, both included."""
    return (
        max(_bound(question.get("min"), today, FIRST_DAY), FIRST_DAY),
        min(_bound(question.get("max"), today, LAST_DAY), LAST_DAY),
    )


def _bound(written: str | None, today: date | None, otherwise: date) -> date:
    if written == "today":
        return today or timezone.localdate()
    return date.fromisoformat(written) if written else otherwise


def _moment(raw: str) -> datetime | None:
    try:
        return datetime.fromisoformat(raw) if ISO_MOMENT.fullmatch(raw) else None
    except ValueError:
        return None


def _shown(day: date) -> str:
    return formats.date_format(day, "SHORT_DATE_FORMAT")
