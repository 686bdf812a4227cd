"""Cells that hold a value: defaults, bounds, parameters."""

import re
from datetime import date
from typing import Any

from case_forms.questions import registry

from .rows import Row
from .xpath.places import Place
from .xpath.values import number_in

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9].*)?")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")


def get_default(ours: str, written: str, place: Place) -> Any:
    """A static default as an answer; None when it can't be one."""
    kind = registry.get(ours).value_kind
    if ours == "boolean":
        return {"true": True, "false": False}.get(written.lower())
    if kind == "number":
        return number_in(written)
    if kind == "choices":
        return [place.value_of(word) for word in written.split()] or None
    if kind == "choice":
        return place.value_of(written)
    if kind == "date":
        day = DAY.fullmatch(written)
        return day[1] if day else written
    if kind == "time":
        clock = CLOCK.fullmatch(written)
        return f"{clock[1]}:{clock[2]}" if clock else None
    return written if kind in ("text", "datetime") else None


def get_bound(ours: str, written: str) -> Any:
    """What vatra::min and vatra::max hold: a number, a day, "today", a time."""
    if ours in ("date", "datetime", "approximate_date"):
        day = DAY.fullmatch(written)
        return "today" if written == "today" else (day[1] if day and _is_day(day[1]) else None)
    if ours == "time":
        clock = CLOCK.fullmatch(written)
        return f"{clock[1]}:{clock[2]}" if clock else None
    return number_in(written)


def _is_day(written: str) -> bool:
    try:
        return bool(date.fromisoformat(written))
    except ValueError:
        return False


def get_parameters(row: Row) -> dict[str, str] | None:
    """The parameters of a row; None when they can't be read."""
    found: dict[str, str] = {}
    for part in re.split(r"[\s,;]+", row.get("parameters")):
        if not part:
            continue
        name, sign, value = part.partition("=")
        if not sign or not name:
            return None
        found[name.strip().lower()] = value.strip()
    return found


def get_months(written: str) -> int | None:
    return int(written) if written.isdigit() and len(written) <= 3 and 1 <= int(written) <= 600 else None
