"""The properties of a question that depend on its type: choices, bounds, lengths."""

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from case_forms.questions import registry
from case_forms.questions.base import Choice, QuestionType
from case_forms.questions.choices import LONGEST_VALUE, MOST_VALUES
from case_forms.questions.texts import Text
from case_forms.questions.times import ISO_DATE

from .shapes import Problem

LISTS = ("municipalities", "regions", "countries", "languages", "partners")
TYPED = ("choices", "choices_from", "min", "max", "max_length")


class OpenSource:
    """A source that has every value: for checking a default without a database."""

    def choices(self, name: str, language: str) -> list[Choice]:
        return []

    def has(self, name: str, value: str) -> bool:
        return True


def property_problems(question: dict[str, Any], path: str) -> Iterator[Problem]:
    """Problems of a well-shaped question of a known type."""
    kind = registry.get(question["type"])
    for name in TYPED:
        if name in question and name not in kind.properties:
            yield Problem(f"{path}/{name}", "not_for_this_type", _("This type of question has no such property."))
    if isinstance(kind, Text) and question.get("max_length", 0) > kind.longest:
        yield Problem(f"{path}/max_length", "bad_bounds", _("This is no bound for this type of question."))
    if "choices" in kind.properties:
        yield from _choices(question, path)
    if "min" in kind.properties:
        yield from _bounds(kind, question, path)


def _choices(question: dict[str, Any], path: str) -> Iterator[Problem]:
    if ("choices" in question) == ("choices_from" in question):
        yield Problem(f"{path}/choices", "no_choices", _("Give the choices, or name the list they come from."))
    if question.get("choices_from", LISTS[0]) not in LISTS:
        yield Problem(f"{path}/choices_from", "unknown_list", _("There is no such list."))
    if question.get("choices") == []:
        yield Problem(f"{path}/choices", "no_choices", _("Give the choices, or name the list they come from."))
    seen = set()
    for position, choice in enumerate(question.get("choices", ())):
        value = choice["value"]
        here = f"{path}/choices/{position}/value"
        if value in seen:
            yield Problem(here, "duplicate_choice", _("Another choice has this value."))
        if len(value) > LONGEST_VALUE or not value.isprintable() or value != value.strip():
            yield Problem(here, "bad_choice", _("A value is a short text on one line."))
        seen.add(value)


def _bounds(kind: QuestionType, question: dict[str, Any], path: str) -> Iterator[Problem]:
    good = {"date": _is_day, "datetime": _is_day, "select_many": _is_count, "integer": _is_whole}.get(
        kind.name, _is_number
    )
    wrong = [name for name in ("min", "max") if name in question and not good(question[name])]
    for name in wrong:
        yield Problem(f"{path}/{name}", "bad_bounds", _("This is no bound for this type of question."))
    bounds = [question[name] for name in ("min", "max") if name in question]
    if not wrong and len(bounds) == 2 and "today" not in bounds and bounds[0] > bounds[1]:
        yield Problem(f"{path}/min", "bad_bounds", _("The smallest number is larger than the largest."))


def _is_number(value: Any) -> bool:
    return (
        not isinstance(value, bool)
        and isinstance(value, int | float)
        and (isinstance(value, int) or math.isfinite(value))
    )


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int)


def _is_count(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= MOST_VALUES


def _is_day(value: Any) -> bool:
    if value == "today":
        return True
    try:
        return isinstance(value, str) and bool(ISO_DATE.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False
