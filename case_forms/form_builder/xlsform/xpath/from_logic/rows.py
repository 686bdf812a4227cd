"""XPath for lists: the rows of a repeat group, those that meet a condition, and their answers."""

from typing import Any

from ..elements import Element
from ..facts import operation, variable
from ..nodes import Call, Filtered, Node, Number, Path, Ref
from .builder import (
    InexpressibleError,
    TypedNode,
    XPathBuilder,
    build_call,
    build_operation,
    builds_condition,
    builds_value,
    steps_between,
)

CURRENT, SO_FAR = {"var": "current"}, {"var": "accumulator"}
ALL_OF_THEM = [{"merge": [SO_FAR, {"if": [CURRENT, CURRENT, []]}]}, []]  # rows inside rows, in one list
NOTHING = Number(0)


# ---- lists of rows ----


def is_rows(builder: XPathBuilder, logic: Any) -> bool:
    """Return whether this is a list of rows."""
    if variable(logic) is not None:
        element = builder.find_answer(logic)
        return element is not None and element.sort == "repeat"
    found = operation(logic)
    return found is not None and found[0] in ("filter", "reduce") and is_rows(builder, found[1][0])


def build_rows(builder: XPathBuilder, logic: Any) -> Node:
    """Build a list of rows as a nodeset. Raises InexpressibleError."""
    return _rows(builder, logic)[0]


def _rows(builder: XPathBuilder, logic: Any) -> tuple[Node, Element]:
    """Return the nodeset, and the repeat group that it is of."""
    name = variable(logic)
    if name is not None:
        repeat = builder.form.keyed.get(name)
        if repeat is None or repeat.sort != "repeat":
            raise InexpressibleError("not_in_the_form")
        return builder.name_of(repeat), repeat
    found = operation(logic)
    if found and found[0] == "filter":
        return build_filtered(builder, *found[1]), _rows(builder, found[1][0])[1]
    if found and found[0] == "reduce" and found[1][1:] == ALL_OF_THEM:
        source = operation(found[1][0])
        name = variable(source[1][1]) if source and source[0] == "map" else None
        inner = builder.form.keyed.get(name) if name else None
        if source and inner is not None and inner.sort == "repeat":
            rows, outer = _rows(builder, source[1][0])
            return _below(rows, steps_between(outer, inner)), inner
    raise InexpressibleError("no_xpath")


def _below(base: Node, steps: tuple[str, ...]) -> Path:
    """Build a path from the rows downwards; steps after steps are one path."""
    if isinstance(base, Path):
        return Path((*base.steps, *steps), base.base, base.is_absolute)
    return Path(steps, base)


def _is_filtered(node: Node | None) -> bool:
    """Return whether there is a condition in it. Each nodeset takes one."""
    return isinstance(node, Filtered) or (isinstance(node, Path) and _is_filtered(node.base))


def build_filtered(builder: XPathBuilder, listed: Any, each: Any, *, is_failing: bool = False) -> Node:
    """Build the rows that meet a condition, or those that don't."""
    rows, repeat = _rows(builder, listed)
    if _is_filtered(rows):
        raise InexpressibleError("no_xpath")
    condition = builder.in_rows(repeat).condition(each).node
    return Filtered(rows, Call("not", (condition,)) if is_failing else condition)


def _some(builder: XPathBuilder, arguments: list[Any], sign: str) -> TypedNode:
    some = build_filtered(builder, *arguments)
    return build_operation(sign, Call("count", (some,)), NOTHING)


@builds_condition("some")
def _some_row(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    return _some(builder, arguments, ">")


@builds_condition("none")
def _no_row(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    return _some(builder, arguments, "=")


@builds_condition("all")
def _every_row(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build that there are rows, and none that fails."""
    listed, each = arguments
    whole = build_rows(builder, listed)
    failing = build_filtered(builder, listed, each, is_failing=True)
    none_fails = build_operation("=", Call("count", (failing,)), NOTHING)
    there_are_some = build_operation(">", Call("count", (whole,)), NOTHING)
    return build_operation("and", none_fails.node, there_are_some.node)


# ---- what rows hold ----


def build_answers(builder: XPathBuilder, logic: Any) -> Node:
    """Build one question's answers in all rows: ${name}, or rows[condition]/name. Raises InexpressibleError."""
    listed, element = _answers(builder, logic)
    rows, repeat = _rows(builder, listed)
    if not builder.row and variable(listed) is not None:
        return Ref(element.name)
    return _below(rows, steps_between(repeat, element))


def _answers(builder: XPathBuilder, logic: Any) -> tuple[Any, Element]:
    """Return, of a `map`, the rows and the question that is read in each."""
    found = operation(logic)
    name = variable(found[1][1]) if found and found[0] == "map" else None
    element = builder.form.keyed.get(name) if name else None
    if found is None or element is None or element.sort != "question":
        raise InexpressibleError("no_xpath")
    return found[1][0], element


@builds_value("sum")
def _sum(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    return build_call("sum", build_answers(builder, arguments[0]), kind="number")


@builds_value("count")
def _count(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    if is_chosen(builder, arguments[0]):
        return build_call("count-selected", builder.value(arguments[0]).node, kind="number")
    return build_call("count", build_rows(builder, arguments[0]), kind="number")


@builds_value("length")
def _length(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    if is_rows(builder, arguments[0]) or is_chosen(builder, arguments[0]):
        return _count(builder, arguments)
    return build_call("string-length", builder.text(arguments[0]).node, kind="number")


@builds_value("join")
def _join(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    listed, separator = arguments
    if is_chosen(builder, listed):
        if separator != " ":
            raise InexpressibleError("no_xpath")
        return TypedNode(builder.value(listed).node, "text")
    parts = [builder.text(separator).node]
    if isinstance(listed, list):
        parts += [builder.text(part).node for part in listed]
    else:
        parts.append(build_answers(builder, listed))
    return build_call("join", *parts, kind="text")


@builds_value("row")
def _row(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build what stands at a position: selected-at() counts from 0, indexed-repeat() from 1 as we do."""
    listed, position = arguments
    if is_chosen(builder, listed):
        if isinstance(position, int) and not isinstance(position, bool):
            at: Node = Number(position - 1)
        else:
            at = build_operation("-", builder.number(position).node, Number(1)).node
        return build_call("selected-at", builder.value(listed).node, at, kind="text")
    at = builder.number(position).node
    listed, element = _answers(builder, listed)
    rows, _repeat = _rows(builder, listed)
    if builder.row or not isinstance(rows, Ref):
        raise InexpressibleError("no_xpath")
    return build_call("indexed-repeat", Ref(element.name), rows, at, kind=element.kind)


@builds_value("reduce")
def _reduce(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build min and max as XPath has them: of the values that there are."""
    operator = _get_extreme(arguments)
    if operator is None:
        raise InexpressibleError("no_xpath")
    listed = operation(arguments[0])
    assert listed is not None
    entries = listed[1][0]
    if isinstance(entries, list):
        return build_call(operator, *(builder.number(entry).node for entry in entries), kind="number")
    return build_call(operator, build_answers(builder, entries), kind="number")


def _get_extreme(arguments: list[Any]) -> str | None:
    """Return "min" or "max" when a `reduce` looks for it among the values that there are.

    As to_logic.row_functions writes it.
    """
    listed = operation(arguments[0])
    if listed is None or listed[0] != "filter" or listed[1][1:] != [{"!=": [{"var": ""}, None]}]:
        return None
    for operator in ("min", "max"):
        step = {"if": [{"==": [SO_FAR, None]}, CURRENT, {operator: [SO_FAR, CURRENT]}]}
        if arguments[1:] == [step, None]:
            return operator
    return None


def is_chosen(builder: XPathBuilder, logic: Any) -> bool:
    """Return whether it is the answer of a question with several choices."""
    element = builder.find_answer(logic)
    return element is not None and element.kind == "choices"
