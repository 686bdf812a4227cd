"""XPath for equality and order, with what has to be asked of answers that may be missing."""

import re
from itertools import pairwise
from typing import Any

from ..equivalents import MINUTES_OF_A_DAY
from ..facts import Keys, facts, operation, variable
from ..nodes import EMPTY, Call, Node, Number, Operation, Text
from ..null_guards import guard, guard_of_dates, guard_of_equals, has_empty_and_null, is_worked_out
from .builder import (
    Build,
    InexpressibleError,
    TypedNode,
    XPathBuilder,
    build_call,
    build_operation,
    builds_condition,
)

ORDERS = ("<", "<=", ">", ">=")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
TEXTS = ("text", "choice")


def build_guarded(builder: XPathBuilder, arguments: list[Any]) -> TypedNode | None:
    """Build a comparison that has just the guard in front of it that XPath asks by itself.

    None when it is something else.
    """
    *asked, compared = arguments
    found = operation(compared)
    if not asked or found is None or found[0] not in (*ORDERS, "==") or len(found[1]) != 2:
        return None
    operator, sides = found
    keys = _asks(builder, operator, sides)
    if keys is None:
        wanted: list[Any] = [{"!=": [side, None]} for side in sides if isinstance(side, dict | list)]
    else:
        wanted = [{"answered": list(keys)}] if keys else []
    # Another guard than XPath's own changes the meaning, so that it must be written out.
    if not wanted or asked != wanted:
        return None
    return _equal(builder, sides, "=") if operator == "==" else _order(builder, operator, sides, bare=True)


def _asks(builder: XPathBuilder, operator: str, sides: list[Any]) -> Keys | None:
    """Return what has to be asked before the comparison: see null_guards.guard."""
    left, right = sides
    find, known = builder.find, builder.known
    kinds = {builder.kind_of(side) for side in sides}
    if kinds & {"time", "datetime"}:
        return guard_of_dates("<=" if operator == "==" else operator, left, right, find, known)
    if operator == "==":
        if "number" not in kinds and has_empty_and_null(left, right, find):
            # "" equals a missing answer to XPath, and null doesn't equal "" to JSON-Logic.
            raise InexpressibleError("unanswered")
        return guard_of_equals(left, right, find, known)
    if "date" in kinds:
        return guard_of_dates(operator, left, right, find, known)
    return guard(operator, left, right, find, known)


# ---- equality ----


@builds_condition("==")
def _equals(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    return _unguarded_equal(builder, arguments, "=")


@builds_condition("!=")
def _differs(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    return _unguarded_equal(builder, arguments, "!=")


def _unguarded_equal(builder: XPathBuilder, arguments: list[Any], sign: str) -> TypedNode:
    if None not in arguments and _asks(builder, "==", arguments) != ():
        raise InexpressibleError("unanswered")
    return _equal(builder, arguments, sign)


def _equal(builder: XPathBuilder, sides: list[Any], sign: str) -> TypedNode:
    left, right = sides
    if None in (left, right):
        return _equal_to_nothing(builder, right if left is None else left, sign)
    for one, other in ((left, right), (right, left)):
        if isinstance(other, bool):
            return _is_true(builder, one, other is (sign == "="))
    return build_operation(sign, *_equal_sides(builder, left, right))


def _equal_to_nothing(builder: XPathBuilder, logic: Any, sign: str) -> TypedNode:
    """Build equality with null: having no value."""
    name = variable(logic)
    if name is not None:
        answered = {"answered": [name]}
        return builder.condition(answered if sign == "!=" else {"!": [answered]})
    found = builder.value(logic)
    if found.kind == "number":  # to XPath, what is neither true nor 0 is no number
        is_zero = Operation("=", (found.node, Number(0)))
        is_there = build_operation("or", Call("boolean", (found.node,)), is_zero)
        return build_call("not", is_there.node) if sign == "=" else is_there
    if found.kind == "date" and not is_worked_out(logic):
        return build_operation(sign, found.node, EMPTY)
    raise InexpressibleError("no_xpath")


def _is_true(builder: XPathBuilder, logic: Any, wanted: bool) -> TypedNode:
    name, element = variable(logic), builder.find_answer(logic)
    if name and element is not None and element.kind in ("yesno", "boolean"):
        return build_operation("=", builder.reference(name).node, Text("true" if wanted else "false"))
    if name or builder.kind_of(logic) != "boolean":
        raise InexpressibleError("no_xpath")
    return builder.condition(logic) if wanted else builder.condition({"!": [logic]})


def _equal_sides(builder: XPathBuilder, left: Any, right: Any) -> list[Node]:
    kinds = [builder.kind_of(side) for side in (left, right)]
    if "time" in kinds or "datetime" in kinds:
        return _exact_sides(builder, left, right)
    if "date" in kinds:
        return [builder.day(side).node for side in (left, right)]
    if "choices" in kinds:
        return _chosen_sides(builder, left, right)
    if kinds == ["boolean", "boolean"]:
        return [builder.condition(_once(side)).node for side in (left, right)]
    if set(kinds) & {"object", "rows", "boolean"} or ("yesno" in kinds and kinds[0] != kinds[1]):
        raise InexpressibleError("no_xpath")
    return [_as_written(builder, side, other) for side, other in ((left, right), (right, left))]


def _once(logic: Any) -> Any:
    found = operation(logic)
    return found[1][0] if found and found[0] == "!!" else logic


def _as_written(builder: XPathBuilder, logic: Any, other: Any) -> Node:
    """Build a constant in the words that the other side has for it in the XLSForm."""
    element = builder.find_answer(other)
    if isinstance(logic, str) and element is not None and element.kind == "choice":
        return Text(element.get_written_value(logic))
    return builder.value(logic).node


def _chosen_sides(builder: XPathBuilder, left: Any, right: Any) -> list[Node]:
    value, other = (left, right) if isinstance(right, list) else (right, left)
    element = builder.find_answer(value)
    if element is None or not isinstance(other, list) or not other or not all(isinstance(each, str) for each in other):
        raise InexpressibleError("no_xpath")
    return [builder.value(value).node, Text(" ".join(element.get_written_value(each) for each in other))]


def _exact_sides(builder: XPathBuilder, left: Any, right: Any) -> list[Node]:
    """Build times and moments: as the part of a day, or as days since 1970."""
    return [_exact(builder, side) for side in (left, right)]


def _exact(builder: XPathBuilder, logic: Any) -> Node:
    if isinstance(logic, str):
        clock = CLOCK.fullmatch(logic)
        if clock:
            return build_part_of_day(int(clock[1]), int(clock[2]))
        return Call("decimal-date-time", (Text(logic),))
    found = builder.value(logic)
    if found.kind not in ("time", "datetime"):
        raise InexpressibleError("no_xpath")
    return Call("decimal-time" if found.kind == "time" else "decimal-date-time", (found.node,))


def build_part_of_day(hours: int, minutes: int) -> Node:
    """Build a time of day as the part of the day that has passed."""
    return Operation("div", (Number(hours * 60 + minutes), Number(MINUTES_OF_A_DAY)))


# ---- order ----


def _ordered(operator: str) -> Build:
    def build(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
        if len(arguments) == 2:
            return _order(builder, operator, arguments)
        pairs = [{operator: list(pair)} for pair in pairwise(arguments)]
        return builder.condition({"and": pairs})

    return build


for _operator in ORDERS:
    builds_condition(_operator)(_ordered(_operator))


def _order(builder: XPathBuilder, operator: str, sides: list[Any], *, bare: bool = False) -> TypedNode:
    """Build an order.

    `bare`: what has to be asked first has been asked. Else no answer counts as 0, as it does in JSON-Logic.
    """
    kinds = [builder.kind_of(side) for side in sides]
    if set(kinds) & {"date", "time", "datetime"}:
        is_of_days = "date" in kinds
        nodes = [builder.day(side).node for side in sides] if is_of_days else _exact_sides(builder, *sides)
        if not bare and _asks(builder, operator, sides) != ():
            return _or_neither(builder, operator, sides)
    else:
        numbers = [builder.number(side) for side in sides]
        # XPath turns both into numbers: the order of two texts can't be expressed.
        if all(number.kind in TEXTS for number in numbers):
            raise InexpressibleError("texts_in_order")
        nodes = [number.node for number in numbers]
        if not bare and _asks(builder, operator, sides) != ():
            nodes = [_or_0(builder, side, node) for side, node in zip(sides, nodes, strict=True)]
    return build_operation(operator, *nodes)


def _or_neither(builder: XPathBuilder, operator: str, sides: list[Any]) -> TypedNode:
    """Build <= and >= of two dates: nothing and nothing are in order."""
    names = [variable(side) for side in sides]
    if None in names:
        raise InexpressibleError("unanswered")
    order = _order(builder, operator, sides, bare=True)
    empty = [builder.condition({"!": [{"answered": [name]}]}).node for name in names if name]
    return build_operation("or", order.node, Operation("and", tuple(empty)))


def _or_0(builder: XPathBuilder, logic: Any, node: Node) -> Node:
    needs = facts(logic, builder.find).needs
    if needs is not None and builder.known.issuperset(needs):
        return node
    # NaN is in no order with anything, where JSON-Logic counts 0: so the 0 is written out.
    return Call("coalesce", (node, Number(0)))
