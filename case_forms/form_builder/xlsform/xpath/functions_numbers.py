"""Functions on numbers, and on the rows of repeat groups."""

from typing import TYPE_CHECKING

from .facts import facts, variable
from .functions_texts import get_text
from .nodes import Call, Node, Number, Path, XPathError
from .places import Place
from .typed import Rows, Typed, literal, made
from .values import as_number, as_text

if TYPE_CHECKING:
    from .converting import Converter


def number(converter: "Converter", node: Call) -> Typed:
    value = converter.number(node.arguments[0])
    return value if value.kind == "number" else made("+", value, kind="number")


def int_(converter: "Converter", node: Call) -> Typed:
    """Cut off at the point, towards 0."""
    value = converter.number(node.arguments[0])
    known = facts(value.logic, converter.find)
    if value.is_literal and isinstance(value.logic, int | float):
        return literal(int(value.logic))
    if known.whole and value.kind == "number":
        return value
    if known.least is not None and known.least >= 0:
        return made("floor", value, kind="number")
    return made("-", value, made("%", value, 1, kind="number"), kind="number")


def round_(converter: "Converter", node: Call) -> Typed:
    return made("round", *(converter.number(argument) for argument in node.arguments), kind="number")


def abs_(converter: "Converter", node: Call) -> Typed:
    return made("abs", converter.number(node.arguments[0]), kind="number")


def pow_(converter: "Converter", node: Call) -> Typed:
    base, power = converter.number(node.arguments[0]), node.arguments[1]
    if not isinstance(power, Number) or power.value not in (1, 2, 3):
        raise XPathError("unknown_function", node.at, name="pow")
    return made("*", *[base] * int(power.value), kind="number")


def extreme(converter: "Converter", node: Call) -> Typed:
    """min, max: of several values, or of the answers in rows. What has no answer is passed over."""
    values = [converter.value(argument) for argument in node.arguments]
    if len(values) == 1 and isinstance(values[0], Rows):
        return _reduced(node.name, values[0].listed, node.at)
    numbers = [as_number(one_value(value, node.at), node.at) for value in values]
    known = [facts(number.logic, converter.find).needs for number in numbers]
    if all(needs is not None and converter.known.issuperset(needs) for needs in known):
        return made(node.name, *numbers, kind="number")
    numbers = [made("+", each, kind="number") if each.kind != "number" else each for each in numbers]
    size = 1 + sum(number.size for number in numbers)
    return _reduced(node.name, Typed([number.logic for number in numbers], "rows", size), node.at)


def _reduced(operator: str, listed: Typed, at: int) -> Typed:
    there = made("filter", listed, made("!=", Typed({"var": ""}, size=2), None))
    so_far, current = Typed({"var": "accumulator"}, size=2), Typed({"var": "current"}, size=2)
    step = made("if", made("==", so_far, None), current, made(operator, so_far, current))
    return made("reduce", there, step, None, kind="number")


def one_value(value: Typed | Rows, at: int) -> Typed:
    if isinstance(value, Rows):
        raise XPathError("several_answers", at)
    return value


def _rows(converter: "Converter", node: Node) -> Rows:
    found = converter.value(node)
    if not isinstance(found, Rows):
        raise XPathError("no_rows", node.at)
    return found


def count(converter: "Converter", node: Call) -> Typed:
    rows = _rows(converter, node.arguments[0])
    if rows.value is not None and not rows.is_always_asked:
        raise XPathError("count_of_some", node.at)
    return made("count", Rows(rows.rows, rows.repeat, rows.size, rows.condition).listed, kind="number")


def count_non_empty(converter: "Converter", node: Call) -> Typed:
    rows = _rows(converter, node.arguments[0])
    name = variable(rows.value)
    if name is None:
        raise XPathError("no_rows", node.at)
    return made("count", made("filter", rows.listed if rows.condition else Typed(rows.rows, size=rows.size),
                              made("answered", name)), kind="number")  # fmt: skip


def sum_(converter: "Converter", node: Call) -> Typed:
    return made("sum", _rows(converter, node.arguments[0]).listed, kind="number")


def join(converter: "Converter", node: Call) -> Typed:
    separator = get_text(converter, node.arguments[0])
    values = [converter.value(argument) for argument in node.arguments[1:]]
    if len(values) == 1 and isinstance(values[0], Rows):
        return made("join", values[0].listed, separator)
    texts = [as_text(one_value(value, node.at), node.at) for value in values]
    size = 1 + sum(text.size for text in texts)
    return made("join", Typed([text.logic for text in texts], "rows", size), separator)


def position(converter: "Converter", node: Call) -> Typed:
    """position(..): which row this is, from 1."""
    if not node.arguments:
        raise XPathError("position_in_brackets", node.at)
    path = node.arguments[0]
    place: Place | None = converter.here
    if not isinstance(path, Path) or set(path.steps) != {".."} or path.base or path.is_absolute or converter.row:
        raise XPathError("not_a_position", node.at)
    for _step in path.steps:
        place = place.parent if place else None
    repeats = converter.here.repeats
    if not repeats or place is not repeats[-1]:
        raise XPathError("not_a_position", node.at)
    return Typed({"var": "_position"}, "number", 2)


def indexed_repeat(converter: "Converter", node: Call) -> Typed:
    """indexed-repeat(${name}, ${repeat}, n): the answer in the n-th row."""
    if len(node.arguments) != 3:
        raise XPathError("two_indexes", node.at)
    target = _rows(converter, node.arguments[0])
    rows = _rows(converter, node.arguments[1])
    if target.value is None or rows.repeat is not target.repeat or rows.rows != target.rows:
        raise XPathError("no_rows", node.at)
    return made("row", target.listed, converter.number(node.arguments[2]), kind=target.kind)
