"""The reasons for closing, voiding and reopening a case, as data (`cases/data/closing_reasons.json`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from access.languages import Texts, get_current_language
from access.models import localize

FILE = Path(__file__).parent.parent / "data" / "closing_reasons.json"
REOPEN = "reopen"


@dataclass(frozen=True)
class Reason:
    """One reason. `needs_words`: it says nothing without a note."""

    value: str
    label: Texts
    needs_words: bool = False


@cache
def get_reasons(act: str) -> dict[str, Reason]:
    """Return the reasons for an act (close, void, reopen) by their codes, in the order of the page."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))[act]
    return {row["value"]: Reason(row["value"], row["label"], row.get("needs_words", False)) for row in rows}


def get_choices(act: str) -> list[tuple[str, str]]:
    """Return (code, label in the active language) of each reason for an act."""
    language = get_current_language()
    return [(value, localize(reason.label, language)) for value, reason in get_reasons(act).items()]


def label_reason(act: str, value: str) -> str:
    """Return the label of a stored reason. An unknown code is its own label."""
    reason = get_reasons(act).get(value)
    return localize(reason.label, get_current_language()) if reason else value
