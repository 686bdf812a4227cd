"""The types for whole numbers, decimals, and steps on a scale."""

import math
import re
from decimal import Decimal as Exact
from typing import Any

from django.utils import formats, translation
from django.utils.translation import gettext_lazy as _

from .base import AnswerError, ChoiceSource, CleanContext, Posted, QuestionType, is_about_somebody, text_in, wrong_type
from .question import Question

MAX_INTEGER = 1_000_000_000
MAX_DECIMAL = 1_000_000_000_000
MAX_STEPS = 1_000
MAX_COUNT = 1_000  # a larger number about somebody may be a telephone's or a passport's
MAX_STEPS_AS_RADIOS = 11
INTEGER_TEXT = re.compile(r"[+-]?[0-9]{1,12}")
DECIMAL_TEXT = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,12})?")


class Number(QuestionType):
    """The base of the numeric types: bounds. `min` and `max` are inclusive."""

    value_kind = "number"
    properties = frozenset({"min", "max"})
    largest: int

    def bounds(self, question: Question) -> tuple[int | float, int | float]:
        """Return the smallest and the largest number allowed."""
        smallest = -self.largest if question.min is None else max(question.min, -self.largest)
        largest = self.largest if question.max is None else min(question.max, self.largest)
        return smallest, largest

    def within_bounds(self, value: int | float, question: Question) -> int | float:
        smallest, largest = self.bounds(question)
        if value < smallest:
            raise AnswerError("too_small", _("Enter at least %(number)s.") % {"number": smallest})
        if value > largest:
            raise AnswerError("too_large", _("Enter at most %(number)s.") % {"number": largest})
        return value

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        smallest, largest = self.bounds(question)
        return {"type": "number", "minimum": smallest, "maximum": largest}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        with translation.override(language):
            return str(formats.localize(value, use_l10n=True))

    def is_countable(self, question: Question, part: str) -> bool:
        smallest, largest = self.bounds(question)
        return not is_about_somebody(question) or (smallest >= -MAX_COUNT and largest <= MAX_COUNT)

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "decimal", ""


class Integer(Number):
    """A whole number up to a thousand million either way. 5.0 is 5, as JSON Schema has it; true is no number."""

    name = "integer"
    icon = "number"
    largest = MAX_INTEGER

    def clean(self, raw: Any, question: Question, context: CleanContext) -> int:
        # A JSON encoder may write 5 as 5.0.
        if isinstance(raw, float) and math.isfinite(raw) and raw.is_integer():
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise wrong_type(_("Enter a whole number."))
        return int(self.within_bounds(raw, question))

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        entered = super().from_post(post, name, question)
        return int(entered) if entered and INTEGER_TEXT.fullmatch(entered) else entered

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {**super().schema(question, sources), "type": "integer"}

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "integer", ""


class Decimal(Number):
    """A number with decimals, up to a million million either way."""

    name = "decimal"
    icon = "number"
    largest = MAX_DECIMAL

    def clean(self, raw: Any, question: Question, context: CleanContext) -> int | float:
        if not is_number(raw):
            raise wrong_type(_("Enter a number."))
        return self.within_bounds(raw, question)

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        return number_entered(super().from_post(post, name, question))


class Scale(Number):
    """A step between `min` and `max`, which it needs. `step` is 1 unless given; a few steps are asked as radio buttons.

    `low_label` and `high_label` say what the two ends mean.
    """

    name = "scale"
    icon = "scale"
    properties = frozenset({"min", "max", "step", "low_label", "high_label"})
    largest = MAX_INTEGER

    def group_role(self, question: Question) -> str:
        return "radiogroup" if step_count(question) <= MAX_STEPS_AS_RADIOS else ""

    def clean(self, raw: Any, question: Question, context: CleanContext) -> int | float:
        if not is_number(raw):
            raise wrong_type(_("Enter a number."))
        value = self.within_bounds(raw, question)
        start, width = Exact(str(question.min)), _step(question)
        # In decimals: 0.1 + 0.2 isn't 0.3 in doubles, and a step of 0.1 would miss its own values.
        nearest = as_plain(start + width * round((Exact(str(value)) - start) / width))
        if nearest != value:
            raise AnswerError("not_a_step", _("Choose one of the steps of the scale."))
        return nearest

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        return number_entered(super().from_post(post, name, question))

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        return {"type": "number", "enum": steps(question)}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """Write the step, and of how many: "4 / 5"."""
        ends = {question.min: question.low_label, question.max: question.high_label}
        words = text_in(ends.get(value, {}), language)
        shown = super().formatted(value, question, language, sources)
        most = super().formatted(question.max, question, language, sources)
        return f"{shown} / {most} ({words})" if words else f"{shown} / {most}"

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "range", ""


def steps(question: Question) -> list[int | float]:
    """List every value of a scale, the smallest first; at most MAX_STEPS and one."""
    start, width = Exact(str(question.min)), _step(question)
    return [as_plain(start + width * number) for number in range(min(step_count(question), MAX_STEPS + 1))]


def step_count(question: Question) -> int:
    """Count the values of a scale, both ends included."""
    return int((Exact(str(question.max)) - Exact(str(question.min))) / _step(question)) + 1


def is_number(raw: Any) -> bool:
    """Return whether this is a finite number, and no truth value. Whole numbers may be of any size."""
    return not isinstance(raw, bool) and (isinstance(raw, int) or (isinstance(raw, float) and math.isfinite(raw)))


def number_entered(entered: Any) -> Any:
    """Read a number as people type it, 1,5 and 1.5 alike; what isn't one stays as it was typed."""
    if not entered or not DECIMAL_TEXT.fullmatch(entered):
        return entered
    return float(entered.replace(",", ".")) if "." in entered or "," in entered else int(entered)


def as_plain(number: Exact) -> int | float:
    """Return a whole number where it is one."""
    return int(number) if number == number.to_integral_value() else float(number)


def _step(question: Question) -> Exact:
    return Exact(str(1 if question.step is None else question.step))
