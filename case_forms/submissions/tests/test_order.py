"""The written order (docs/expressions.md, "How a form is worked through"), read literally, and the checking beside it.

`Reader` is slow and simple on purpose: it knows the numbered steps and nothing of how checking is written.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from case_forms import expressions
from case_forms.form_builder.answer_schema import answers_schema
from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.definition import parse_form, parse_question
from case_forms.form_builder.lists import resolved
from case_forms.form_builder.tests.strategies import answers_to, definitions, published
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, is_unanswered
from case_forms.questions.tests.sources import AllFiles, FixedSource
from tests.world.forms import stored_questions

from ..validation.validate import AnswerProblem, Checked, check_answers

DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SOURCE = FixedSource()
Found = list[tuple[str, str]]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def check(definition: dict[str, Any], answers: Any, *, strict: bool) -> Checked:
    return check_answers(
        parse_form(definition),
        answers,
        sources=SOURCE,
        today=DAY,
        occurred_on=DAY,
        now=NOW,
        strict=strict,
        attachments=AllFiles(),
    )


class Reader:
    """Steps 1 to 8 of the written order."""

    def __init__(self, definition: dict[str, Any], *, strict: bool) -> None:
        self.definition = definition
        self.strict = strict
        self.errors: Found = []

    def read(self, answers: dict[str, Any]) -> dict[str, Any]:
        known = [item["key"] for section in self.definition["sections"] for item in section["items"]]
        notes = [i["key"] for section in self.definition["sections"] for i in section["items"] if i["item"] == "note"]
        self.step_1(answers, set(known) - set(notes), "/answers")
        always = {"_today": "2026-03-01", "_occurred_on": "2026-03-01", "_now": "2026-03-01T10:00:00+01:00"}
        accepted: dict[str, Any] = {}
        for section in self.definition["sections"]:
            applies = self.true(section.get("relevant", True), {**always, **accepted}, unsure=True)
            accepted |= self.items(section["items"], answers, always, accepted, applies, "/answers")
        return accepted

    def step_1(self, given: dict[str, Any], known: set[str], path: str) -> None:
        if self.strict and set(given) - known:
            self.errors.append((path, "unknown_question"))

    def items(
        self, items: list[Any], given: dict[str, Any], around: Any, before: Any, applies: bool, path: str
    ) -> dict[str, Any]:
        """Steps 2 and 3. `around`: what can be read from outside; `before`: what was accepted here and above."""
        accepted: dict[str, Any] = {}
        for item in items:
            scope = {**around, **before, **accepted}
            here, raw = f"{path}/{item['key']}", given.get(item["key"])
            relevant = applies and self.true(item.get("relevant", True), scope, unsure=True)
            if item["item"] == "note":
                continue
            if not relevant:
                if self.strict and not is_unanswered(raw):
                    self.errors.append((here, "not_relevant"))
                continue
            value = self.rows(item, raw, scope, here) if item["item"] == "repeat" else self.one(item, raw, scope, here)
            if not is_unanswered(value):
                accepted[item["key"]] = value
        return accepted

    def rows(self, repeat: dict[str, Any], raw: Any, scope: dict[str, Any], path: str) -> list[Any]:
        if is_unanswered(raw):
            raw = []
        if not isinstance(raw, list) or len(raw) > repeat.get("max", 20):
            self.errors.append((path, "too_many" if isinstance(raw, list) else "wrong_type"))
            return []
        rows = []
        for index, row in enumerate(raw):
            if not self.strict and is_unanswered(row):
                continue
            cleaned = {}
            if isinstance(row, dict):
                known = {item["key"] for item in repeat["items"] if item["item"] != "note"}
                self.step_1(row, known, f"{path}/{index}")
                around = {**scope, "_position": len(rows) + 1}
                cleaned = self.items(repeat["items"], row, around, {}, True, f"{path}/{index}")
            else:
                self.errors.append((f"{path}/{index}", "wrong_type"))
            if self.strict or not blank(row):
                rows.append(cleaned)
        if len(rows) < repeat.get("min", 0):
            self.errors.append((path, "too_few"))
        return rows

    def one(self, question: dict[str, Any], raw: Any, scope: dict[str, Any], path: str) -> Any:
        kind, asked = registry.get(question["type"]), parse_question(question)

        def clean(value: Any) -> Any:
            context = CleanContext(SOURCE, today=DAY, scope=scope, attachments=AllFiles())
            return kind.clean(value, asked, context)

        def fitting(value: Any) -> Any:
            try:
                return None if is_unanswered(value) else clean(value)
            except AnswerError:
                return None

        has_own = "default" in question or "initial" in question
        default = question.get("default")
        own = fitting(self.value(question.get("initial"), scope) if is_unanswered(default) else default)
        nobody_types = question.get("read_only") is True or question["type"] == "hidden"
        if question["type"] == "calculated":  # 4
            if self.strict and not is_unanswered(raw):
                self.errors.append((path, "computed"))
                return None
            value = fitting(self.value(question["calculation"], scope))
        elif nobody_types and has_own and (not self.strict or is_unanswered(raw)):  # 5
            value = own
        elif is_unanswered(raw):  # 5
            value = None if self.strict else own
        elif nobody_types and not self.strict:
            value = fitting(raw)
        else:
            try:
                value = clean(raw)  # 6
            except AnswerError as error:
                self.errors.append((path + error.path, error.code))
                return None
            if question.get("read_only") is True and question["type"] != "hidden" and has_own and value != own:  # 5
                self.errors.append((path, "read_only"))
                return None
        parts = [""] if is_unanswered(value) else kind.unanswered_parts(value, asked)
        if parts and self.true(question.get("required", False), scope, unsure=True):  # 7
            self.errors += [(path + part, "required") for part in parts]
            return None
        if is_unanswered(value):
            return None
        if "constraint" in question:  # 8
            seen = {**scope, question["key"]: value}
            if not self.true(question["constraint"]["expr"], seen, unsure=False):
                self.errors.append((path, "constraint"))
                return None
        return value

    @staticmethod
    def value(expression: Any, scope: dict[str, Any]) -> Any:
        try:
            return expressions.evaluate(expression, scope)
        except expressions.LogicError:
            return None

    @staticmethod
    def true(expression: Any, scope: dict[str, Any], *, unsure: bool) -> bool:
        try:
            return expressions.truthy(expressions.evaluate(expression, scope))
        except expressions.LogicError:
            return unsure


def blank(value: Any) -> bool:
    """Whether nothing was typed in a row: at most empty rows in it."""
    if isinstance(value, dict):
        return all(map(blank, value.values()))
    if isinstance(value, list):
        return all(map(blank, value))
    return is_unanswered(value)


def plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans())
def test_relevance_required_and_constraints_are_as_the_written_order_says(data: Any, strict: bool) -> None:
    definition = resolved(data.draw(definitions()))
    answers = data.draw(answers_to(definition, good=data.draw(st.sampled_from([3, 30]))))
    reader = Reader(definition, strict=strict)
    expected = reader.read(answers)
    checked = check(definition, answers, strict=strict)
    assert plain(checked.answers) == plain(expected)
    found = [(error.path, error.code) for error in checked.errors if error.code != "unknown_question"]
    assert found == [error for error in reader.errors if error[1] != "unknown_question"]
    unknown = {error.path for error in checked.errors if error.code == "unknown_question"}
    assert bool(unknown) == any(code == "unknown_question" for _path, code in reader.errors)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.booleans())
def test_no_answers_to_a_form_that_was_checked_make_checking_raise(data: Any, strict: bool) -> None:
    definition = resolved(data.draw(published()))
    answers = data.draw(answers_to(definition, good=0) | ANYTHING)
    checked = check(definition, answers, strict=strict)
    assert checked.ok or all(error.path.startswith("/answers") and error.message for error in checked.errors)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_was_accepted_is_accepted_again_and_stays_as_it_is(data: Any) -> None:
    definition = resolved(data.draw(published()))
    once = check(definition, data.draw(answers_to(definition, good=9)), strict=False)
    again = check(definition, without_calculated(once.answers, definition), strict=True)
    if once.ok:
        assert again.ok
        assert plain(again.answers) == plain(once.answers)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.booleans())
def test_a_condition_said_never_to_hold_never_holds(data: Any, strict: bool) -> None:
    definition = resolved(data.draw(definitions()))
    never = {problem.path for problem in check_definition(definition) if problem.code == "never_holds"}
    checked = check(definition, data.draw(answers_to(definition, good=9)), strict=strict)
    for position, state in enumerate(checked.sections):
        path = f"/sections/{position}"
        assert not (state.relevant and f"{path}/relevant" in never)
        items = state.section.items
        shown = [(f"{path}/items/{items.index(item)}", item) for item in state.items]
        assert not never & {f"{here}/relevant" for here, _item in shown}
        for here, item in shown:
            if f"{here}/constraint/expr" in never:
                assert item.key not in state.answers


# ---- what the schema of the answers says, and what it can't ----

# Errors that answers can have which the JSON Schema takes: they depend on other answers, the day, or what is stored.
BEYOND_A_SCHEMA = {"not_relevant", "required", "too_few", "constraint", "read_only", "unknown_attachment"}
# The same, of some questions only: days and times, and choices under a filter.
DAYS = ("date", "datetime", "approximate_date", "time")
BEYOND_FOR = {
    "not_a_date": lambda question: question["type"] in DAYS,  # 30 February
    "not_a_datetime": lambda question: question["type"] in DAYS,
    "too_small": lambda question: question["type"] in DAYS,
    "too_large": lambda question: question["type"] in DAYS,
    "not_a_choice": lambda question: "choice_filter" in question,
    "not_a_phone": lambda question: question["type"] == "phone",  # a number that no country has
}


def is_beyond(error: AnswerProblem, questions: dict[str, Any]) -> bool:
    asked = [questions[step] for step in error.path.split("/") if step in questions]
    return error.code in BEYOND_A_SCHEMA or (error.code in BEYOND_FOR and any(map(BEYOND_FOR[error.code], asked)))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_the_schema_takes_and_what_intake_takes_agree_both_ways(data: Any) -> None:
    definition = resolved(data.draw(published()))
    answers = data.draw(answers_to(definition, good=data.draw(st.sampled_from([2, 30]))))
    given = without_nothing(answers, definition["sections"])
    errors = check(definition, given, strict=True).errors
    wrong = [
        error.message
        for error in Draft202012Validator(answers_schema(parse_form(definition), SOURCE)).iter_errors(given)
    ]
    if not errors:
        assert wrong == []
    if not wrong:
        asked = {asked["key"]: asked for asked in stored_questions(definition)}
        assert [error for error in errors if not is_beyond(error, asked)] == []


def without_nothing(given: Any, parts: list[dict[str, Any]]) -> Any:
    """The answers with what is unanswered left out, as the schema wants it; intake takes null and "" for the same."""
    if not isinstance(given, dict):
        return given
    items = {item["key"]: item for part in parts for item in part["items"]}
    kept = {key: value for key, value in given.items() if not is_unanswered(value)}
    for key, value in kept.items():
        if items.get(key, {}).get("item") == "repeat" and isinstance(value, list):
            kept[key] = [without_nothing(row, [items[key]]) for row in value]
    return kept


def without_calculated(answers: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    """Answers as a program would send them."""

    def within(given: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
        kept = {}
        for item in items:
            if item["key"] in given and item.get("type") != "calculated":
                value = given[item["key"]]
                rows = item["item"] == "repeat"
                kept[item["key"]] = [within(row, item["items"]) for row in value] if rows else value
        return kept

    return within(answers, [item for section in definition["sections"] for item in section["items"]])
