"""Calculations, and the values that a question begins with."""

import json
from typing import Any

from pyxform.utils import default_is_dynamic

from ..definition.value_checks import is_plain
from .cells import get_default
from .import_context import NO, UNREAD, Condition, ImportContext
from .question_basics import begin_question
from .question_types import MatchedType
from .survey_tree import SurveyNode
from .xpath.facts import Find, facts
from .xpath.nodes import Call, Node
from .xpath.to_logic import TypedLogic

Question = dict[str, Any]
UNSAID = "unsaid"  # in vatra::result: the definition doesn't say, so it is a text
RESULTS = ("text", "integer", "decimal", "date", "boolean")
MAX_LENGTH_OF_DEFAULT = 2_000  # pyxform takes long to say whether a longer one is an expression
RESULT_KINDS = {"integer": "number", "decimal": "number", "date": "date", "boolean": "boolean", "text": "text"}
BY_TYPE = {"integer": "integer", "decimal": "decimal", "date": "date"}
CHOICES = ("select_one", "select_many", "ranking", "yes_no_unknown", "boolean")


def calculated(node: SurveyNode, found: MatchedType, outer: Condition, context: ImportContext) -> list[Question]:
    """Convert a row of type calculate. With once() it is a hidden question that keeps what it began with."""
    row = node.here
    part = get_calculation(node, context)
    column: tuple[str, ...] = ("bind", "calculate")
    if part is None and row.get("default"):
        # A calculate row with only a default keeps that value, which is what once() means.
        column, part = ("default",), context.parsed(row, "default")
        part = Call("once", (part,), part.at) if part is not None else None
    if part is None:
        context.report.error("no_calculation", *context.where(row, "bind", "calculate"))
        part = UNREAD
    beginning = get_beginning(part)
    if beginning is not None:
        question = begin_question(node, "hidden", outer, context)
        value = context.value(beginning, row, node, *column)
        _has(node, "text")
        return [question | {"initial": value.logic}]
    return _worked_out(node, part, found.type, outer, context, row.get("vatra", "result"))


def get_calculation(node: SurveyNode, context: ImportContext) -> Node | None:
    """Return the calculation of a row; UNREAD when what sets it off can't be carried over."""
    row = node.here
    part = context.parsed(row, "bind", "calculate")
    if row.get("trigger"):
        context.report.error("trigger", *context.where(row, "trigger"))
        return part and UNREAD
    return part


def calculated_instead(
    node: SurveyNode, part: Node, found: MatchedType, outer: Condition, context: ImportContext
) -> list[Question]:
    """Convert a row of another type with a calculation: it is shown, and nobody answers it."""
    row = node.here
    context.report.note("calculation_replaces", *context.where(row, "bind", "calculate"))
    if found.type in CHOICES:
        context.report.warning("calculated_choice", *context.where(row, "type"))
    if row.texts("hint") or row.get("bind", "constraint") or row.get("default"):
        context.report.note("hint_left_out", *context.where(row))
    return _worked_out(node, part, "calculated", outer, context, BY_TYPE.get(found.type, ""))


def _worked_out(
    node: SurveyNode, part: Node, ours: str, outer: Condition, context: ImportContext, wanted: str
) -> list[Question]:
    """Build a calculated question. `wanted`: the result that vatra::result names, "" for the one of the expression."""
    question = begin_question(node, ours, outer, context)
    value = context.value(part, node.here, node, "bind", "calculate")
    logic = get_plain(value)
    question |= {"calculation": logic}
    if node.here.get("bind", "required").lower() in NO:
        question["required"] = False
    result = wanted if wanted in RESULTS else "text" if wanted == UNSAID else get_result(value, context.form.keyed.get)
    if wanted != UNSAID and (result != "text" or wanted):
        question["result"] = result
    _has(node, RESULT_KINDS[result], value, context)
    return [question]


def get_plain(value: TypedLogic) -> Any:
    """Return what is stored of a value: choices as a text, a moment or date that counts as days as the date."""
    if value.kind == "choices":
        return {"join": [value.logic, " "]}
    return value.logic


def _begun(value: TypedLogic, node: SurveyNode) -> Any:
    """Return the same for a question that begins with the value: choices stay choices."""
    assert node.element is not None
    return value.logic if node.element.kind == value.kind else get_plain(value)


def get_result(value: TypedLogic, find: Find) -> str:
    """Return the `result` of a calculation: the type that holds every value it can have."""
    if value.kind == "number":
        return "integer" if facts(value.logic, find).whole else "decimal"
    return {"date": "date", "boolean": "boolean", "yesno": "boolean"}.get(value.kind, "text")


def _has(node: SurveyNode, kind: str, value: TypedLogic | None = None, context: ImportContext | None = None) -> None:
    """Note on the element what others may know of the result."""
    assert node.element is not None
    node.element.kind = kind
    if value is not None and context is not None and kind == "number":
        known = facts(value.logic, context.form.keyed.get)
        node.element.whole, node.element.least = known.whole, known.least


def get_beginning(part: Node) -> Node | None:
    """Return what is in once( ) around the whole: the value that the question begins with."""
    return part.arguments[0] if isinstance(part, Call) and part.name == "once" and len(part.arguments) == 1 else None


def default_in_json(node: SurveyNode) -> Any:
    """Return vatra::default: an answer that XLSForms have no default for, as JSON.

    The form's own check validates it.
    """
    written = node.here.get("vatra", "default")
    try:
        value = json.loads(written) if len(written) <= MAX_LENGTH_OF_DEFAULT else None
    except ValueError:
        return None
    return value if is_plain(value) else None


def initial_or_default(question: Question, node: SurveyNode, context: ImportContext) -> None:
    """Add the default: an answer, or an expression for the value that the question begins with."""
    row = node.here
    beginning = context.parsed(row, "vatra", "initial")
    value = context.value(beginning, row, node, "vatra", "initial") if beginning is not None else None
    if value is not None:
        question["initial"] = None if value.logic == "" else _begun(value, node)
    default = default_in_json(node)
    if default is not None:
        question["default"] = default
        return
    written = row.get("default")
    if not written:
        return
    assert node.element is not None
    ours = question["type"]
    # pyxform's own test, so that what counts as an expression is the same here as in ODK.
    if len(written) <= MAX_LENGTH_OF_DEFAULT and default_is_dynamic(written, node.type):
        value = context.value(context.parsed(row, "default") or UNREAD, row, node, "default")
        if value.logic in ("", None):
            question["initial"] = None
            return
        if value.kind != "text" or not isinstance(value.logic, str):
            question["initial"] = _begun(value, node)
            return
        written = value.logic  # a text in quotes, so that it isn't taken for an expression
    default = get_default(ours, written, node.element)
    if default is None:
        context.report.error("bad_default", *context.where(row, "default"))
    question["default"] = written if default is None else default
