"""Coercion of a value to a truth value, a number, a text or a day, as XPath does it (JavaRosa: FunctionUtils)."""

from ..facts import variable
from ..nodes import XPathError
from ..parser import read_number
from .typed import TypedLogic, build, build_literal

EPOCH = "1970-01-01"


def answered(value: TypedLogic) -> TypedLogic:
    """Return whether there is something: an answer, or a result that isn't nothing."""
    name = variable(value.logic)
    if name is not None:
        return build("answered", name, kind="boolean")
    if value.is_literal:
        return build_literal(value.logic not in (None, ""))
    return build("!!", value, kind="boolean") if value.kind == "text" else build("!=", value, None, kind="boolean")


def negated(value: TypedLogic) -> TypedLogic:
    """Return the opposite of a truth value."""
    return build_literal(not value.logic) if value.is_literal else build("!", value, kind="boolean")


def as_boolean(value: TypedLogic) -> TypedLogic:
    """Read as a truth value: a text is true when it isn't empty, a number when it isn't 0."""
    if value.kind == "boolean":
        return value
    if value.is_literal:
        return build_literal(bool(value.logic))
    if value.kind == "number":
        return build("!!", value, kind="boolean")
    return answered(value)


def as_number(value: TypedLogic, at: int) -> TypedLogic:
    """Read as a number. Raises XPathError for what is never one."""
    if value.kind in ("number", "boolean"):
        return value
    if value.kind in ("date", "datetime"):
        # A date is days since 1970 to XPath; `day` stays beside it, so that a comparison of two dates needs no numbers.
        day = as_day(value)
        return TypedLogic(build("days_between", EPOCH, day).logic, "number", day.size + 2, day=day)
    if value.is_literal:
        number = read_number(str(value.logic or ""))
        if number is None:
            raise XPathError("not_a_number", at)
        return build_literal(number)
    if value.kind in ("text", "choice"):
        return value
    raise XPathError("no_number", at)


def as_text(value: TypedLogic, at: int) -> TypedLogic:
    """Read as a text. Raises XPathError for what has no text we could make."""
    if value.kind == "choices":
        return build("join", value, " ")
    if value.kind == "datetime":
        return as_day(value).as_kind("text")
    if value.kind in ("object", "rows"):
        raise XPathError("no_text", at)
    return value if value.kind in ("text", "choice", "date", "time") else build("cat", value)


def as_day(value: TypedLogic) -> TypedLogic:
    """Return the calendar day of a date or moment."""
    return build("add_days", value, 0, kind="date") if value.kind == "datetime" else value
