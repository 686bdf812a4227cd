"""Functions on one number, one text, or one day, moment or time of day."""

import re
from datetime import date
from typing import Any

from case_forms.expressions.limits import LogicError
from case_forms.expressions.patterns import get_pattern

from ..equivalents import DATE_SIGNS, ISO_DATE, has_alternatives
from ..facts import facts
from ..nodes import Call, Node, Number, Text, XPathError
from .coercion import EPOCH, answered, as_day, as_number, as_text
from .converter import Converter, converts_function
from .typed import TypedLogic, build, build_literal

# ---- numbers ----


@converts_function("number", 1)
def number(converter: Converter, node: Call) -> TypedLogic:
    value = converter.number(node.arguments[0])
    return value if value.kind == "number" else build("+", value, kind="number")


@converts_function("int", 1)
def int_(converter: Converter, node: Call) -> TypedLogic:
    """Convert int(), which cuts off at the point, towards 0."""
    value = converter.number(node.arguments[0])
    known = facts(value.logic, converter.find)
    if value.is_literal and isinstance(value.logic, int | float):
        return build_literal(int(value.logic))
    if known.whole and value.kind == "number":
        return value
    if known.least is not None and known.least >= 0:
        return build("floor", value, kind="number")
    return build("-", value, build("%", value, 1, kind="number"), kind="number")


@converts_function("round", 1, 2)
def round_(converter: Converter, node: Call) -> TypedLogic:
    return build("round", *(converter.number(argument) for argument in node.arguments), kind="number")


@converts_function("floor", 1)
def floor(converter: Converter, node: Call) -> TypedLogic:
    return build("floor", converter.number(node.arguments[0]), kind="number")


@converts_function("ceiling", 1)
def ceiling(converter: Converter, node: Call) -> TypedLogic:
    return build("ceil", converter.number(node.arguments[0]), kind="number")


@converts_function("abs", 1)
def abs_(converter: Converter, node: Call) -> TypedLogic:
    return build("abs", converter.number(node.arguments[0]), kind="number")


@converts_function("pow", 2)
def pow_(converter: Converter, node: Call) -> TypedLogic:
    base, power = converter.number(node.arguments[0]), node.arguments[1]
    if not isinstance(power, Number) or power.value not in (1, 2, 3):
        raise XPathError("unknown_function", node.at, name="pow")
    return build("*", *[base] * int(power.value), kind="number")


# ---- texts ----


@converts_function("concat", 0, 200)
def concat(converter: Converter, node: Call) -> TypedLogic:
    parts = [_joinable(converter.scalar(argument), node.at) for argument in node.arguments]
    if all(part.is_literal and isinstance(part.logic, str) for part in parts) and any(p.logic == "'" for p in parts):
        return build_literal("".join(str(part.logic) for part in parts))
    return build("cat", *parts)


def _joinable(value: TypedLogic, at: int) -> TypedLogic:
    """Return what `cat` writes as XPath does: numbers and truth values it knows itself."""
    return value if value.kind in ("number", "boolean", "yesno") else as_text(value, at)


@converts_function("string", 1)
def string(converter: Converter, node: Call) -> TypedLogic:
    return as_text(converter.scalar(node.arguments[0]), node.at).as_kind("text")


@converts_function("string-length", 1)
def string_length(converter: Converter, node: Call) -> TypedLogic:
    return build("length", converter.text(node.arguments[0]), kind="number")


@converts_function("regex", 2)
def regex(converter: Converter, node: Call) -> TypedLogic:
    value, pattern = converter.text(node.arguments[0]), node.arguments[1]
    if not isinstance(pattern, Text):
        raise XPathError("pattern_not_written", pattern.at)
    whole = _whole_match(pattern.value)
    try:
        # Refused here already, with the place in the workbook; the form's own check would refuse it later.
        get_pattern(whole)
    except LogicError as error:
        raise XPathError("pattern_refused", pattern.at, reason=str(error)) from None
    return build("matches", value, whole, kind="boolean")


def _whole_match(pattern: str) -> str:
    """Return the pattern for `matches` with ^ and $: XPath's regex() is about the whole text."""
    # An escaped dollar at the end is a character, not an anchor.
    begins, ends = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    if has_alternatives(pattern):
        return f"^(?:{pattern})$"
    return f"{'' if begins else '^'}{pattern}{'' if ends else '$'}"


@converts_function("contains", 2)
def contains(converter: Converter, node: Call) -> TypedLogic:
    hay, needle = (converter.text(argument) for argument in node.arguments)
    found = build("in", needle, hay, kind="boolean")
    if needle.is_literal and needle.logic:
        return found
    if needle.element and converter.is_there(needle):
        return found
    return build("or", build("!", answered(needle)), found, kind="boolean")


@converts_function("starts-with", 2)
def starts_with(converter: Converter, node: Call) -> TypedLogic:
    text, start = converter.text(node.arguments[0]), _written_out(node.arguments[1])
    return build("==", build("substr", text, 0, len(start)), start, kind="boolean") if start else build_literal(True)


@converts_function("ends-with", 2)
def ends_with(converter: Converter, node: Call) -> TypedLogic:
    text, end = converter.text(node.arguments[0]), _written_out(node.arguments[1])
    return build("==", build("substr", text, -len(end)), end, kind="boolean") if end else build_literal(True)


def _written_out(node: Node) -> str:
    if not isinstance(node, Text):
        raise XPathError("must_be_written", node.at)
    return node.value


@converts_function("substr", 2, 3)
def substr(converter: Converter, node: Call) -> TypedLogic:
    """Convert substr(text, start, end): positions from 0, the end not included; ours has a length."""
    text = converter.text(node.arguments[0])
    positions = [argument.value if isinstance(argument, Number) else None for argument in node.arguments[1:]]
    if any(not isinstance(position, int) for position in positions):
        raise XPathError("must_be_written", node.at)
    start, end = [*positions, None][:2]
    assert isinstance(start, int)
    if end is None:
        return build("substr", text, start)
    if start < 0 or end < 0:
        raise XPathError("must_be_written", node.at)
    return build("substr", text, start, max(end - start, 0))


# ---- days, moments and times of day ----


@converts_function("today", 0)
def today(converter: Converter, node: Call) -> TypedLogic:
    return converter.today()


@converts_function("now", 0)
def now(converter: Converter, node: Call) -> TypedLogic:
    if converter.row:
        raise XPathError("outside_of_rows", node.at, name="now()")
    return TypedLogic({"var": "_now"}, "datetime", 2)


@converts_function("date", 1)
def get_date(converter: Converter, node: Call) -> TypedLogic:
    value = converter.scalar(node.arguments[0])
    if value.logic == {"var": "_today"}:
        return TypedLogic({"today": []}, "date", 2)
    if value.kind in ("date", "datetime"):
        return as_day(value)
    if value.day is not None:
        return value.day
    if value.is_literal and value.kind == "text":
        return build_literal(_iso_date(str(value.logic), node.at)).as_kind("date")
    if value.kind == "number":
        days = value if converter.is_whole(value) else build("floor", value, kind="number")
        return build("add_days", EPOCH, days, kind="date")
    return build("add_days", as_text(value, node.at), 0, kind="date")


def _iso_date(text: str, at: int) -> str | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text[:10] if ISO_DATE.match(text) else "")
    except ValueError:
        raise XPathError("not_a_date", at) from None
    return found.isoformat()


@converts_function("date-time", 1)
def date_time(converter: Converter, node: Call) -> TypedLogic:
    value = converter.scalar(node.arguments[0])
    return value if value.kind == "datetime" else get_date(converter, node)


@converts_function("format-date", 2)
@converts_function("format-date-time", 2)
def format_date(converter: Converter, node: Call) -> TypedLogic:
    """Convert format-date(day, '%Y-%m-%d') to pieces of the date's own text."""
    value, form = converter.scalar(node.arguments[0]), _written_out(node.arguments[1])
    if value.kind not in ("date", "datetime"):
        value = get_date(converter, Call("date", node.arguments[:1], node.at))
    parts: list[Any] = []
    for piece in re.findall(r"%.|[^%]+", form):
        if piece in DATE_SIGNS and (DATE_SIGNS[piece][0] < 10 or value.kind == "datetime"):
            parts.append(build("substr", value, *DATE_SIGNS[piece]))
        elif piece in ("%n", "%e"):
            parts.append(build("date_part", "month" if piece == "%n" else "day", value))
        elif piece.startswith("%"):
            raise XPathError("date_format", node.at, sign=piece)
        else:
            parts.append(piece)
    if len(parts) == 1 and isinstance(parts[0], TypedLogic):
        return parts[0]
    text = build("cat", *parts)
    needs = facts(value.logic, converter.find).needs
    # `cat` writes nothing for null: without the condition a missing date would become the separators alone, "--".
    if needs is not None and converter.known.issuperset(needs):
        return text
    return build("if", build("answered", *needs) if needs else answered(value), text, None)


@converts_function("decimal-date-time", 1)
def decimal_date_time(converter: Converter, node: Call) -> TypedLogic:
    """Convert to days since 1970, of a date; a moment has fractions of a day, which we can't count."""
    value = converter.scalar(node.arguments[0])
    if value.kind == "datetime":
        raise XPathError("moments", node.at)
    day = value if value.kind == "date" else get_date(converter, node)
    return as_number(day, node.at)


@converts_function("decimal-time", 1)
def decimal_time(converter: Converter, node: Call) -> TypedLogic:
    """Convert to the part of a day that has passed."""
    time = converter.scalar(node.arguments[0])
    if time.kind != "time":
        raise XPathError("moments", node.at)
    hours, minutes = (build("+", build("substr", time, start, 2), kind="number") for start in (0, 3))
    return build("/", build("+", build("*", hours, 60), minutes), 1440, kind="number")
