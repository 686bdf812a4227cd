"""The type for a date of which perhaps only the year, or the month, is known."""

import re
from calendar import monthrange
from datetime import date
from typing import Any

from django.utils import formats, translation
from django.utils.translation import gettext_lazy as _

from .base import AnswerError, ChoiceSource, CleanContext, Posted, QuestionType, wrong_type
from .question import Question
from .times import ANY_DAY, MONTH, YEAR, bounds, too_early, too_late

PARTS = ("year", "month", "day")
APPROXIMATE = re.compile(f"(?:{YEAR}|{YEAR}-{MONTH}|{ANY_DAY})")


class ApproximateDate(QuestionType):
    """A date such as "2012", "2012-05" or "2012-05-03", from 1900 to 2100.

    `min` and `max` as in a date: some day of it must fit.
    """

    name = "approximate_date"
    icon = "calendar"
    value_kind = "date"
    properties = frozenset({"min", "max"})

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> str:
        if not isinstance(raw, str):
            raise wrong_type(_("Enter a date."))
        if not APPROXIMATE.fullmatch(raw):
            words = _("Enter a year from 1900 to 2100; the month, or the day, may stay empty.")
            raise AnswerError("not_a_date", words)
        earliest, latest = bounds(question, context.today)
        first, last = get_days(raw)
        # One possible day within the bounds is enough: a year isn't refused for its first of January.
        if last < earliest:
            raise too_early(earliest)
        if first > latest:
            raise too_late(latest)
        return raw

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name.year`, `name.month`, `name.day`. What doesn't fit together stays as typed, "2012--03"."""
        year, month, day = (str(post.get(f"{name}.{part}") or "").strip() for part in PARTS)
        written = [year, _two_digits(month), _two_digits(day)]
        # From the end only: a day without its month must not become a month.
        while written and not written[-1]:
            written.pop()
        return "-".join(written) or None

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{APPROXIMATE.pattern}$"}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        year, *rest = value.split("-")
        with translation.override(language):
            if not rest:
                return year
            if len(rest) == 1:
                return formats.date_format(date(int(year), int(rest[0]), 1), "YEAR_MONTH_FORMAT")
            return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "date", "month-year"


def get_days(value: str) -> tuple[date, date]:
    """Return the first and last day that a cleaned answer can mean."""
    year, month, day = (*(int(part) for part in value.split("-")), 0, 0)[:3]
    if not month:
        return date(year, 1, 1), date(year, 12, 31)
    if not day:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _two_digits(written: str) -> str:
    return f"{written:0>2}" if written.isascii() and written.isdigit() else written
