"""Equivalents of XPath and JSON-Logic that the two write differently, for both directions.

Operators that XPath has no function for are written out in it: the one direction fills the template, the other
recognises it, whoever wrote it.
"""

import re

from .nodes import Call, Node, Operation, Ref, replace_refs
from .parser import parse

# operator: XPath with ${A}, ${B} for its arguments
TEMPLATES = {
    operator: parse(written)
    for operator, written in {
        "floor": "if(int(${A}) > ${A}, int(${A}) - 1, int(${A}))",
        "ceil": "if(int(${A}) < ${A}, int(${A}) + 1, int(${A}))",
        "age_on": "if(${A} > ${B}, '', int(format-date(${B}, '%Y')) - int(format-date(${A}, '%Y'))"
        " - if(format-date(${B}, '%m%d') < format-date(${A}, '%m%d'), 1, 0))",
        "year": "int(format-date(${A}, '%Y'))",
        "month": "int(format-date(${A}, '%m'))",
        "day": "int(format-date(${A}, '%d'))",
    }.items()
}
DATE_PARTS = ("year", "month", "day")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# a sign in format-date(): where it stands in a date or moment (position, length)
DATE_SIGNS = {"%Y": (0, 4), "%y": (2, 2), "%m": (5, 2), "%d": (8, 2), "%H": (11, 2), "%M": (14, 2), "%S": (17, 2)}
MINUTES_OF_A_DAY = 1440


def fill_template(operator: str, *arguments: Node) -> Node:
    """Return the operator written out in XPath."""
    return replace_refs(TEMPLATES[operator], dict(zip("AB", arguments, strict=False)))


def match_template(operator: str, node: Node) -> list[Node] | None:
    """Return the operator's arguments when the node is its template, None when it isn't."""
    holes: dict[str, Node] = {}
    return [holes[name] for name in sorted(holes)] if _fits(TEMPLATES[operator], node, holes) else None


def _fits(pattern: Node, node: Node, holes: dict[str, Node]) -> bool:
    if isinstance(pattern, Ref):
        # An argument that stands in the template several times must be the same each time.
        return holes.setdefault(pattern.name, node) == node
    if isinstance(pattern, Call) and isinstance(node, Call):
        same = pattern.name == node.name and len(pattern.arguments) == len(node.arguments)
        return same and all(_fits(a, b, holes) for a, b in zip(pattern.arguments, node.arguments, strict=True))
    if isinstance(pattern, Operation) and isinstance(node, Operation):
        same = pattern.sign == node.sign and len(pattern.parts) == len(node.parts)
        return same and all(_fits(a, b, holes) for a, b in zip(pattern.parts, node.parts, strict=True))
    return pattern == node


def has_alternatives(pattern: str) -> bool:
    """Return whether a | divides a whole pattern.

    Then a ^ in front is of the first alternative only.
    """
    depth, in_class, escaped = 0, False, False
    for sign in pattern:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and depth == 0:
            return True
    return False
