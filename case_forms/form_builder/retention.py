"""How long answers are kept: a question may say for how many months (`keep_for`), from the day they were received."""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from case_forms.questions.base import is_unanswered

Item = Mapping[str, Any]
Forgotten = dict[str, list[tuple[str, Any]]]  # {question key: [(its type, an answer that goes)]}


def first_due(definition: Mapping[str, Any], received_on: date, *, after: date | None = None) -> date | None:
    """The next day, later than `after`, on which an answer of this form is forgotten; None when none ever is."""
    days = {months_later(received_on, months) for months in _terms(_items(definition))}
    return min((day for day in days if after is None or day > after), default=None)


def without_overdue(
    definition: Mapping[str, Any], answers: Mapping[str, Any], received_on: date, today: date
) -> tuple[dict[str, Any], Forgotten]:
    """(the answers that stay, those whose time is over); rows of groups keep their places."""
    return _without(_items(definition), answers, received_on, today)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _without(
    items: Sequence[Item], answers: Mapping[str, Any], received_on: date, today: date
) -> tuple[dict[str, Any], Forgotten]:
    kept: dict[str, Any] = dict(answers)
    forgotten: Forgotten = {}
    for item in items:
        value = answers.get(item["key"])
        if is_unanswered(value):
            continue
        if item["item"] == "repeat":
            rows = []
            for row in value or ():
                row_kept, row_forgotten = _without(item["items"], row, received_on, today)
                rows.append(row_kept)
                for key, gone in row_forgotten.items():
                    forgotten.setdefault(key, []).extend(gone)
            kept[item["key"]] = rows
        elif "keep_for" in item and months_later(received_on, item["keep_for"]) <= today:
            forgotten.setdefault(item["key"], []).append((item["type"], kept.pop(item["key"])))
    return kept, forgotten


def _items(definition: Mapping[str, Any]) -> list[Item]:
    return [item for section in definition["sections"] for item in section["items"]]


def _terms(items: Sequence[Item]) -> Iterator[int]:
    for item in items:
        if "keep_for" in item:
            yield item["keep_for"]
        yield from _terms(item.get("items", ()))
