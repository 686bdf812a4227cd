"""Functions on texts."""

from typing import TYPE_CHECKING

from case_forms.expressions.automata import automaton
from case_forms.expressions.errors import LogicError

from .facts import facts
from .nodes import Call, Node, Number, Text, XPathError
from .typed import Typed, literal, made
from .values import answered, as_text

if TYPE_CHECKING:
    from .converting import Converter


def concat(converter: "Converter", node: Call) -> Typed:
    parts = [_joinable(converter.scalar(argument), node.at) for argument in node.arguments]
    if all(part.is_literal and isinstance(part.logic, str) for part in parts) and any(p.logic == "'" for p in parts):
        return literal("".join(str(part.logic) for part in parts))
    return made("cat", *parts)


def _joinable(value: Typed, at: int) -> Typed:
    """What `cat` writes as XPath does: numbers and truth values it knows itself."""
    return value if value.kind in ("number", "boolean", "yesno") else as_text(value, at)


def string(converter: "Converter", node: Call) -> Typed:
    return as_text(converter.scalar(node.arguments[0]), node.at).as_kind("text")


def get_text(converter: "Converter", node: Node) -> Typed:
    return as_text(converter.scalar(node), node.at)


def string_length(converter: "Converter", node: Call) -> Typed:
    return made("length", get_text(converter, node.arguments[0]), kind="number")


def regex(converter: "Converter", node: Call) -> Typed:
    value, pattern = get_text(converter, node.arguments[0]), node.arguments[1]
    if not isinstance(pattern, Text):
        raise XPathError("pattern_not_written", pattern.at)
    whole = _whole_match(pattern.value)
    try:
        automaton(whole)
    except LogicError as error:
        raise XPathError("pattern_refused", pattern.at, reason=str(error)) from None
    return made("matches", value, whole, kind="boolean")


def _whole_match(pattern: str) -> str:
    """XPath's regex() is about the whole text; `matches` says so with ^ and $."""
    begins, ends = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    if has_alternatives(pattern):
        return f"^(?:{pattern})$"
    return f"{'' if begins else '^'}{pattern}{'' if ends else '$'}"


def has_alternatives(pattern: str) -> bool:
    """Whether a | reaches from end to end, so that a ^ in front is of the first alternative only."""
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


def contains(converter: "Converter", node: Call) -> Typed:
    hay, needle = (get_text(converter, argument) for argument in node.arguments)
    found = made("in", needle, hay, kind="boolean")
    needs = facts(needle.logic, converter.find).needs
    if needle.is_literal and needle.logic:
        return found
    if needle.place and needs is not None and converter.known.issuperset(needs):
        return found
    return made("or", made("!", answered(needle)), found, kind="boolean")


def starts_with(converter: "Converter", node: Call) -> Typed:
    text, start = get_text(converter, node.arguments[0]), written_out(node.arguments[1])
    return made("==", made("substr", text, 0, len(start)), start, kind="boolean") if start else literal(True)


def ends_with(converter: "Converter", node: Call) -> Typed:
    text, end = get_text(converter, node.arguments[0]), written_out(node.arguments[1])
    return made("==", made("substr", text, -len(end)), end, kind="boolean") if end else literal(True)


def written_out(node: Node) -> str:
    if not isinstance(node, Text):
        raise XPathError("must_be_written", node.at)
    return node.value


def substr(converter: "Converter", node: Call) -> Typed:
    """substr(text, start, end): positions from 0, the end not included; ours has a length."""
    text = get_text(converter, node.arguments[0])
    places = [argument.value if isinstance(argument, Number) else None for argument in node.arguments[1:]]
    if any(not isinstance(place, int) for place in places):
        raise XPathError("must_be_written", node.at)
    start, end = [*places, None][:2]
    assert isinstance(start, int)
    if end is None:
        return made("substr", text, start)
    if start < 0 or end < 0:
        raise XPathError("must_be_written", node.at)
    return made("substr", text, start, max(end - start, 0))
