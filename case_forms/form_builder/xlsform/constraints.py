"""Constraints: the bounds from a question's own properties stand before what its author wrote.

Both directions need this: what is written there as XPath is recognised when it is read, whoever wrote it.
"""

from collections.abc import Iterator
from typing import Any

from access.languages import in_each_language

from ..definition import Question, parse_question
from .cells import get_bound
from .import_context import ImportContext
from .messages import GENERAL_CONSTRAINT
from .survey_tree import SurveyNode
from .xpath.from_logic.comparisons import build_part_of_day
from .xpath.nodes import ITSELF, Call, Node, Number, Operation, Text

DAYS = ("date", "approximate_date", "datetime")
PATTERNS = {
    "case_reference": "^[2-9A-HJ-NP-Za-hj-np-z]{6}$",
    "email": "^[^@ ]+@[^@ ]+[.][^@ ]+$",
    "phone": "^[+]?[0-9 ()/.-]{3,25}$",
}
COUNTED_BY = {"select_many": "count-selected", "time": "decimal-time"}  # what a bound of this type is compared with


def iter_bounds(question: Question) -> Iterator[Node]:
    """Yield the conditions that the question's properties and type put on ".", each alone."""
    name = question.type
    for side, sign in (("min", ">="), ("max", "<=")):
        if question.has(side) and name != "scale":
            yield Operation(sign, (_counted(name), _bound(name, question.value_of(side))))
    # ODK's type for it is a plain integer, which would accept a negative duration.
    if name == "duration" and not question.has("min"):
        yield Operation(">=", (ITSELF, Number(0)))
    if question.max_length is not None:
        yield Operation("<=", (Call("string-length", (ITSELF,)), Number(question.max_length)))
    if name in PATTERNS:
        yield Call("regex", (ITSELF, Text(PATTERNS[name])))


def _counted(name: str) -> Node:
    return Call(COUNTED_BY[name], (ITSELF,)) if name in COUNTED_BY else ITSELF


def _bound(name: str, value: Any) -> Node:
    if name in DAYS:
        return Call("today") if value == "today" else Call("date", (Text(value),))
    if name == "time":
        hours, _colon, minutes = str(value).partition(":")
        return build_part_of_day(int(hours), int(minutes))
    return Number(value)


def add_bounds(question: Question, own: Node | None) -> Node | None:
    """Join the bounds and the constraint that the author wrote; None when there is neither."""
    parts = (*iter_bounds(question), *([own] if own is not None else []))
    return Operation("and", parts) if len(parts) > 1 else parts[0] if parts else None


def read_constraint(question: dict[str, Any], node: SurveyNode, context: ImportContext) -> None:
    """Read the constraint of a row, without what the question's own properties say already."""
    row = node.here
    part = context.parsed(row, "bind", "constraint")
    message = context.texts(row, "bind", "jr:constraintMsg")
    if part is not None:
        part = _without(part, list(iter_bounds(parse_question(question))))
    # With a message of its own a constraint stays one: `min` and `max` would replace the author's message.
    if part is not None and not message:
        part = _as_bounds(part, question)
    if part is None:
        if message and not row.get("bind", "constraint"):
            context.report.note("message_without_constraint", *context.where(row, "bind", "jr:constraintMsg"))
        return
    assert node.element is not None
    expression = context.condition(part, row, node, "bind", "constraint", itself=node.element)
    if not message:
        context.report.warning("constraint_message_made", *context.where(row, "bind", "constraint"))
        message = in_each_language(GENERAL_CONSTRAINT, context.languages.codes)
    question["constraint"] = {"expr": expression, "message": message}


def _without(part: Node, known: list[Node]) -> Node | None:
    """Return the condition without the known ones that it begins with."""
    parts = list(part.parts) if isinstance(part, Operation) and part.sign == "and" else [part]
    while known and parts and parts[0] == known[0]:
        parts, known = parts[1:], known[1:]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Operation("and", tuple(parts), parts[0].at)


def _as_bounds(part: Node, question: dict[str, Any]) -> Node | None:
    """Move bounds into `min` and `max`; return the condition unless all of it has become bounds.

    ". >= 0 and . <= 120" without a message of its own is a smallest and a largest number; days likewise.
    """
    parts = part.parts if isinstance(part, Operation) and part.sign == "and" else (part,)
    found: dict[str, Any] = {}
    for each in parts:
        if not isinstance(each, Operation) or each.sign not in (">=", "<=") or each.parts[0] != ITSELF:
            return part
        bound, name = _bound_in(each.parts[1], question["type"]), "min" if each.sign == ">=" else "max"
        if bound is None or name in found or name in question:
            return part
        found[name] = bound
    question |= found
    return None


def _bound_in(part: Node, ours: str) -> Any:
    """Return a bound that our types have themselves: a number written out, a day, today(). None for anything else."""
    if isinstance(part, Number) and (ours == "decimal" or (ours == "integer" and isinstance(part.value, int))):
        return part.value
    if isinstance(part, Call) and ours in ("date", "datetime"):
        if part == Call("today", ()):
            return "today"
        if part.name == "date" and len(part.arguments) == 1 and isinstance(part.arguments[0], Text):
            return get_bound(ours, part.arguments[0].value)
    return None
