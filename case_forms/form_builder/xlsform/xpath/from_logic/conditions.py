"""XPath for operators that are true or false."""

import re
from typing import Any

from ..equivalents import has_alternatives
from ..facts import facts, may_be_empty, operation, variable
from ..nodes import EMPTY, Call, Node, Number, Operation, Text
from ..null_guards import guarantees
from .builder import (
    InexpressibleError,
    TypedNode,
    XPathBuilder,
    build_call,
    build_operation,
    build_truth,
    builds_condition,
)
from .comparisons import TEXTS, build_guarded
from .rows import build_rows

ALWAYS_KNOWN = ("_today", "_now", "_position")


# ---- answered or not ----


@builds_condition("answered")
def _answered(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    if not all(isinstance(key, str) for key in arguments):
        raise InexpressibleError("no_xpath")
    empty = [_empty(builder, key) for key in arguments]
    if len(empty) > 1:
        return build_call("not", Operation("or", tuple(empty)))
    [whole] = empty
    if isinstance(whole, Operation) and whole.sign == "=":
        left, nothing = whole.parts
        return build_operation("!=" if nothing == EMPTY else ">", left, nothing)
    return build_call("not", whole)


def _empty(builder: XPathBuilder, key: str) -> Node:
    """Build that the key has no answer.

    "${key} = ''", "count(${key}) = 0", or that all parts of a question have none.
    """
    element = builder.find(key)
    if key in ALWAYS_KNOWN or element is None or element.sort not in ("repeat", "group"):
        return Operation("=", (builder.reference(key).node, EMPTY))
    if element.sort == "repeat":
        return Operation("=", (Call("count", (build_rows(builder, {"var": key}),)), Number(0)))
    parts = [Operation("=", (builder.name_of(child), EMPTY)) for child in element.children.values() if child.key]
    if not parts:
        raise InexpressibleError("no_xpath")
    return parts[0] if len(parts) == 1 else Operation("and", tuple(parts))


# ---- and, or, not ----


@builds_condition("!")
def _not(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    inner = operation(arguments[0])
    # An `and` or `or` of one part is that part.
    while inner and inner[0] in ("and", "or") and len(inner[1]) == 1:
        inner = operation(inner[1][0])
    if inner and inner[0] == "answered" and len(inner[1]) == 1 and isinstance(inner[1][0], str):
        return TypedNode(_empty(builder, inner[1][0]), "boolean")
    node = builder.condition(arguments[0]).node
    if inner and inner[0] == "!" and isinstance(node, Operation) and node.sign == "and":
        # Not that all parts are empty: as it is said, for the reading back takes "not(a = '' and b = '')" for answered.
        node = Call("not", (builder.condition(inner[1][0]).node,))
    return build_call("not", node)


@builds_condition("!!")
def _twice(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    found = builder.value(arguments[0])
    if found.kind == "text" and variable(arguments[0]) is None:
        return build_truth(found)
    condition = builder.condition(arguments[0])
    is_said = isinstance(condition.node, Call) and condition.node.name == "boolean"
    return condition if is_said else build_call("boolean", condition.node)


@builds_condition("and")
def _and(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build an `and`, in which what a part has asked counts as known in those after it."""
    guarded = build_guarded(builder, arguments)
    if guarded is not None:
        return guarded
    before, parts = builder.known, []
    for argument in arguments:
        parts.append(builder.condition(argument))
        builder.knows(guarantees(argument))
    builder.known = before
    return _joined("and", parts)


@builds_condition("or")
def _or(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    contains = _contains(builder, arguments)
    return contains or _joined("or", [builder.condition(argument) for argument in arguments])


def _joined(sign: str, parts: list[TypedNode]) -> TypedNode:
    return parts[0] if len(parts) == 1 else build_operation(sign, *(part.node for part in parts))


# ---- texts and choices ----


def _contains(builder: XPathBuilder, arguments: list[Any]) -> TypedNode | None:
    """Build contains(text, part) for a text in a text, or none to look for. None for anything else."""
    found = operation(arguments[-1])
    if len(arguments) != 2 or found is None or found[0] != "in" or isinstance(found[1][1], list):
        return None
    needle, hay = found[1]
    name = variable(needle)
    nothing = {"!": [{"answered": [name]} if name else {"!!": [needle]}]}
    if arguments[0] != nothing or builder.value(hay).kind not in TEXTS:
        return None
    return build_call("contains", builder.value(hay).node, builder.text(needle).node)


@builds_condition("in")
def _in(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    needle, hay = arguments
    if isinstance(hay, list):
        return _one_of(builder, needle, hay)
    kind = builder.kind_of(hay) if isinstance(hay, dict) else "text"
    if kind == "choices":
        return build_call("selected", builder.value(hay).node, _choice(builder, needle, hay))
    if kind not in TEXTS or (isinstance(needle, str) and not needle):
        raise InexpressibleError("no_xpath")
    found = build_call("contains", builder.value(hay).node, builder.text(needle).node)
    if facts(needle, builder.find).is_sure and not may_be_empty(needle):
        return found
    name = variable(needle)
    if name is None:
        raise InexpressibleError("no_xpath")
    return build_operation("and", _answered(builder, [name]).node, found.node)


def _choice(builder: XPathBuilder, needle: Any, hay: Any) -> Node:
    """Build what is looked for among choices, in the XLSForm's words."""
    if isinstance(needle, str):
        element = builder.find_answer(hay)
        written = element.get_written_value(needle) if element else needle
        # Chosen values are one text with blanks between them, in which a value with a blank would be two.
        if not written or " " in written:
            raise InexpressibleError("no_xpath")
        return Text(written)
    found = builder.value(needle)
    if found.kind not in TEXTS:
        raise InexpressibleError("no_xpath")
    return found.node


def _one_of(builder: XPathBuilder, needle: Any, values: list[Any]) -> TypedNode:
    """Build one of several constants: selected('a b', ${x}); numbers are compared one by one."""
    found = builder.value(needle)
    if found.kind in TEXTS and values and all(isinstance(value, str) for value in values):
        return build_call("selected", Text(_choices(builder, needle, values)), found.node)
    if found.kind == "number" and values and all(type(value) in (int, float) for value in values):
        return _or(builder, [{"==": [needle, value]} for value in values])
    raise InexpressibleError("no_xpath")


def _choices(builder: XPathBuilder, needle: Any, values: list[str]) -> str:
    """Return the values of choices as one text with blanks between them."""
    element = builder.find_answer(needle)
    written = [element.get_written_value(value) if element else value for value in values]
    if any(not value or re.search(r"\s", value) for value in written):
        raise InexpressibleError("no_xpath")
    return " ".join(written)


@builds_condition("matches")
def _matches(builder: XPathBuilder, arguments: list[Any]) -> TypedNode:
    """Build regex(), which in XPath is about the whole text."""
    found, pattern = builder.text(arguments[0]), arguments[1]
    if not isinstance(pattern, str):
        raise InexpressibleError("no_xpath")
    if not (pattern.startswith("^") and pattern.endswith("$")) or has_alternatives(pattern):
        # "." doesn't match the end of a line.
        pattern = f"(.|\\s)*(?:{pattern})(.|\\s)*"
    return build_call("regex", found.node, Text(pattern))
