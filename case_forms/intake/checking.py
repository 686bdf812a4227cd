"""Checking answers against a form version, in the order that docs/logic.md writes down.

1. A key that no question has is refused (strict) or dropped (lenient).
2. Sections and their items are taken in document order; a repeat's rows one after the other.
3. The section's relevance is worked out on the answers accepted so far, then the item's. An answer to something
   irrelevant is refused (strict) or dropped (lenient).
4. Unanswered: the default applies (lenient), else it may be required.
5. The question type cleans the value.
6. The constraint is worked out with the cleaned value in scope.

Strict is for programs (the field API), lenient for people filling section by section. Each answer is looked at once, so
the time grows with the form and the answers and not faster. An expression that can't be worked out never lets an answer
pass: the question counts as relevant and required, the constraint as broken.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from access.models import in_language
from case_forms import logic
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, ChoiceSource, CleanContext, is_unanswered

KEY = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
MOST_ROWS = 20  # of a repeat that names no maximum
MOST_UNKNOWN = 20  # unknown keys that are named one by one

Answers = dict[str, Any]


@dataclass(frozen=True)
class AnswerProblem:
    """One answer to mend. `path` is a JSON pointer such as /answers/persons/0/age; no field holds what was answered."""

    path: str
    code: str
    message: str


@dataclass(frozen=True)
class CheckContext:
    """What answers are checked against besides the form. Dates are calendar days in Albania."""

    sources: ChoiceSource
    today: date
    occurred_on: date
    language: str = "sq"


@dataclass
class SectionState:
    """One section as it stands. `items`: what is relevant now; `row_items`: the same for each row of its repeats."""

    section: Mapping[str, Any]
    relevant: bool = True
    items: list[Mapping[str, Any]] = field(default_factory=list)
    row_items: dict[str, list[list[Mapping[str, Any]]]] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict, repr=False)
    errors: list[AnswerProblem] = field(default_factory=list)

    @property
    def key(self) -> str:
        return str(self.section["key"])

    @property
    def is_complete(self) -> bool:
        return not self.errors


@dataclass
class Checked:
    """Cleaned answers of what is relevant, and everything wrong, in document order."""

    answers: Answers = field(default_factory=dict, repr=False)
    errors: list[AnswerProblem] = field(default_factory=list)
    sections: list[SectionState] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.errors


def check_answers(
    definition: Mapping[str, Any],
    answers: Any,
    *,
    sources: ChoiceSource,
    today: date,
    occurred_on: date,
    language: str = "sq",
    strict: bool = True,
) -> Checked:
    """Checks a whole form. `answers` may be any JSON value; nothing in it makes this raise."""
    return _check(definition, answers, CheckContext(sources, today, occurred_on, language), strict=strict)


def relevant_sections(
    definition: Mapping[str, Any], answers: Answers, context: CheckContext
) -> list[Mapping[str, Any]]:
    """The sections to fill, in order, on what has been answered so far."""
    checked = _check(definition, answers, context, strict=False)
    return [state.section for state in checked.sections if state.relevant]


def section_state(
    definition: Mapping[str, Any], section_key: str, answers: Answers, context: CheckContext
) -> SectionState:
    """One section on the answers so far. Raises KeyError when the form has no such section."""
    checked = _check(definition, answers, context, strict=False)
    for state in checked.sections:
        if state.key == section_key:
            return state
    raise KeyError(section_key)


def relevant_items(
    definition: Mapping[str, Any], section_key: str, answers: Answers, context: CheckContext
) -> list[Mapping[str, Any]]:
    """The questions, notes and repeats to show in this section now. Raises KeyError."""
    return section_state(definition, section_key, answers, context).items


def check_section(definition: Mapping[str, Any], section_key: str, answers: Answers, context: CheckContext) -> Checked:
    """Checks one section leniently; `answers` are all of the form's so far. Only its own answers and errors return.

    Raises KeyError.
    """
    state = section_state(definition, section_key, answers, context)
    return Checked(answers=state.answers, errors=state.errors, sections=[state])


def form_states(definition: Mapping[str, Any], answers: Answers, context: CheckContext) -> Checked:
    """The whole form leniently: for the overview with its progress, and before submitting."""
    return _check(definition, answers, context, strict=False)


def _check(definition: Mapping[str, Any], answers: Any, context: CheckContext, *, strict: bool) -> Checked:
    with translation.override(context.language):
        return _Walk(definition, answers, context, strict=strict).run()


class _Walk:
    """One pass over a form. `scope` holds what expressions may read: the answers accepted so far and the two dates."""

    def __init__(self, definition: Mapping[str, Any], answers: Any, context: CheckContext, *, strict: bool) -> None:
        self.definition = definition
        self.given: Mapping[str, Any] = answers if isinstance(answers, dict) else {}
        self.is_object = isinstance(answers, dict)
        self.context = context
        self.strict = strict
        self.scope: Answers = {"_today": context.today.isoformat(), "_occurred_on": context.occurred_on.isoformat()}
        self.checked = Checked()
        self.clean_context = CleanContext(context.sources, language=context.language, today=context.today)

    def run(self) -> Checked:
        if not self.is_object:
            self.checked.errors.append(AnswerProblem("/answers", "wrong_type", _("Answers are an object.")))
            return self.checked
        known = {item["key"] for section in self.definition["sections"] for item in _answerable(section["items"])}
        self.checked.errors += self._unknown(self.given, known, "/answers")
        for section in self.definition["sections"]:
            state = SectionState(section, relevant=self._holds(section.get("relevant", True), self.scope))
            self._section(state)
            self.checked.sections.append(state)
            self.checked.answers.update(state.answers)
            self.checked.errors += state.errors
        return self.checked

    def _section(self, state: SectionState) -> None:
        for item in state.section["items"]:
            relevant = state.relevant and self._holds(item.get("relevant", True), self.scope)
            if relevant:
                state.items.append(item)
            if item["item"] == "note":
                continue
            key, path = item["key"], f"/answers/{item['key']}"
            raw = self.given.get(key)
            if not relevant:
                state.errors += self._irrelevant(raw, path)
                continue
            if item["item"] == "repeat":
                value = self._repeat(item, raw, path, state)
            else:
                value = self._question(item, raw, path, self.scope, state.errors)
            if not is_unanswered(value):
                state.answers[key] = self.scope[key] = value

    def _repeat(self, repeat: Mapping[str, Any], raw: Any, path: str, state: SectionState) -> list[Answers]:
        errors = state.errors
        row_items = state.row_items.setdefault(repeat["key"], [])
        if not is_unanswered(raw) and not isinstance(raw, list):
            errors.append(AnswerProblem(path, "wrong_type", _("Here belongs a list.")))
            return []
        given = raw or []
        most = repeat.get("max") or MOST_ROWS
        if len(given) > most:
            errors.append(AnswerProblem(path, "too_many", _("At most %(most)s can be given.") % {"most": most}))
            return []
        rows = []
        for index, row in enumerate(given):
            if is_unanswered(row) and not self.strict:
                row_items.append([])
                continue
            items, cleaned = self._row(repeat, row, f"{path}/{index}", errors)
            row_items.append(items)
            if self.strict or not _is_empty(row):
                rows.append(cleaned)
        least = repeat.get("min", 0)
        if len(rows) < least:
            errors.append(AnswerProblem(path, "too_few", _("At least %(least)s are needed.") % {"least": least}))
        return rows

    def _row(
        self, repeat: Mapping[str, Any], row: Any, path: str, errors: list[AnswerProblem]
    ) -> tuple[list[Mapping[str, Any]], Answers]:
        """One row's relevant items and cleaned answers. Its keys lie over the form's while it is looked at."""
        if not isinstance(row, dict):
            errors.append(AnswerProblem(path, "wrong_type", _("Here belongs an object.")))
            return [], {}
        errors += self._unknown(row, {item["key"] for item in _answerable(repeat["items"])}, path)
        scope, cleaned, items = dict(self.scope), {}, []
        for item in repeat["items"]:
            relevant = self._holds(item.get("relevant", True), scope)
            if relevant:
                items.append(item)
            if item["item"] == "note":
                continue
            key, here = item["key"], f"{path}/{item['key']}"
            if not relevant:
                errors += self._irrelevant(row.get(key), here)
                continue
            value = self._question(item, row.get(key), here, scope, errors)
            if not is_unanswered(value):
                cleaned[key] = scope[key] = value
        return items, cleaned

    def _question(
        self, question: dict[str, Any], raw: Any, path: str, scope: Answers, errors: list[AnswerProblem]
    ) -> Any:
        """The cleaned value, or None when there is none or it is wrong."""
        if is_unanswered(raw) and not self.strict:
            raw = question.get("default")
        value = None
        if not is_unanswered(raw):
            try:
                value = registry.get(question["type"]).clean(raw, question, self.clean_context)
            except AnswerError as error:
                errors.append(AnswerProblem(path + error.path, error.code, str(error.message)))
                return None
        if is_unanswered(value):
            if self._holds(question.get("required", False), scope):
                errors.append(AnswerProblem(path, "required", _("Answer this question.")))
            return None
        if not self._fits(question, value, scope):
            words = in_language(question["constraint"]["message"], self.context.language)
            errors.append(AnswerProblem(path, "constraint", words))
            return None
        return value

    def _fits(self, question: Mapping[str, Any], value: Any, scope: Answers) -> bool:
        """Whether the constraint, if any, holds with this value in scope."""
        if "constraint" not in question:
            return True
        key, had = question["key"], question["key"] in scope
        before = scope.get(key)
        scope[key] = value
        holds = self._holds(question["constraint"]["expr"], scope, unsure=False)
        if had:
            scope[key] = before
        else:
            del scope[key]
        return holds

    def _irrelevant(self, raw: Any, path: str) -> Iterator[AnswerProblem]:
        if self.strict and not is_unanswered(raw):
            yield AnswerProblem(path, "not_relevant", _("This question doesn't apply here; leave it out."))

    def _unknown(self, given: Mapping[str, Any], known: set[str], path: str) -> Iterator[AnswerProblem]:
        """Names keys that look like keys; anything else may be somebody's name and is only counted."""
        if not self.strict:
            return
        unknown = [key for key in given if key not in known]
        named = [key for key in unknown[:MOST_UNKNOWN] if KEY.match(key)]
        for key in named:
            yield AnswerProblem(f"{path}/{key}", "unknown_question", _("The form has no such question."))
        if len(named) < len(unknown):
            yield AnswerProblem(path, "unknown_question", _("Some answers belong to no question."))

    @staticmethod
    def _holds(expression: Any, scope: Answers, *, unsure: bool = True) -> bool:
        """Whether an expression is true. `unsure` is the answer when it can't be worked out."""
        if isinstance(expression, bool):
            return expression
        try:
            return logic.truthy(logic.evaluate(expression, scope))
        except logic.LogicError:
            return unsure


def _is_empty(row: Any) -> bool:
    return isinstance(row, dict) and all(is_unanswered(value) for value in row.values())


def _answerable(items: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (item for item in items if item["item"] != "note")
