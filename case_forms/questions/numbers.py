"""Whole numbers and decimals."""

import math
import re
from typing import Any

from django.utils import formats, translation
from django.utils.translation import gettext_lazy as _

from .base import AnswerError, ChoiceSource, CleanContext, Posted, Question, QuestionType, wrong_type

LARGEST_INTEGER = 1_000_000_000
LARGEST_DECIMAL = 1_000_000_000_000
INTEGER_TEXT = re.compile(r"[+-]?[0-9]{1,12}")
DECIMAL_TEXT = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,12})?")


class Number(QuestionType):
    """What both types share: bounds. `min` and `max` are inclusive."""

    properties = frozenset({"min", "max"})
    largest: int

    def bounds(self, question: Question) -> tuple[int | float, int | float]:
        return max(question.get("min", -self.largest), -self.largest), min(
            question.get("max", self.largest), self.largest
        )

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


class Integer(Number):
    """A whole number up to a thousand million either way. 5.0 is 5, as JSON Schema has it; true is no number."""

    name = "integer"
    icon = "number"
    largest = LARGEST_INTEGER

    def clean(self, raw: Any, question: Question, context: CleanContext) -> int:
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


class Decimal(Number):
    """A number with decimals, up to a million million either way."""

    name = "decimal"
    icon = "number"
    largest = LARGEST_DECIMAL

    def clean(self, raw: Any, question: Question, context: CleanContext) -> int | float:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(_bounded(raw)):
            raise wrong_type(_("Enter a number."))
        return self.within_bounds(raw, question)

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        entered = super().from_post(post, name, question)
        return float(entered.replace(",", ".")) if entered and DECIMAL_TEXT.fullmatch(entered) else entered


def _bounded(value: int | float) -> float:
    """The value as a float; an integer too large for one stays finite, so that it is refused as too large."""
    return float(max(min(value, 10**15), -(10**15))) if isinstance(value, int) else value
