"""A value read as a truth value, a number, a text or a day, as XPath reads it (JavaRosa: FunctionUtils)."""

import re

from .facts import variable
from .nodes import XPathError
from .typed import Typed, literal, made

NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
EPOCH = "1970-01-01"


def answered(value: Typed) -> Typed:
    """Whether there is something: an answer, or a result that isn't nothing."""
    name = variable(value.logic)
    if name is not None:
        return made("answered", name, kind="boolean")
    if value.is_literal:
        return literal(value.logic not in (None, ""))
    return made("!!", value, kind="boolean") if value.kind == "text" else made("!=", value, None, kind="boolean")


def as_boolean(value: Typed) -> Typed:
    """A text is true when it isn't empty, a number when it isn't 0."""
    if value.kind == "boolean":
        return value
    if value.is_literal:
        return literal(bool(value.logic))
    if value.kind == "number":
        return made("!!", value, kind="boolean")
    return answered(value)


def number_in(text: str) -> int | float | None:
    """The number a text is to XPath, None when it is none."""
    stripped = text.strip()
    if not NUMBER.fullmatch(stripped):
        return None
    value = float(stripped)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def as_number(value: Typed, at: int) -> Typed:
    """Raises XPathError for what is never a number."""
    if value.kind in ("number", "boolean"):
        return value
    if value.kind in ("date", "datetime"):
        day = as_day(value)
        return Typed(made("days_between", EPOCH, day).logic, "number", day.size + 2, day=day)
    if value.is_literal:
        number = number_in(str(value.logic or ""))
        if number is None:
            raise XPathError("not_a_number", at)
        return literal(number)
    if value.kind in ("text", "choice"):
        return value
    raise XPathError("no_number", at)


def as_text(value: Typed, at: int) -> Typed:
    """Raises XPathError for what has no text we could make."""
    if value.kind == "choices":
        return made("join", value, " ")
    if value.kind == "datetime":
        return as_day(value).as_kind("text")
    if value.kind in ("object", "rows"):
        raise XPathError("no_text", at)
    return value if value.kind in ("text", "choice", "date", "time") else made("cat", value)


def as_day(value: Typed) -> Typed:
    """The calendar day of a date or moment."""
    return made("add_days", value, 0, kind="date") if value.kind == "datetime" else value
