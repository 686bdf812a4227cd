"""Functions on days, moments and times of day."""

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from .facts import facts
from .functions_texts import written_out
from .nodes import Call, XPathError
from .typed import Typed, literal, made
from .values import EPOCH, answered, as_day, as_number, as_text

if TYPE_CHECKING:
    from .converting import Converter


ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_SIGNS = {"%Y": (0, 4), "%y": (2, 2), "%m": (5, 2), "%d": (8, 2), "%H": (11, 2), "%M": (14, 2), "%S": (17, 2)}


def today(converter: "Converter", node: Call) -> Typed:
    return converter.today()


def now(converter: "Converter", node: Call) -> Typed:
    if converter.row:
        raise XPathError("outside_of_rows", node.at, name="now()")
    return Typed({"var": "_now"}, "datetime", 2)


def get_date(converter: "Converter", node: Call) -> Typed:
    value = converter.scalar(node.arguments[0])
    if value.logic == {"var": "_today"}:
        return Typed({"today": []}, "date", 2)
    if value.kind in ("date", "datetime"):
        return as_day(value)
    if value.day is not None:
        return value.day
    if value.is_literal and value.kind == "text":
        return literal(iso_date(str(value.logic), node.at)).as_kind("date")
    if value.kind == "number":
        days = value if facts(value.logic, converter.find).whole else made("floor", value, kind="number")
        return made("add_days", EPOCH, days, kind="date")
    return made("add_days", as_text(value, node.at), 0, kind="date")


def iso_date(text: str, at: int) -> str | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text[:10] if ISO_DATE.match(text) else "")
    except ValueError:
        raise XPathError("not_a_date", at) from None
    return found.isoformat()


def date_time(converter: "Converter", node: Call) -> Typed:
    value = converter.scalar(node.arguments[0])
    return value if value.kind == "datetime" else get_date(converter, node)


def format_date(converter: "Converter", node: Call) -> Typed:
    """format-date(day, '%Y-%m-%d'): pieces of the date's own text."""
    value, form = converter.scalar(node.arguments[0]), written_out(node.arguments[1])
    if value.kind not in ("date", "datetime"):
        value = get_date(converter, Call("date", node.arguments[:1], node.at))
    parts: list[Any] = []
    for piece in re.findall(r"%.|[^%]+", form):
        if piece in DATE_SIGNS and (DATE_SIGNS[piece][0] < 10 or value.kind == "datetime"):
            parts.append(made("substr", value, *DATE_SIGNS[piece]))
        elif piece in ("%n", "%e"):
            parts.append(made("date_part", "month" if piece == "%n" else "day", value))
        elif piece.startswith("%"):
            raise XPathError("date_format", node.at, sign=piece)
        else:
            parts.append(piece)
    if len(parts) == 1 and isinstance(parts[0], Typed):
        return parts[0]
    text = made("cat", *parts)
    needs = facts(value.logic, converter.find).needs
    if needs is not None and converter.known.issuperset(needs):
        return text
    return made("if", made("answered", *needs) if needs else answered(value), text, None)


def decimal_date_time(converter: "Converter", node: Call) -> Typed:
    """Days since 1970. Of a date; a moment has fractions of a day, which we can't count."""
    value = converter.scalar(node.arguments[0])
    if value.kind == "datetime":
        raise XPathError("moments", node.at)
    day = value if value.kind == "date" else get_date(converter, node)
    return as_number(day, node.at)


def decimal_time(converter: "Converter", node: Call) -> Typed:
    """The part of a day that has passed."""
    time = converter.scalar(node.arguments[0])
    if time.kind != "time":
        raise XPathError("moments", node.at)
    hours, minutes = (made("+", made("substr", time, start, 2), kind="number") for start in (0, 3))
    return made("/", made("+", made("*", hours, 60), minutes), 1440, kind="number")
