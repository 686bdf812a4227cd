"""The types that put several choices in an order or in a table."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE

from .base import (
    AnswerError,
    Cell,
    ChoiceSource,
    CleanContext,
    Posted,
    QuestionType,
    step,
    text_in,
    wrong_type,
)
from .choices import columns_of_choices, is_choice, not_a_choice
from .question import Question

PLACES = "places"  # what from_post names the places by, when they make no order


class Ranking(QuestionType):
    """All choices that are offered, the first first, each once. On the page each choice is given its place."""

    name = "ranking"
    icon = "ranking"
    value_kind = "choices"
    properties = frozenset({"choices", "choices_from", "choice_filter"})

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> list[str]:
        # From `from_post`: two choices have the same place, or one has none.
        if isinstance(raw, dict) and PLACES in raw:
            raise _no_order()
        if not isinstance(raw, list):
            raise wrong_type(_("Put all of them in order."))
        offered = {value for value, _label in self.choices(question, context.language, context.sources, context.scope)}
        seen: set[str] = set()
        for position, value in enumerate(raw):
            if not isinstance(value, str):
                raise wrong_type(_("Choose from the list."), path=f"/{position}")
            if value in seen:
                raise AnswerError("duplicate", _("Choose each only once."), path=f"/{position}")
            if value not in offered:
                raise not_a_choice(path=f"/{position}")
            seen.add(value)
        if len(seen) < len(offered):
            raise _no_order()
        return raw

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name`, one for each choice, "2 shelter": its place and its value.

        No order: {"places": [...]}.
        """
        placed = [text for text in post.getlist(name) if isinstance(text, str)]
        given = [text for text in placed if text.strip()]
        if not given:
            return None
        order = {place: value for place, _space, value in (text.partition(" ") for text in given)}
        if order.keys() != {str(place) for place in range(1, len(placed) + 1)}:
            return {PLACES: given}
        return [order[str(place)] for place in range(1, len(placed) + 1)]

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        values = [value for value, _label in self.listed(question, DEFAULT_LANGUAGE, sources)]
        # How many a filter lets through depends on other answers, which a schema can't read.
        least = 1 if question.is_filtered else len(values)
        items = {"type": "string", "enum": values}
        return {"type": "array", "items": items, "uniqueItems": True, "minItems": least, "maxItems": len(values)}

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        labels = dict(self.listed(question, language, sources))
        return "\n".join(f"{place}. {labels.get(chosen, str(chosen))}" for place, chosen in enumerate(value, start=1))

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        """List one column for the order; then one for the place of each choice.

        The latter when the choices stand in the question.
        """
        return [("", ""), *columns_of_choices(question, language)]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        values = [choice.value for choice in question.choices]
        if value is None:
            return [None] * (1 + len(values))
        order = self.formatted(value, question, language, sources).replace("\n", ", ") if labels else " ".join(value)
        return [order, *(value.index(each) + 1 if each in value else None for each in values)]

    def is_countable(self, question: Question, part: str) -> bool:
        return True

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "rank", ""


class Matrix(QuestionType):
    """One of `choices` for each of `rows`: {row: value}. Required means every row."""

    name = "matrix"
    icon = "matrix"
    value_kind = "object"
    properties = frozenset({"rows", "choices", "choices_from"})

    def group_role(self, question: Question) -> str:
        return "group"

    def clean(self, raw: Any, question: Question, context: CleanContext) -> dict[str, str]:
        if not isinstance(raw, dict):
            raise wrong_type(_("Answer each row from the list."))
        rows = [row.value for row in question.rows]
        for row in raw:
            if row not in rows:
                raise AnswerError("unknown_row", _("There is no such row."))
        # Stored in the question's order, whatever order the answer came in.
        cleaned = {}
        for row in rows:
            if raw.get(row) is None:
                continue
            if not isinstance(raw[row], str):
                raise wrong_type(_("Choose from the list."), path=step(row))
            if not is_choice(raw[row], self, question, context):
                raise not_a_choice(path=step(row))
            cleaned[row] = raw[row]
        return cleaned

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name.<row>`."""
        entered = {row.value: post.get(f"{name}.{row.value}") for row in question.rows}
        return {row: value for row, value in entered.items() if isinstance(value, str) and value} or None

    def unanswered_parts(self, value: Any, question: Question) -> list[str]:
        return [step(row.value) for row in question.rows if row.value not in value]

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        # A row may be null where it needn't be answered: `clean` leaves it out.
        values: list[str | None] = [value for value, _label in self.listed(question, DEFAULT_LANGUAGE, sources)]
        rows = [row.value for row in question.rows]
        needed = question.required is True
        choice = {"enum": values if needed else [*values, None]}
        shape = {"type": "object", "properties": dict.fromkeys(rows, choice), "additionalProperties": False}
        return {**shape, "required": rows} if needed else shape

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        labels = dict(self.listed(question, language, sources))
        rows = _rows(question, language)
        return "\n".join(f"{rows[row]}: {labels.get(value[row], value[row])}" for row in rows if row in value)

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        """List one column for each row."""
        return list(_rows(question, language).items())

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        words = dict(self.listed(question, language, sources)) if labels else {}
        given = {row: words.get(choice, choice) for row, choice in (value or {}).items()}
        return [given.get(row) for row in _rows(question, language)]

    def is_countable(self, question: Question, part: str) -> bool:
        return True

    def xlsform(self, question: Question) -> tuple[str, str]:
        return "select_one", "table-list"


def _rows(question: Question, language: str) -> Mapping[str, str]:
    return {row.value: text_in(row.label, language) for row in question.rows}


def _no_order() -> AnswerError:
    return AnswerError("no_order", _("Give each of them a different position."))
