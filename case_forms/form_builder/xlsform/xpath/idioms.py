"""Operators that XPath has no function for, written out in it: one table, used both ways.

The printer fills the template; the converter knows it again, whoever wrote it.
"""

import re
from typing import TYPE_CHECKING

from .facts import operation
from .nodes import Call, Filtered, Node, Number, Operation, Path, Ref, Text
from .parsing import parse
from .typed import Typed, made
from .values import as_day, as_number

if TYPE_CHECKING:
    from .converting import Converter

# operator: XPath with ${A}, ${B} for its arguments
TEMPLATES = {
    "floor": "if(int(${A}) > ${A}, int(${A}) - 1, int(${A}))",
    "ceil": "if(int(${A}) < ${A}, int(${A}) + 1, int(${A}))",
    "age_on": "if(${A} > ${B}, '', int(format-date(${B}, '%Y')) - int(format-date(${A}, '%Y'))"
    " - if(format-date(${B}, '%m%d') < format-date(${A}, '%m%d'), 1, 0))",
    "year": "int(format-date(${A}, '%Y'))",
    "month": "int(format-date(${A}, '%m'))",
    "day": "int(format-date(${A}, '%d'))",
}
PATTERNS = {operator: parse(template) for operator, template in TEMPLATES.items()}
DATE_PARTS = ("year", "month", "day")


def idiom(converter: "Converter", node: Node) -> Typed | None:
    """What an expression of one of these forms converts to, None when it is of none. Raises XPathError."""
    if isinstance(node, Call) and node.name in ("if", "int"):
        return _template(converter, node)
    if isinstance(node, Call) and node.name == "not":
        return _all_answered(converter, node)
    if isinstance(node, Operation) and node.sign == "and":
        group = _empty_group(converter, node)
        if group is not None:
            return made("!", made("answered", group), kind="boolean")
        return _every_row(converter, node)
    if isinstance(node, Operation) and node.sign in (">", "="):
        return _some_row(converter, node)
    return None


def _template(converter: "Converter", node: Call) -> Typed | None:
    for operator, pattern in PATTERNS.items():
        holes: dict[str, Node] = {}
        if not _fits(pattern, node, holes):
            continue
        values = [converter.scalar(holes[name]) for name in sorted(holes)]
        if operator in ("floor", "ceil"):
            return made(operator, as_number(values[0], node.at), kind="number")
        if any(value.kind not in ("date", "datetime") for value in values):
            return None
        if operator in DATE_PARTS:
            return made("date_part", operator, values[0], kind="number")
        return made(operator, *map(as_day, values), kind="number")
    return None


def _fits(pattern: Node, node: Node, holes: dict[str, Node]) -> bool:
    if isinstance(pattern, Ref):
        return holes.setdefault(pattern.name, node) == node
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, Call) and isinstance(node, Call):
        same = pattern.name == node.name and len(pattern.arguments) == len(node.arguments)
        return same and all(_fits(a, b, holes) for a, b in zip(pattern.arguments, node.arguments, strict=True))
    if isinstance(pattern, Operation) and isinstance(node, Operation):
        same = pattern.sign == node.sign and len(pattern.parts) == len(node.parts)
        return same and all(_fits(a, b, holes) for a, b in zip(pattern.parts, node.parts, strict=True))
    return pattern == node


def _empty_group(converter: "Converter", node: Node) -> str | None:
    """The key of the question whose parts, all of them, are said to be empty: ${a} = '' and ${b} = ''."""
    if not isinstance(node, Operation) or node.sign != "and":
        return None
    names = []
    for part in node.parts:
        if not isinstance(part, Operation) or part.sign != "=" or part.parts[1:] != (Text(""),):
            return None
        read = part.parts[0]
        if not isinstance(read, Ref | Path) or (isinstance(read, Path) and read.base is not None):
            return None
        names.append(read.name if isinstance(read, Ref) else read.steps[-1])
    places = converter.form.named.get(names[0], [])
    group = places[0].parent if len(places) == 1 else None
    return group.key if group and group.key and group.sort == "group" and names == list(group.children) else None


def _all_answered(converter: "Converter", node: Call) -> Typed | None:
    """not(${a} = '' or ${b} = ''): both are answered."""
    inner = node.arguments[0] if len(node.arguments) == 1 else None
    group = _empty_group(converter, inner) if inner is not None else None
    if group is not None:
        return made("answered", group, kind="boolean")
    if not isinstance(inner, Operation) or inner.sign != "or":
        return None
    keys: list[str] = []
    for part in inner.parts:
        if not isinstance(part, Operation) or part.sign != "=" or part.parts[1:] != (Text(""),):
            return None
        if not isinstance(part.parts[0], Ref | Path):
            return None
        found = operation(converter.boolean(part).logic)
        asked = operation(found[1][0]) if found and found[0] == "!" else None
        if asked is None or asked[0] != "answered":
            return None
        keys += asked[1]
    return made("answered", *keys, kind="boolean")


def _counted(node: Node) -> Filtered | None:
    """R[C] of count(R[C])"""
    if isinstance(node, Call) and node.name == "count" and len(node.arguments) == 1:
        rows = node.arguments[0]
        return rows if isinstance(rows, Filtered) else None
    return None


def _some_row(converter: "Converter", node: Operation) -> Typed | None:
    """count(R[C]) > 0 and count(R[C]) = 0"""
    rows = _counted(node.parts[0])
    if rows is None or node.parts[1:] != (Number(0),):
        return None
    found = converter.filtered(rows)
    assert found.condition is not None
    whole = Typed(found.rows, "rows", found.size)
    return made("some" if node.sign == ">" else "none", whole, found.condition, kind="boolean")


def _every_row(converter: "Converter", node: Operation) -> Typed | None:
    """count(R[not(C)]) = 0 and count(R) > 0"""
    if len(node.parts) != 2 or not all(isinstance(part, Operation) for part in node.parts):
        return None
    none_fails, some_row = node.parts
    assert isinstance(none_fails, Operation)
    assert isinstance(some_row, Operation)
    failing = _counted(none_fails.parts[0]) if none_fails.sign == "=" and none_fails.parts[1:] == (Number(0),) else None
    if failing is None or not isinstance(failing.condition, Call) or failing.condition.name != "not":
        return None
    if some_row != Operation(">", (Call("count", (failing.base,)), Number(0))):
        return None
    rows = converter.filtered(Filtered(failing.base, failing.condition.arguments[0], failing.at))
    assert rows.condition is not None
    return made("all", Typed(rows.rows, "rows", rows.size), rows.condition, kind="boolean")


def filled(operator: str, *arguments: str) -> str:
    """The template with XPath in its holes."""
    given = dict(zip("AB", arguments, strict=False))
    return re.sub(r"\$\{([AB])\}", lambda hole: given[hole[1]], TEMPLATES[operator])


__all__ = ["DATE_PARTS", "filled", "idiom"]
