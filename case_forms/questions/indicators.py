"""The indicators of trafficking: a long list, each with an answer and how one knows."""

import json
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.languages import DEFAULT_LANGUAGE

from .base import (
    AnswerError,
    Cell,
    Choice,
    ChoiceSource,
    CleanContext,
    Posted,
    QuestionType,
    in_our_words,
    step,
    text_in,
    wrong_type,
)
from .question import Question

ANSWERS = ("present", "absent", "unknown", "not_asked")
BASES = ("told", "observed", "document", "third_party")


@cache
def catalogue() -> dict[str, Any]:
    """Load the data file: meta, dimensions, indicators, scoring. Read-only."""
    return json.loads((Path(__file__).parent / "data" / "indicators.json").read_text())


@cache
def by_id() -> dict[str, dict[str, Any]]:
    return {indicator["id"]: indicator for indicator in catalogue()["indicators"]}


def by_dimension() -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """List the dimensions in their order, each with its indicators."""
    dimensions = {dimension["id"]: dimension for dimension in catalogue()["dimensions"]}
    # groupby needs its input sorted: the data file holds the indicators of a dimension together.
    grouped = groupby(catalogue()["indicators"], key=lambda indicator: indicator["dimension"])
    return [(dimensions[dimension], list(indicators)) for dimension, indicators in grouped]


class Indicators(QuestionType):
    """{"<id>": {"answer": ..., "basis": ...}}. What is not in the answer was not asked; unknown is never absent."""

    name = "indicators"
    icon = "indicators"
    value_kind = "object"

    def group_role(self, question: Question) -> str:
        return "group"

    def listed(self, question: Question, language: str, sources: ChoiceSource) -> list[Choice]:
        return answer_choices(language)

    def clean(self, raw: Any, question: Question, context: CleanContext) -> dict[str, dict[str, str]]:
        if not isinstance(raw, dict):
            raise wrong_type(_("Answer each indicator from the list."))
        # From the data file, so an indicator that a program makes up is refused and not counted.
        known = by_id()
        cleaned = {}
        for key, given in raw.items():
            if key not in known:
                raise AnswerError("unknown_indicator", _("There is no such indicator."))
            answer = _answer(given, path=step(key))
            # Left out, so that "not asked" has one form only: score and exports count what is there.
            if answer != {"answer": "not_asked"}:
                cleaned[key] = answer
        return cleaned

    def from_post(self, post: Posted, name: str, question: Question) -> Any:
        """Read fields `name.<id>` and `name.<id>.basis`; what was not asked is left out."""
        raw: dict[str, dict[str, Any]] = {}
        for key in by_id():
            answer, basis = post.get(f"{name}.{key}"), post.get(f"{name}.{key}.basis")
            if answer and answer != "not_asked":
                raw[key] = {"answer": answer, **({"basis": basis} if basis else {})}
        return raw or None

    def is_countable(self, question: Question, part: str) -> bool:
        return True

    def schema(self, question: Question, sources: ChoiceSource) -> dict[str, Any]:
        answer = {
            "type": "object",
            "properties": {"answer": {"enum": list(ANSWERS)}, "basis": {"enum": [*BASES, None]}},
            "required": ["answer"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "propertyNames": {"enum": list(by_id())},
            "additionalProperties": answer,
        }

    def formatted(self, value: Any, question: Question, language: str, sources: ChoiceSource) -> str:
        """List the present ones, by name and basis; then how many are absent or unknown."""
        bases = dict(basis_choices(language))
        lines = []
        for key, indicator in by_id().items():
            given = value.get(key)
            if given and given["answer"] == "present":
                basis = bases.get(given.get("basis", ""))
                label = text_in(indicator["label"], language)
                lines.append(f"{label} ({basis.lower()})" if basis else label)
        counts = [given["answer"] for given in value.values()]
        with translation.override(language):
            lines.append(
                gettext("Present: %(present)s, absent: %(absent)s, not known: %(unknown)s")
                % {answer: counts.count(answer) for answer in ANSWERS}
            )
        return "\n".join(lines)

    def export_columns(self, question: Question, language: str = DEFAULT_LANGUAGE) -> list[tuple[str, str]]:
        """List one column for each indicator."""
        return [(key, text_in(indicator["label"], language)) for key, indicator in by_id().items()]

    def export_cells(
        self, value: Any, question: Question, language: str, sources: ChoiceSource, *, labels: bool
    ) -> list[Cell]:
        """Return "present" or "present:told"; with labels "Present (the person said so)".

        Nothing where it wasn't asked.
        """
        answers, bases = (dict(answer_choices(language)), dict(basis_choices(language))) if labels else ({}, {})
        cells: list[Cell] = []
        for key in by_id():
            given = (value or {}).get(key)
            if given is None:
                cells.append(None)
                continue
            answer, basis = given["answer"], given.get("basis", "")
            words = answers.get(answer, answer)
            if basis:
                words += f" ({bases[basis].lower()})" if labels else f":{basis}"
            cells.append(words)
        return cells


def answer_choices(language: str) -> list[Choice]:
    return in_our_words(
        language,
        ("present", _("Present")),
        ("absent", _("Absent")),
        ("unknown", _("Not known")),
        ("not_asked", _("Not asked")),
    )


def basis_choices(language: str) -> list[Choice]:
    return in_our_words(
        language,
        ("told", _("The person said so")),
        ("observed", _("Seen by the worker")),
        ("document", _("A document shows it")),
        ("third_party", _("Someone else said so")),
    )


def _answer(given: Any, *, path: str) -> dict[str, str]:
    if not isinstance(given, dict):
        raise wrong_type(_("Answer each indicator from the list."), path=path)
    if given.keys() - {"answer", "basis"}:
        raise AnswerError("unknown_property", _("An indicator has an answer and a basis, nothing else."), path=path)
    if given.get("answer") not in ANSWERS:
        raise AnswerError("not_a_choice", _("Choose from the list."), path=f"{path}/answer")
    answer = {"answer": given["answer"]}
    if given.get("basis") is not None:
        if given["basis"] not in BASES:
            raise AnswerError("not_a_choice", _("Choose from the list."), path=f"{path}/basis")
        answer["basis"] = given["basis"]
    return answer
