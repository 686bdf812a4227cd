"""What is worked out: calculations, values that a question begins with."""

import json
from typing import Any

from pyxform.utils import default_is_dynamic

from ..shape_checks import is_plain
from .carrying import NO, Carrying, Condition
from .tree import Node
from .types_in import Found
from .values_in import get_default
from .xpath.facts import facts
from .xpath.nodes import Call
from .xpath.nodes import Node as Part
from .xpath.typed import Typed

Question = dict[str, Any]
UNSAID = "unsaid"  # in vatra::result: the definition doesn't say, so it is a text
RESULTS = ("text", "integer", "decimal", "date", "boolean")
LONGEST_DEFAULT = 2_000  # pyxform takes long to say whether a longer one is an expression
RESULT_KINDS = {"integer": "number", "decimal": "number", "date": "date", "boolean": "boolean", "text": "text"}
BY_TYPE = {"integer": "integer", "decimal": "decimal", "date": "date"}
CHOICES = ("select_one", "select_many", "ranking", "yes_no_unknown", "boolean")


def calculated(node: Node, found: Found, outer: Condition, carrying: Carrying) -> list[Question]:
    """A row of type calculate. once() makes it a hidden question that keeps what it began with."""
    from .questions import begun

    row = node.here
    if row.get("trigger"):
        carrying.report.error("trigger", *carrying.where(row, "trigger"))
    part = carrying.parsed(row, "bind", "calculate")
    column: tuple[str, ...] = ("bind", "calculate")
    if part is None and row.get("default") and not row.get("bind", "calculate"):
        column, part = ("default",), carrying.parsed(row, "default")
        part = Call("once", (part,), part.at) if part is not None else None
    if part is None:
        if not row.get("bind", "calculate"):
            carrying.report.error("no_calculation", *carrying.where(row, "bind", "calculate"))
        return []
    beginning = _once(part)
    if beginning is not None:
        question = begun(node, "hidden", outer, carrying)
        value = carrying.value(beginning, row, node, *column)
        _has(node, "text")
        return [question | {"initial": value.logic}] if value else []
    return _worked_out(node, part, found.type, outer, carrying, row.get("vatra", "result"))


def worked_out(node: Node, found: Found, outer: Condition, carrying: Carrying) -> list[Question]:
    """A row of another type with a calculation: shown, and not answered. once() is what it begins with."""
    row = node.here
    if row.get("trigger"):
        carrying.report.error("trigger", *carrying.where(row, "trigger"))
    part = carrying.parsed(row, "bind", "calculate")
    if part is None:
        return []
    beginning = _once(part)
    if beginning is not None:
        row.cells = {tokens: text for tokens, text in row.cells.items() if tokens != ("bind", "calculate")}
        from .questions import get_question

        made = get_question(node, outer, carrying)
        value = carrying.value(beginning, row, node, "bind", "calculate")
        return [made[0] | {"initial": value.logic}, *made[1:]] if value and made else made
    carrying.report.note("calculation_replaces", *carrying.where(row, "bind", "calculate"))
    if found.type in CHOICES:
        carrying.report.warning("calculated_choice", *carrying.where(row, "type"))
    if row.texts("hint") or row.get("bind", "constraint") or row.get("default"):
        carrying.report.note("hint_left_out", *carrying.where(row))
    return _worked_out(node, part, "calculated", outer, carrying, BY_TYPE.get(found.type, ""))


def _worked_out(node: Node, part: Part, ours: str, outer: Condition, carrying: Carrying, wanted: str) -> list[Question]:
    from .questions import begun

    question = begun(node, ours, outer, carrying)
    value = carrying.value(part, node.here, node, "bind", "calculate")
    if value is None:
        return []
    logic = _plain(value)
    question |= {"calculation": logic}
    if node.here.get("bind", "required").lower() in NO:
        question["required"] = False
    result = wanted if wanted in RESULTS else "text" if wanted == UNSAID else _result(value, node, carrying)
    if wanted != UNSAID and (result != "text" or wanted):
        question["result"] = result
    _has(node, RESULT_KINDS[result], value, carrying)
    return [question]


def _plain(value: Typed) -> Any:
    """What is kept of a value: choices as a text, a moment or date that counts as days as the date."""
    if value.kind == "choices":
        return {"join": [value.logic, " "]}
    return value.logic


def _begun(value: Typed, node: Node) -> Any:
    """The same for a question that begins with it: choices stay choices."""
    assert node.place is not None
    return value.logic if node.place.kind == value.kind else _plain(value)


def _result(value: Typed, node: Node, carrying: Carrying) -> str:
    if value.kind == "number":
        assert node.place is not None
        return "integer" if facts(value.logic, carrying.form.keyed.get).whole else "decimal"
    return {"date": "date", "boolean": "boolean", "yesno": "boolean"}.get(value.kind, "text")


def _has(node: Node, kind: str, value: Typed | None = None, carrying: Carrying | None = None) -> None:
    """What others may know of the result."""
    assert node.place is not None
    node.place.kind = kind
    if value is not None and carrying is not None and kind == "number":
        known = facts(value.logic, carrying.form.keyed.get)
        node.place.whole, node.place.least = known.whole, known.least


def _once(part: Part) -> Part | None:
    """What stands in once( ) around the whole."""
    return part.arguments[0] if isinstance(part, Call) and part.name == "once" and len(part.arguments) == 1 else None


def default_in_json(node: Node) -> Any:
    """vatra::default: an answer that XLSForms have no default for, as JSON. The form's own check judges it."""
    written = node.here.get("vatra", "default")
    try:
        value = json.loads(written) if len(written) <= LONGEST_DEFAULT else None
    except ValueError:
        return None
    return value if is_plain(value) else None


def initial_or_default(question: Question, node: Node, carrying: Carrying) -> None:
    """The default: an answer, or an expression for what the question begins with."""
    row = node.here
    beginning = carrying.parsed(row, "vatra", "initial")
    value = carrying.value(beginning, row, node, "vatra", "initial") if beginning is not None else None
    if value is not None:
        question["initial"] = None if value.logic == "" else _begun(value, node)
    kept = default_in_json(node)
    if kept is not None:
        question["default"] = kept
        return
    written = row.get("default")
    if not written:
        return
    assert node.place is not None
    ours = question["type"]
    if len(written) <= LONGEST_DEFAULT and default_is_dynamic(written, node.type):
        part = carrying.parsed(row, "default")
        value = carrying.value(part, row, node, "default") if part is not None else None
        if value is None:
            return
        if value.logic in ("", None):
            question["initial"] = None
            return
        if value.kind != "text" or not isinstance(value.logic, str):
            question["initial"] = _begun(value, node)
            return
        written = value.logic  # a text in quotes, so that it isn't taken for an expression
    default = get_default(ours, written, node.place)
    if default is None:
        carrying.report.error("bad_default", *carrying.where(row, "default"))
    else:
        question["default"] = default
