"""Functions on several values: rows of repeat groups, their answers, and any number of arguments."""

from ..elements import Element
from ..facts import variable
from ..nodes import Call, Path, XPathError
from .coercion import as_number, as_text
from .converter import Converter, converts_function
from .typed import Rows, TypedLogic, build


@converts_function("min", 1, 200)
@converts_function("max", 1, 200)
def extreme(converter: Converter, node: Call) -> TypedLogic:
    """Convert min and max of several values, or of the answers in rows. Missing answers are skipped."""
    values = [converter.value(argument) for argument in node.arguments]
    if len(values) == 1 and isinstance(values[0], Rows):
        return _find_extreme(node.name, values[0].listed)
    numbers = [as_number(_one_value(value, node.at), node.at) for value in values]
    if all(map(converter.is_there, numbers)):
        return build(node.name, *numbers, kind="number")
    numbers = [build("+", each, kind="number") if each.kind != "number" else each for each in numbers]
    size = 1 + sum(number.size for number in numbers)
    return _find_extreme(node.name, TypedLogic([number.logic for number in numbers], "rows", size))


def _find_extreme(operator: str, listed: TypedLogic) -> TypedLogic:
    """Build the smallest or largest of the values that there are in a list."""
    # Our own min and max have no value when one of theirs is missing; ODK's skip it.
    there = build("filter", listed, build("!=", TypedLogic({"var": ""}, size=2), None))
    so_far, current = TypedLogic({"var": "accumulator"}, size=2), TypedLogic({"var": "current"}, size=2)
    step = build("if", build("==", so_far, None), current, build(operator, so_far, current))
    return build("reduce", there, step, None, kind="number")


def _one_value(value: TypedLogic | Rows, at: int) -> TypedLogic:
    if isinstance(value, Rows):
        raise XPathError("several_answers", at)
    return value


@converts_function("count", 1)
def count(converter: Converter, node: Call) -> TypedLogic:
    rows = converter.rows(node.arguments[0])
    # ODK counts the rows that have the question at all; which those are, JSON-Logic can't see.
    if rows.value is not None and not rows.is_always_asked:
        raise XPathError("count_of_some", node.at)
    return build("count", Rows(rows.rows, rows.repeat, rows.size, rows.condition).listed, kind="number")


@converts_function("count-non-empty", 1)
def count_non_empty(converter: Converter, node: Call) -> TypedLogic:
    rows = converter.rows(node.arguments[0])
    name = variable(rows.value)
    if name is None:
        raise XPathError("no_rows", node.at)
    some = rows.listed if rows.condition else TypedLogic(rows.rows, size=rows.size)
    return build("count", build("filter", some, build("answered", name)), kind="number")


@converts_function("sum", 1)
def sum_(converter: Converter, node: Call) -> TypedLogic:
    return build("sum", converter.rows(node.arguments[0]).listed, kind="number")


@converts_function("join", 2, 200)
def join(converter: Converter, node: Call) -> TypedLogic:
    separator = converter.text(node.arguments[0])
    values = [converter.value(argument) for argument in node.arguments[1:]]
    if len(values) == 1 and isinstance(values[0], Rows):
        return build("join", values[0].listed, separator)
    texts = [as_text(_one_value(value, node.at), node.at) for value in values]
    size = 1 + sum(text.size for text in texts)
    return build("join", TypedLogic([text.logic for text in texts], "rows", size), separator)


@converts_function("position", 0, 1)
def position(converter: Converter, node: Call) -> TypedLogic:
    """Convert position(..): which row this is, from 1."""
    if not node.arguments:
        raise XPathError("position_in_brackets", node.at)
    path = node.arguments[0]
    element: Element | None = converter.here
    if not isinstance(path, Path) or set(path.steps) != {".."} or path.base or path.is_absolute or converter.row:
        raise XPathError("not_a_position", node.at)
    for _step in path.steps:
        element = element.parent if element else None
    repeats = converter.here.repeats
    if not repeats or element is not repeats[-1]:
        raise XPathError("not_a_position", node.at)
    return TypedLogic({"var": "_position"}, "number", 2)


@converts_function("indexed-repeat", 3, 5)
def indexed_repeat(converter: Converter, node: Call) -> TypedLogic:
    """Convert indexed-repeat(${name}, ${repeat}, n): the answer in the n-th row."""
    if len(node.arguments) != 3:
        raise XPathError("two_indexes", node.at)
    target = converter.rows(node.arguments[0])
    rows = converter.rows(node.arguments[1])
    if target.value is None or rows.repeat is not target.repeat or rows.rows != target.rows:
        raise XPathError("no_rows", node.at)
    return build("row", target.listed, converter.number(node.arguments[2]), kind=target.kind)
