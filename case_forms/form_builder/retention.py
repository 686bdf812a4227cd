"""Retention of answers: a question may set for how many months its answer is stored (`keep_for`) after receipt."""

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from case_forms.questions.base import is_unanswered

from .definition import AnyItem, Form, Question, Repeat

Forgotten = dict[str, list[tuple[str, Any]]]  # {question key: [(its type, an answer that goes)]}


def first_due(form: Form, received_on: date, *, after: date | None = None) -> date | None:
    """Return the next day, later than `after`, on which an answer of this form is deleted; None when none ever is."""
    terms = {located.question.keep_for for located in form.iter_questions()}
    days = {months_later(received_on, months) for months in terms if months is not None}
    return min((day for day in days if after is None or day > after), default=None)


def without_overdue(
    form: Form, answers: Mapping[str, Any], received_on: date, today: date
) -> tuple[dict[str, Any], Forgotten]:
    """Return (the answers that stay, those whose retention is over).

    Rows of repeat groups stay in their places.
    """
    return _without(form.outer_items, answers, received_on, today)


def months_later(day: date, months: int) -> date:
    """Return the same day so many months on, or the last day of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _without(
    items: Sequence[AnyItem], answers: Mapping[str, Any], received_on: date, today: date
) -> tuple[dict[str, Any], Forgotten]:
    staying: dict[str, Any] = dict(answers)
    forgotten: Forgotten = {}
    for item in items:
        value = answers.get(item.key)
        if is_unanswered(value):
            continue
        if isinstance(item, Repeat):
            rows = []
            for row in value or ():
                row_kept, row_forgotten = _without(item.items, row, received_on, today)
                # A row that has become empty stays, so that the others keep their positions.
                rows.append(row_kept)
                for key, gone in row_forgotten.items():
                    forgotten.setdefault(key, []).extend(gone)
            staying[item.key] = rows
        elif isinstance(item, Question) and _is_over(item, received_on, today):
            forgotten.setdefault(item.key, []).append((item.type, staying.pop(item.key)))
    return staying, forgotten


def _is_over(question: Question, received_on: date, today: date) -> bool:
    return question.keep_for is not None and months_later(received_on, question.keep_for) <= today
