"""What the pages about a person's own data offer, as data (`data/rights.json`), and the terms in days."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from access.languages import get_current_language
from access.models import localize

FILE = Path(__file__).parent / "data" / "rights.json"


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return data


def get_refusals(kind: str) -> list[tuple[str, str]]:
    """Return (code, label) of the reasons for which a request of this kind can be refused."""
    allowed = {row["value"] for row in _data()["refusals"] if kind in row.get("kinds", [kind])}
    return [(code, label) for code, label in get_choices("refusals") if code in allowed]


def get_erasure_rules() -> Mapping[str, Any]:
    """Return what the file says of erasures: backup_months, proceedings, asked_in_form."""
    rules: Mapping[str, Any] = _data()["erasure"]
    return rules


def get_choices(name: str) -> list[tuple[str, str]]:
    """Return (code, label in the active language): received_through, identity, refusals, left_out, handed_to."""
    language = get_current_language()
    return [(row["value"], localize(row["label"], language)) for row in _data()[name]]


def label_choice(name: str, value: str) -> str:
    """Return the label of a stored code. An unknown code is its own label."""
    return dict(get_choices(name)).get(value, value)


def is_proof_for(identity: str, through: str) -> bool:
    """Say whether a proof of identity suits the way on which the request came: no code word speaks for a lawyer."""
    return any(row["value"] == identity and through in row["through"] for row in _data()["identity"])


def get_days(name: str) -> int:
    """Return a term in days: answer_days, remind_days_before, file_days, erase_days."""
    days: int = _data()["terms"][name]["days"]
    return days
