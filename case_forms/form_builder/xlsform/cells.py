"""Conversion of cells: texts for people, keys made from names, defaults, bounds, parameters."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from case_forms.questions import registry

from ..definition.value_checks import MAX_TEXT_LENGTH
from .findings import Report
from .sheet import Row
from .xpath.elements import Element
from .xpath.parser import read_number

TAG = re.compile(
    r"</?(?:span|font|b|i|u|em|strong|br|p|div|h[1-6]|sub|sup|small|center|a|img)(?:\s[^<>]{0,300})?/?>", re.I
)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
REFERENCE = re.compile(r"\$\{\s*([^}]{1,200}?)\s*\}")
MAX_KEY_LENGTH = 64
KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9].*)?")
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")


# ---- texts ----


def clean(text: str) -> str:
    """Return the text without characters that can't be shown and without blanks around it; lines stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign for sign in text if (sign >= " " or sign in "\n\t") and not "\ud800" <= sign <= "\udfff"
    ).strip()


def clean_texts(
    texts: dict[str, str], row: Row, report: Report, *column: str, label_of: Callable[[str, str], str] | None = None
) -> dict[str, str]:
    """Return the texts without HTML and without inserted answers.

    `label_of(name, code)`: the label of a question.
    """
    return {code: _clean_text(text, code, row, report, column, label_of) for code, text in texts.items()}


def _clean_text(
    text: str,
    code: str,
    row: Row,
    report: Report,
    column: tuple[str, ...],
    label_of: Callable[[str, str], str] | None,
) -> str:
    where = (row.sheet.name, row.number, row.header(*column))
    if TAG.search(text):
        report.note("markup_removed", *where)
        # Known tags only: "<" also stands in plain texts, as in "age < 18".
        text = TAG.sub("", BREAK.sub("\n", text))
    if label_of and REFERENCE.search(text):
        report.warning("insertions", *where)
        text = REFERENCE.sub(lambda found: f"«{label_of(found[1], code)}»", text)
    return clean(text)[:MAX_TEXT_LENGTH]


# ---- keys ----


def get_key(name: str, taken: set[str], otherwise: str = "q") -> str:
    """Make a key as near to the name as possible that isn't taken yet."""
    plain = unicodedata.normalize("NFKD", name.replace("ë", "e").replace("Ë", "e")).encode("ascii", "ignore").decode()
    key = re.sub(r"[^a-z0-9_]+", "_", plain.lower()).strip("_" if not plain.isidentifier() else "")
    key = key.lstrip("_0123456789") or otherwise
    key = key[:MAX_KEY_LENGTH]
    unique, number = key, 2
    while unique in taken:
        suffix = f"_{number}"
        unique, number = key[: MAX_KEY_LENGTH - len(suffix)] + suffix, number + 1
    return unique


# ---- values ----


def get_default(ours: str, written: str, element: Element) -> Any:
    """Return a static default as an answer; None when it can't be one."""
    kind = registry.get(ours).value_kind
    if ours == "boolean":
        return {"true": True, "false": False}.get(written.lower())
    if kind == "number":
        return read_number(written)
    if kind == "choices":
        return [element.get_own_value(word) for word in written.split()] or None
    if kind == "choice":
        return element.get_own_value(written)
    if kind == "date":
        day = DAY.fullmatch(written)
        return day[1] if day else written
    if kind == "time":
        clock = CLOCK.fullmatch(written)
        return f"{clock[1]}:{clock[2]}" if clock else None
    return written if kind in ("text", "datetime") else None


def get_bound(ours: str, written: str) -> Any:
    """Return the value of vatra::min or vatra::max: a number, a day, "today", a time. None when it is none of these."""
    if ours in ("date", "datetime", "approximate_date"):
        day = DAY.fullmatch(written)
        return "today" if written == "today" else (day[1] if day and _is_day(day[1]) else None)
    if ours == "time":
        clock = CLOCK.fullmatch(written)
        return f"{clock[1]}:{clock[2]}" if clock else None
    return read_number(written)


def _is_day(written: str) -> bool:
    try:
        return bool(date.fromisoformat(written))
    except ValueError:
        return False


def get_parameters(row: Row) -> dict[str, str] | None:
    """Return the parameters of a row; None when they can't be read."""
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
