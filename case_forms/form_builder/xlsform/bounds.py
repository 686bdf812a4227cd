"""What a question's own properties say of its answers, as XPath: written before the constraint, and known again."""

from collections.abc import Iterator
from typing import Any

from .xpath.printing import plain_number

DAYS = ("date", "approximate_date", "datetime")
NUMBERS = ("integer", "decimal", "duration")
PATTERNS = {
    "case_reference": "^[2-9A-HJ-NP-Za-hj-np-z]{6}$",
    "email": "^[^@ ]+@[^@ ]+[.][^@ ]+$",
    "phone": "^[+]?[0-9 ()/.-]{3,25}$",
}


def bounds(question: dict[str, Any]) -> list[str]:
    """XPath conditions that its properties and its type put on ".", each alone."""
    return list(_bounds(question))


def _bounds(question: dict[str, Any]) -> Iterator[str]:
    name = question["type"]
    for side, sign in (("min", ">="), ("max", "<=")):
        if side in question and name != "scale":
            yield f"{_counted(name)} {sign} {_bound(name, question[side])}"
    if name == "duration" and "min" not in question:
        yield ". >= 0"
    if "max_length" in question:
        yield f"string-length(.) <= {question['max_length']}"
    if name in PATTERNS:
        yield f"regex(., '{PATTERNS[name]}')"


def _counted(name: str) -> str:
    return {"select_many": "count-selected(.)", "time": "decimal-time(.)"}.get(name, ".")


def _bound(name: str, value: Any) -> str:
    if name in DAYS:
        return "today()" if value == "today" else f"date('{value}')"
    if name == "time":
        hours, _colon, minutes = str(value).partition(":")
        return f"{int(hours) * 60 + int(minutes)} div 1440"
    return plain_number(value)
