"""XPath for operators that return a number, a text or a day."""

from typing import Any

from ..equivalents import DATE_PARTS, DATE_SIGNS, ISO_DATE, fill_template
from ..facts import facts, operation
from ..nodes import EMPTY, Call, Number, Text
from ..null_guards import guarantees
from .builder import (
    Build,
    InexpressibleError,
    TypedNode,
    XPathBuilder,
    build_call,
    build_operation,
    builds_value,
)

SIGNS = {"+": "+", "*": "*", "/": "div", "%": "mod"}
SLICES = {place: sign for sign, place in DATE_SIGNS.items()}
NOT_IN_BRANCHES = ("choices", "yesno", "time", "object", "rows")


# ---- numbers ----


def _arithmetic(sign: str) -> Build:
    def build(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
        numbers = [builder.number(argument).node for argument in arguments]
        if len(numbers) == 1:
            return build_call("number", *numbers, kind="number")
        return build_operation(sign, *numbers, kind="number")

    return build


for _operator, _sign in SIGNS.items():
    builds_value(_operator)(_arithmetic(_sign))


@builds_value("-")
def _minus(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    numbers = [builder.number(argument).node for argument in arguments]
    if len(numbers) == 1:
        return build_operation("negative", *numbers, kind="number")
    rest = operation(arguments[1])
    # X - X % 1 is how int() is read (to_logic.scalar_functions): it becomes int() again.
    if rest and rest[0] == "%" and rest[1][1:] == [1] and rest[1][0] == arguments[0]:
        return build_call("int", numbers[0], kind="number")
    return build_operation("-", *numbers[:2], kind="number")


def _called(name: str) -> Build:
    def build(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
        return build_call(name, *(builder.number(argument).node for argument in arguments), kind="number")

    return build


builds_value("round")(_called("round"))
builds_value("abs")(_called("abs"))


def _cut(operator: str) -> Build:
    def build(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
        known = facts(arguments[0], builder.find)
        number = builder.number(arguments[0]).node
        # int() cuts towards 0, which is floor() only for what is never negative.
        if operator == "floor" and known.least is not None and known.least >= 0:
            return build_call("int", number, kind="number")
        return TypedNode(fill_template(operator, number), "number")

    return build


builds_value("floor")(_cut("floor"))
builds_value("ceil")(_cut("ceil"))


def _extreme(operator: str) -> Build:
    """Build min and max, which have no value when an argument has none; XPath's skip it."""

    def build(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
        numbers = [builder.number(argument).node for argument in arguments]
        called = build_call(operator, *numbers, kind="number")
        needs = facts({operator: arguments}, builder.find).needs
        if needs is None:
            raise InexpressibleError("unanswered")
        missing = [key for key in needs if key not in builder.known]
        if not missing:
            return called
        return build_call("if", builder.condition({"answered": missing}).node, called.node, EMPTY, kind="number")

    return build


builds_value("min")(_extreme("min"))
builds_value("max")(_extreme("max"))


# ---- one of several values ----


@builds_value("if", "?:")
def _if(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    if len(arguments) < 2:
        raise InexpressibleError("no_xpath")
    condition = builder.condition(arguments[0]).node
    before = builder.known
    builder.knows(guarantees(arguments[0]))
    then = _branch(builder, arguments[1])
    builder.known = before
    rest = arguments[2:]
    otherwise = _if(builder, rest) if len(rest) > 1 else _branch(builder, rest[0] if rest else None)
    if then.kind == "date" and isinstance(rest[0] if rest else None, str):
        otherwise = _day_or(builder, rest[0], otherwise)
    elif otherwise.kind == "date":
        then = _day_or(builder, arguments[1], then)
    kinds = {found.kind for found, part in ((then, arguments[1]), (otherwise, rest[-1:])) if part not in (None, [None])}
    return build_call("if", condition, then.node, otherwise.node, kind=_one_kind(kinds))


def _day_or(builder: XPathBuilder, logic: Any, found: TypedNode) -> TypedNode:
    """Build a date written out beside a date that is computed."""
    is_day = isinstance(logic, str) and ISO_DATE.fullmatch(logic)
    return builder.day(logic) if is_day else found


def _branch(builder: XPathBuilder, logic: Any) -> TypedNode:
    found = builder.value(logic)
    if found.kind in NOT_IN_BRANCHES:
        raise InexpressibleError("no_xpath")
    return found


def _one_kind(kinds: set[str]) -> str:
    return kinds.pop() if len(kinds) == 1 else "text"


@builds_value("coalesce")
def _coalesce(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    *first, last = (_branch(builder, argument) for argument in arguments)
    node = last.node
    for found in reversed(first):
        node = Call("coalesce", (found.node, node))
    return TypedNode(node, _one_kind({found.kind for found in (*first, last)}))


@builds_value("var")
def _answer_or(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build an answer, or another value where there is none."""
    if len(arguments) != 2 or not isinstance(arguments[0], str) or not arguments[0]:
        raise InexpressibleError("no_xpath")
    return _coalesce(builder, [{"var": arguments[0]}, arguments[1]])


# ---- texts ----


@builds_value("cat")
def _cat(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    parts = [builder.text(argument).node for argument in arguments]
    return build_call("concat" if len(parts) > 1 else "string", *parts, kind="text")


@builds_value("substr")
def _substr(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build a part of a text; a part of a date is what format-date() gives."""
    if not all(isinstance(argument, int) and not isinstance(argument, bool) for argument in arguments[1:]):
        raise InexpressibleError("no_xpath")
    start, length = [*arguments[1:], None][:2]
    found = builder.value(arguments[0])
    sign = SLICES.get((start, length))
    if sign and (found.kind == "datetime" or (found.kind == "date" and start < 10)):
        return build_call("format-date", found.node, Text(sign), kind="text")
    found = builder.text(arguments[0])
    if length is None:
        return build_call("substr", found.node, Number(start), kind="text")
    if start < 0 or length < 0:
        raise InexpressibleError("no_xpath")
    return build_call("substr", found.node, Number(start), Number(start + length), kind="text")


# ---- days ----


@builds_value("days_between")
def _days_between(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    start, end = (builder.day(argument).node for argument in arguments)
    return build_operation("-", end, start, kind="number")


@builds_value("add_days")
def _add_days(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    start, days = builder.day(arguments[0]), arguments[1]
    if days == 0 and start.kind == "datetime":
        return build_call("date", start.node, kind="date")
    # `add_days` takes whole days only (docs/expressions.md); XPath would add a fraction of a day.
    if not facts(days, builder.find).whole:
        raise InexpressibleError("not_whole")
    moved = operation(days)
    sign, count = "+", days
    if isinstance(days, int) and days < 0:
        sign, count = "-", -days
    elif moved and moved[0] == "-" and len(moved[1]) == 1:
        sign, count = "-", moved[1][0]
    return build_call("date", build_operation(sign, start.node, builder.number(count).node).node, kind="date")


@builds_value("age_on")
def _age_on(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    born, on = (builder.day(argument).node for argument in arguments)
    return TypedNode(fill_template("age_on", born, on), "number")


@builds_value("date_part")
def _date_part(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    if arguments[0] not in DATE_PARTS:
        raise InexpressibleError("no_xpath")
    return TypedNode(fill_template(arguments[0], builder.day(arguments[1]).node), "number")


@builds_value("today")
def _today(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    today = Call("today")
    # date(today()) comes back as `today`, today() alone as `_today`; within rows only the operator is known.
    return TypedNode(today if builder.row else Call("date", (today,)), "date")
