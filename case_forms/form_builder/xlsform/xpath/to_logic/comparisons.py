"""=, !=, <, <=, > and >= as XPath has them (JavaRosa: XPathEqExpr, XPathCmpExpr), in JSON-Logic.

Two truth values, else two numbers when one side is a number, else two texts. In an order both sides are numbers. Dates
are texts when they are compared for equality and days since 1970 in an order; moments count by their day.
"""

from typing import Any

from ..equivalents import MINUTES_OF_A_DAY
from ..facts import Keys, operation
from ..nodes import Call, Node, Number, Operation, Text, XPathError
from ..null_guards import guard, guard_of_dates, guard_of_equals, has_empty_and_null, is_mixed, is_worked_out
from ..parser import read_number
from .coercion import answered, as_boolean, as_day, as_number, negated
from .converter import Converter, converts_operation
from .typed import TypedLogic, build, build_literal


@converts_operation("=", "!=")
def equal(converter: Converter, node: Operation) -> TypedLogic:
    """Convert = and !=. Raises XPathError."""
    same = _moments(converter, node, "==") or _equal(converter, node)
    if node.sign == "=":
        return same
    (operator, parts), *_ = same.logic.items() if isinstance(same.logic, dict) else (("", ()),)
    if operator == "==":
        return TypedLogic({"!=": parts}, "boolean", same.size)
    if operator == "!" and isinstance(parts, list) and len(parts) == 1:
        return TypedLogic(parts[0], "boolean", same.size - 1)
    return negated(same)


def _equal(converter: Converter, node: Operation) -> TypedLogic:
    left, right = (converter.scalar(part) for part in node.parts)
    for side, other in ((left, right), (right, left)):
        if other.logic == "" and other.kind == "text":
            return _empty(side)
    kinds = {left.kind, right.kind}
    if "yesno" in kinds:
        return _yes_or_no(left, right, node.at)
    if "boolean" in kinds:
        return _truths(left, right)
    if "choices" in kinds:
        return _chosen(left, right, node.at)
    if kinds & {"object", "time", "rows"}:
        raise XPathError("cant_compare", node.at)
    if "datetime" in kinds or "date" in kinds:
        return _same_day(converter, left, right, node.at)
    if "choice" in kinds and "number" in kinds:
        return _choice_and_number(converter, left, right)
    left, right = _literal(left, right, node.at), _literal(right, left, node.at)
    return _guarded_equal(converter, left, right)


def _literal(value: TypedLogic, beside: TypedLogic, at: int) -> TypedLogic:
    """Convert a text written out: a number beside a number, and beside a choice the value that it has here."""
    if not isinstance(value.logic, str):
        return value
    if beside.kind == "number":
        return as_number(value, at)
    return (
        build_literal(beside.element.get_own_value(value.logic))
        if beside.kind == "choice" and beside.element
        else value
    )


def _empty(value: TypedLogic) -> TypedLogic:
    """Convert X = '': unanswered.

    A computed number is never an empty text, not even when it has no value.
    """
    if is_worked_out(value.logic):
        return build_literal(False)
    return negated(answered(value))


def _yes_or_no(left: TypedLogic, right: TypedLogic, at: int) -> TypedLogic:
    if left.kind == right.kind:
        return build("==", left, right, kind="boolean")
    value, other = (left, right) if left.kind == "yesno" else (right, left)
    if other.logic in ("true", "false"):
        return build("==", value, other.logic == "true", kind="boolean")
    if other.kind == "boolean":
        return _truths(value, other)
    raise XPathError("cant_compare", at)


def _truths(left: TypedLogic, right: TypedLogic) -> TypedLogic:
    if left.element and isinstance(right.logic, str) and right.logic in ("true", "false"):
        return build("==", left, right.logic == "true", kind="boolean")
    one, other = as_boolean(left), as_boolean(right)
    for truth, wanted in ((one, other), (other, one)):
        if wanted.is_literal:
            if wanted.logic or truth.is_literal:
                return truth if wanted.logic else build_literal(not truth.logic)
            return build("!", truth, kind="boolean")
    return build("==", build("!!", one), build("!!", other), kind="boolean")


def _chosen(left: TypedLogic, right: TypedLogic, at: int) -> TypedLogic:
    """Compare all that was chosen, as one text: "a b"."""
    value, other = (left, right) if left.kind == "choices" else (right, left)
    if not isinstance(other.logic, str) or not other.is_literal or other.kind != "text":
        raise XPathError("cant_compare", at)
    chosen = [value.element.get_own_value(word) if value.element else word for word in other.logic.split()]
    return build("==", value, chosen, kind="boolean")


def _same_day(converter: Converter, left: TypedLogic, right: TypedLogic, at: int) -> TypedLogic:
    sides = [as_day(side) for side in (left, right)]
    for position, (side, other) in enumerate((sides, sides[::-1])):
        if side.kind == "number":
            sides[position] = side.day or side
            if side.day is None:
                sides[1 - position] = as_number(other, at)
    return _guarded_equal(converter, *sides)


def _choice_and_number(converter: Converter, left: TypedLogic, right: TypedLogic) -> TypedLogic:
    """Compare a choice with a number.

    A choice is a text, but XPath compares it as a number with one: 1 is the choice "1", and "01" too.
    """
    chosen, number = (left, right) if left.kind == "choice" else (right, left)
    if not number.is_literal or chosen.element is None:
        return _guarded_equal(converter, left, right)
    same = [value for value, written, _label in chosen.element.choices if read_number(written) == number.logic]
    if len(same) > 1:
        return build("in", chosen, same, kind="boolean")
    wanted = build_literal(same[0] if same else str(number.logic))
    return build("==", *((chosen, wanted) if chosen is left else (wanted, chosen)), kind="boolean")


def _guarded_equal(converter: Converter, left: TypedLogic, right: TypedLogic) -> TypedLogic:
    if has_empty_and_null(left.logic, right.logic, converter.find) and "number" not in (left.kind, right.kind):
        left, right = (side if side.is_literal else build("cat", side) for side in (left, right))
    if is_mixed(left.logic) or is_mixed(right.logic):
        raise XPathError("cant_compare")
    same = build("==", left, right, kind="boolean")
    keys = guard_of_equals(left.logic, right.logic, converter.find, converter.known)
    if keys is None:
        return build("and", build("!=", left, None), same, kind="boolean")
    return build("and", build("answered", *keys), same, kind="boolean") if keys else same


@converts_operation("<", "<=", ">", ">=")
def in_order(converter: Converter, node: Operation) -> TypedLogic:
    """Convert <, <=, > and >=. Raises XPathError."""
    found = _moments(converter, node, node.sign)
    if found is not None:
        return found
    left, right = (converter.scalar(part) for part in node.parts)
    for side in (left, right):
        if side.kind in ("choices", "object", "time", "rows", "yesno"):
            raise XPathError("cant_compare", node.at)
    days = [as_day(side) if side.kind in ("date", "datetime") else side.day for side in (left, right)]
    if all(days):
        one, other = days
        assert one is not None
        assert other is not None
        keys = guard_of_dates(node.sign, one.logic, other.logic, converter.find, converter.known)
        return ordered(node.sign, one, other, keys)
    one, other = (as_number(side, node.at) for side in (left, right))
    texts = [side.kind in ("text", "choice") for side in (one, other)]
    # Two texts are in the order of their numbers to XPath, and JSON-Logic would order them as texts. A text that was
    # worked out may be empty, which would count as 0.
    one, other = (
        build("+", side, kind="number") if all(texts) or (is_text and not side.element) else side
        for side, is_text in zip((one, other), texts, strict=True)
    )
    keys = guard(node.sign, one.logic, other.logic, converter.find, converter.known)
    if keys == ():
        one, other = (_without_0(side) for side in (one, other))
    return ordered(node.sign, one, other, keys)


def _without_0(side: TypedLogic) -> TypedLogic:
    """Return X for coalesce(X, 0) as one side of an order: no value counts as 0 there anyhow."""
    found = operation(side.logic)
    if found and found[0] == "coalesce" and len(found[1]) == 2 and found[1][1] == 0 and found[1][1] is not False:
        return TypedLogic(found[1][0], side.kind, side.size - 2)
    return side


def ordered(sign: str, left: TypedLogic, right: TypedLogic, keys: Keys | None) -> TypedLogic:
    """Build the comparison, with what has to be asked before it."""
    order = build(sign, left, right, kind="boolean")
    if keys is None:
        there = [build("!=", side, None) for side in (left, right) if not side.is_literal]
        return build("and", *there, order, kind="boolean")
    return build("and", build("answered", *keys), order, kind="boolean") if keys else order


def _moments(converter: Converter, node: Operation, operator: str) -> TypedLogic | None:
    """Compare times and moments as exactly as they are known. None when the comparison isn't of this form.

    decimal-time(${t}) < 630 div 1440, and decimal-date-time(${a}) < decimal-date-time(${b}).
    """
    one, other = (_exact(converter, part) for part in node.parts)
    if one is None or other is None or one.kind != other.kind or (one.is_literal and other.is_literal):
        return None
    keys = guard_of_dates(
        "<=" if operator == "==" else operator, one.logic, other.logic, converter.find, converter.known
    )
    return ordered(operator, one, other, keys)


def _exact(converter: Converter, node: Node) -> TypedLogic | None:
    if isinstance(node, Call) and node.name in ("decimal-time", "decimal-date-time") and len(node.arguments) == 1:
        inner = node.arguments[0]
        found: Any = build_literal(inner.value) if isinstance(inner, Text) else converter.value(inner)
        wanted = "time" if node.name == "decimal-time" else "datetime"
        if isinstance(found, TypedLogic) and (found.kind == wanted or (wanted == "datetime" and found.is_literal)):
            return found.as_kind(wanted)
    if isinstance(node, Operation) and node.sign == "div" and node.parts[1:] == (Number(MINUTES_OF_A_DAY),):
        minutes = node.parts[0]
        if isinstance(minutes, Number) and isinstance(minutes.value, int) and 0 <= minutes.value < MINUTES_OF_A_DAY:
            return TypedLogic(f"{minutes.value // 60:02d}:{minutes.value % 60:02d}", "time")
    return None
