"""The types of expressions: which kinds of value a part may have, as far as that is known before it runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .dates import get_span
from .operators import get_arguments
from .values import NUMBER

TIME = re.compile(r"[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class KindInfo:
    """The kinds of value that a variable can have when there is one.

    `kind`: text, number, date, datetime, time, boolean, choice (one value), choices (a list of values), rows (a list of
    objects), object, none (no condition reads it), or any (unknown: nothing is said against it).
    `choices`: the values to choose from, None when they aren't known.
    `minimum`, `maximum`: of a number; of a date or time as text; how many choices or rows. None when there is none.
    `rows`: the kinds inside a row, or of an object's parts, by key.
    """

    kind: str
    choices: frozenset[str] | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    rows: "Mapping[str, KindInfo] | None" = field(default=None, hash=False)


ANY = KindInfo("any")
# What an organisation has chosen in its procedure stands in scope under this prefix: `_setting_adult_refusal`.
SETTING_PREFIX = "_setting_"
ALWAYS_THERE: Mapping[str, KindInfo] = {
    "_today": KindInfo("date"),
    "_occurred_on": KindInfo("date"),
    "_now": KindInfo("datetime"),
    "_position": KindInfo("number", minimum=1),
}

Scope = Mapping[str, KindInfo]


def found_in(kinds: Scope, path: Any) -> KindInfo:
    """Return the kind of what stands at a dotted path ("persons.0.age"); any when it isn't known."""
    if not isinstance(path, str) or (not path and "" not in kinds):
        return ANY
    first, *rest = path.split(".") if path not in kinds else [path]
    info = kinds.get(first) or ALWAYS_THERE.get(first) or ANY
    for name in rest:
        if info.kind == "rows" and name.isdigit():
            info = KindInfo("row", rows=info.rows)
        elif info.kind in ("row", "object") and info.rows is not None and name in info.rows:
            info = info.rows[name]
        else:
            return ANY
    return info


def get_entries(info: KindInfo) -> KindInfo:
    """Return the kind of one entry of a list of this kind."""
    if info.kind == "rows":
        return KindInfo("row", rows=info.rows)
    if info.kind == "choices":
        return KindInfo("choice", choices=info.choices)
    return info.rows[""] if info.kind == "list" and info.rows and "" in info.rows else ANY


def list_of(info: KindInfo) -> KindInfo:
    return KindInfo("list", rows={"": info})


def scope_of_entry(info: KindInfo) -> Scope:
    """Return what a loop's body can read of one entry."""
    # The empty path is the entry itself, which may be no object.
    own = {"": info}
    return {**info.rows, **own} if info.kind == "row" and info.rows else own


def readings(info: KindInfo) -> frozenset[str]:
    """Return the kinds as which a value of this kind can be compared.

    text, number, date, time, boolean, list, object.
    """
    if info.kind == "choice":
        numeric = info.choices and all(NUMBER.fullmatch(value) for value in info.choices)
        return frozenset({"text", "number"} if numeric else {"text"})
    if info.kind in ("choices", "rows", "list"):
        return frozenset({"list"})
    if info.kind in ("object", "row", "none"):
        return frozenset({"object"})
    # A datetime counts by the day that it begins with (`dates.get_day`).
    return frozenset({"date" if info.kind == "datetime" else info.kind})


def readings_of_constant(value: Any) -> frozenset[str]:
    """Return the same of a constant: "5" can be a text or a number, 1 a number or yes."""
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int | float):
        return frozenset({"number", "boolean"} if value in (0, 1) else {"number"})
    if isinstance(value, list):
        return frozenset({"list"})
    if not isinstance(value, str):
        return frozenset({"any"})
    found = {"text"}
    if NUMBER.fullmatch(value.strip()):
        found.add("number")
    if get_span(value):
        found.add("date")
    if TIME.fullmatch(value):
        found.add("time")
    return frozenset(found)


def kind_of_constant(value: Any) -> KindInfo:
    if value is None or isinstance(value, dict):
        return ANY
    if isinstance(value, bool):
        return KindInfo("boolean")
    if isinstance(value, int | float):
        return KindInfo("number")
    return KindInfo("text") if isinstance(value, str) else list_of(ANY)


def is_constant(part: Any) -> bool:
    if isinstance(part, list):
        return all(is_constant(entry) for entry in part)
    return not isinstance(part, dict)


def variable_in(part: Any) -> str:
    """Return the key of the variable that this part is about: of a loop or function, its source's.

    "" when there is none.
    """
    while isinstance(part, dict) and part:
        operator, given = next(iter(part.items()))
        arguments = get_arguments(operator, given)
        if operator == "var":
            return str(arguments[0]) if arguments and isinstance(arguments[0], str | int) else ""
        part = arguments[1] if operator == "date_part" else arguments[0] if arguments else None
    return ""
