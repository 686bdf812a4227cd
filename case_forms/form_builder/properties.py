"""The properties of a question that depend on its type: choices, rows, bounds, lengths, what it is computed from."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeGuard

from django.utils.translation import gettext_lazy as _

from case_forms.questions import registry
from case_forms.questions.base import Choice as Offered
from case_forms.questions.base import QuestionType
from case_forms.questions.choices import MAX_VALUE_LENGTH, MAX_VALUES
from case_forms.questions.texts import Text
from case_forms.questions.times import ISO_DATE

from .definition import Choice, MatrixRow, Problem, Question, pointer
from .definition.value_checks import KEY
from .lists import BUILT_IN

TYPED = (
    *("choices", "choices_from", "choice_filter", "rows", "of", "min", "max", "step", "low_label", "high_label"),
    *("max_length", "calculation", "result", "coarsen", "accept"),
)
NEEDED: Mapping[str, tuple[str, ...]] = {
    "calculated": ("calculation",),
    "scale": ("min", "max"),
    "matrix": ("rows",),
    "other_specify": ("of", "relevant"),
    "indicator_assessment": ("of",),
}
# what the server computes by itself is neither asked nor validated
NEVER: Mapping[str, tuple[str, ...]] = {
    "calculated": ("required", "constraint", "default", "initial", "read_only", "hint"),
    "hidden": ("read_only", "hint"),
}
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
MAX_STEPS = 100


class OpenSource:
    """A source that has every value, for checking a default without a database."""

    def choices(self, name: str, language: str) -> list[Offered]:
        return []

    def has(self, name: str, value: str) -> bool:
        return True

    def attributes(self, name: str, value: str) -> Mapping[str, str]:
        return {}


def property_problems(question: Question, path: str) -> Iterator[Problem]:
    """Find the problems of a well-shaped question of a known type.

    Those of the choices themselves are for `choice_problems`.
    """
    kind = registry.get(question.type)
    for name in (*TYPED, *NEVER.get(kind.name, ())):
        refused = name in NEVER.get(kind.name, ()) or name not in kind.properties
        # `required: false` says nothing and is let pass; importing an XLSForm writes it on calculated questions.
        if question.has(name) and refused and not (name == "required" and question.required is False):
            yield Problem(f"{path}/{name}", "not_for_this_type", _("This type of question has no such property."))
    for name in NEEDED.get(kind.name, ()):
        if not question.has(name):
            yield Problem(f"{path}/{name}", "missing_property", _("This is missing."))
    if isinstance(kind, Text) and (question.max_length or 0) > kind.longest:
        yield _bad_bound(f"{path}/max_length")
    if "choices" in kind.properties:
        yield from _has_choices(question, path)
    if "rows" in kind.properties and question.has("rows"):
        yield from choice_problems(question.rows, f"{path}/rows")
        if not question.rows:
            yield Problem(f"{path}/rows", "no_choices", _("Give at least one row."))
    if "min" in kind.properties:
        yield from _bounds(kind, question, path)
    if "step" in kind.properties:
        yield from _steps(question, path)
    if question.has("accept") and (not question.accept or len(set(question.accept)) < len(question.accept)):
        yield Problem(f"{path}/accept", "bad_choice", _("Name each kind of file once, and at least one."))


def choice_problems(choices: Sequence[Choice | MatrixRow], path: str) -> Iterator[Problem]:
    """Find the problems of a list of choices or rows: values that are missing, duplicated or not allowed."""
    seen = set()
    for position, choice in enumerate(choices):
        here = f"{path}/{position}"
        value = choice.value
        if not value.strip():
            yield Problem(f"{here}/value", "no_value", _("This choice has no value: it could not be saved."))
        elif value in seen:
            yield Problem(f"{here}/value", "duplicate_choice", _("Another choice has this value."))
        elif not is_value(value):
            yield Problem(f"{here}/value", "bad_choice", _("A value is a short text on one line."))
        seen.add(value)
        for name, attribute in choice.attributes.items() if isinstance(choice, Choice) else ():
            if not KEY.fullmatch(name) or name == "value" or not is_value(attribute):
                words = _("What a choice has for filters is a key with a short text on one line.")
                yield Problem(f"{here}/with/{pointer(name)}", "bad_choice", words)


def exclusive_problems(question: Question, path: str) -> Iterator[Problem]:
    """Check that exclusive choices stand where several can be chosen and one must be enough."""
    several = question.type == "select_many"
    named_list = bool(question.from_list)  # a list may serve questions of both kinds
    for position, choice in enumerate(question.choices):
        here = f"{path}/choices/{position}/exclusive"
        if not choice.exclusive:
            continue
        if not several and not named_list:
            yield Problem(here, "not_for_this_type", _("Only one of these can be chosen in any case."))
        elif several and _is_count(question.min) and question.min > 1:
            yield Problem(here, "bad_bounds", _("This can't be the only choice where several must be chosen."))


def is_value(value: str) -> bool:
    """Return whether this can be a choice's value."""
    return 0 < len(value) <= MAX_VALUE_LENGTH and value.isprintable() and value == value.strip()


def _has_choices(question: Question, path: str) -> Iterator[Problem]:
    written, named = question.has("choices"), question.has("choices_from")
    if written == named or (written and not question.choices):
        yield Problem(f"{path}/choices", "no_choices", _("Give the choices, or name the list they come from."))
    if named and question.choices_from not in BUILT_IN:
        yield Problem(f"{path}/choices_from", "unknown_list", _("There is no such list."))


def _bad_bound(path: str) -> Problem:
    return Problem(path, "bad_bounds", _("This limit doesn't apply to this type of question."))


def _bounds(kind: QuestionType, question: Question, path: str) -> Iterator[Problem]:
    good = GOOD_BOUNDS.get(kind.name, _is_number)
    given = {name: question.value_of(name) for name in ("min", "max") if question.has(name)}
    wrong = [name for name, bound in given.items() if not good(bound)]
    yield from (_bad_bound(f"{path}/{name}") for name in wrong)
    bounds = list(given.values())
    # "today" can't be compared with a written day once and for all; days in ISO form compare as texts.
    if not wrong and len(bounds) == 2 and "today" not in bounds and bounds[0] > bounds[1]:
        yield Problem(f"{path}/min", "bad_bounds", _("The smallest number is larger than the largest."))


def _steps(question: Question, path: str) -> Iterator[Problem]:
    step, smallest, largest = question.step if question.has("step") else 1, question.min, question.max
    if not _is_number(step) or step <= 0:
        yield _bad_bound(f"{path}/step")
    elif _is_number(smallest) and _is_number(largest) and not step <= largest - smallest <= step * MAX_STEPS:
        words = _("A scale has from 1 to %(count)s steps between its ends.") % {"count": MAX_STEPS}
        yield Problem(f"{path}/max", "bad_bounds", words)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return (
        not isinstance(value, bool)
        and isinstance(value, int | float)
        and (isinstance(value, int) or math.isfinite(value))
    )


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int)


def _is_count(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= MAX_VALUES


def _is_clock(value: Any) -> bool:
    return isinstance(value, str) and bool(CLOCK.fullmatch(value))


def _is_day(value: Any) -> bool:
    if value == "today":
        return True
    try:
        # The pattern first: `fromisoformat` has accepted more forms of dates since Python 3.11.
        return isinstance(value, str) and bool(ISO_DATE.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


GOOD_BOUNDS: Mapping[str, Callable[[Any], bool]] = {
    "date": _is_day,
    "datetime": _is_day,
    "approximate_date": _is_day,
    "time": _is_clock,
    "select_many": _is_count,
    "integer": _is_whole,
    "duration": lambda value: _is_whole(value) and value >= 0,
}
