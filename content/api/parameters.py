"""Query parameters: declared once, checked strictly, and described in OpenAPI from the same declaration."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict

from .json_schema import Schema, enum, integer, string

ID_MAX = 2**31 - 1
LIMIT, LIMIT_MAX, OFFSET_MAX = 20, 100, 1_000_000
NO_NUL = r"^[^\x00]+$"
_WHOLE = re.compile(r"[0-9]{1,10}")


class BadParameters(Exception):
    """Parameters that don't fit: [{"parameter", "message"}]. Answered with 400."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("refused")
        self.errors = errors


@dataclass(frozen=True)
class Parameter:
    """One query parameter. `schema` is what the description says and what a value is checked against."""

    name: str
    schema: Schema
    description: str
    is_required: bool = False

    def value(self, raw: str) -> Any:
        """Return the value in Python. Raises ValueError with what would be right, never with what was sent."""
        kinds: dict[str, Callable[[str], Any]] = {"integer": self._whole, "boolean": _truth}
        return kinds.get(self.schema["type"], self._text)(raw)

    def _whole(self, raw: str) -> int:
        low, high = self.schema.get("minimum", 0), self.schema.get("maximum", ID_MAX)
        # `int()` would also take "٣", " 3" and "1_000". At most ten digits, so that it never meets a huge number.
        if not _WHOLE.fullmatch(raw) or not low <= int(raw) <= high:
            raise ValueError(f"A whole number from {low} to {high}.")
        return int(raw)

    def _text(self, raw: str) -> Any:
        if "enum" in self.schema and raw not in self.schema["enum"]:
            raise ValueError("One of: " + ", ".join(self.schema["enum"]) + ".")
        if "\x00" in raw or not _is_text(raw):
            raise ValueError("Text without control characters.")
        if not self.schema.get("minLength", 0) <= len(raw) <= self.schema.get("maxLength", 500):
            raise ValueError(
                f"At least {self.schema.get('minLength', 0)}, at most {self.schema['maxLength']} characters."
            )
        if "pattern" in self.schema and not _fits(self.schema["pattern"], raw):
            raise ValueError("It doesn't have the form that the description gives.")
        if self.schema.get("format") == "date":
            return _day(raw)
        return raw


def _fits(pattern: str, raw: str) -> bool:
    """Return whether the whole value matches: Python's `$` lets a line's end through that JSON Schema's doesn't."""
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), raw, re.ASCII) is not None


def _is_text(raw: str) -> bool:
    """Return whether it can be encoded: half of a surrogate pair can't be stored or searched for."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return False
    return True


def _truth(raw: str) -> bool:
    if raw not in ("true", "false"):
        raise ValueError("true or false.")
    return raw == "true"


def _day(raw: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        raise ValueError("A day such as 2026-11-24.")
    try:
        return date.fromisoformat(raw)
    except ValueError:
        # The pattern lets 30 February through; `fromisoformat` alone would take other forms of ISO 8601.
        raise ValueError("A day such as 2026-11-24.") from None


def read(sent: QueryDict, declared: Iterable[Parameter]) -> dict[str, Any]:
    """Return {name: value} of what was sent. Raises BadParameters with each that is unknown, doubled or doesn't fit."""
    known = {parameter.name: parameter for parameter in declared}
    values, errors = {}, []
    for name, raws in sent.lists():
        parameter = known.get(name)
        if parameter is None:
            continue
        # Which one counts differs from framework to framework; Django would take the last.
        if len(raws) > 1:
            errors.append({"parameter": name, "message": "Once only."})
            continue
        try:
            values[name] = parameter.value(raws[0])
        except ValueError as refused:
            errors.append({"parameter": name, "message": str(refused)})
    missing = [each.name for each in known.values() if each.is_required and each.name not in sent]
    errors += [{"parameter": name, "message": "Needed."} for name in missing]
    if set(sent) - set(known):
        errors.append({"parameter": "", "message": "Known are: " + ", ".join(sorted(known)) + "."})
    if errors:
        raise BadParameters(errors)
    return values


def names_pattern(names: Iterable[str]) -> str:
    """Return the pattern of what `fields` may say: `*`, `*,-a`, `_,a`, or `a,-b`."""
    any_name = "(?:" + "|".join(sorted(names)) + ")"
    return rf"^(?:\*(?:,-{any_name})*|_(?:,{any_name})*|-?{any_name}(?:,-?{any_name})*)$"


def fields_parameter(names: Iterable[str]) -> Parameter:
    return Parameter(
        "fields",
        string(maxLength=500, pattern=names_pattern(names)),
        "Which fields to show: `title,body` adds to those shown by default, `-title` leaves one out, `*` is all, "
        "`_,title` only those named. A field that an object doesn't have is left out.",
    )


def order_parameter(names: Iterable[str]) -> Parameter:
    any_name = "-?(?:" + "|".join(sorted(names)) + ")"
    return Parameter(
        "order",
        string(maxLength=120, pattern=rf"^{any_name}(?:,{any_name})*$"),
        "By which fields to sort, the first counting most; `-` before a name turns it round.",
    )


def id_parameter(name: str, description: str) -> Parameter:
    return Parameter(name, integer(minimum=1, maximum=ID_MAX), description)


SEARCH = (
    Parameter("search", string(minLength=1, maxLength=200, pattern=NO_NUL), "Words to look for."),
    Parameter("search_operator", enum(["and", "or"]), "Whether all words must be found (`and`) or any (`or`)."),
)
PAGING = (
    Parameter("limit", integer(minimum=0, maximum=LIMIT_MAX, default=LIMIT), f"How many to show, at most {LIMIT_MAX}."),
    Parameter("offset", integer(minimum=0, maximum=OFFSET_MAX, default=0), "How many to leave out at the beginning."),
)
