"""How a referral may end, as data (`data/outcomes.json`). The codes are stored; a code never changes its meaning."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext

from access.languages import Texts, get_current_language
from access.models import localize

FILE = Path(__file__).parent / "data" / "outcomes.json"
CASE_CLOSED = "case_closed"  # written when the case is closed; nobody chooses it
# What a service reports as the outcome of its notice, where the notice isn't answered by steps.
FROM_REPLIES = {"declined_contact": "own_wish", "not_found": "unreachable", "passed_on": "moved_to_service"}
HAS_ARRIVED = "person_received"  # the outcome of a notice that says that the person is there


@dataclass(frozen=True)
class Outcome:
    """One outcome. `needs_words`: it says nothing without a note. `needs_next`: another service is to be found."""

    value: str
    label: Texts
    needs_words: bool = False
    needs_next: bool = False


@cache
def get_outcomes() -> dict[str, Outcome]:
    """Return the outcomes by their codes, in the order of the page."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["outcomes"]
    return {row["value"]: Outcome(**row) for row in rows}


def get_choices() -> list[tuple[str, str]]:
    """Return (code, label in the active language) of each outcome."""
    language = get_current_language()
    return [(value, localize(outcome.label, language)) for value, outcome in get_outcomes().items()]


def label_outcome(value: str) -> str:
    """Return the label of a stored outcome. An unknown code is its own label."""
    if value == CASE_CLOSED:
        return gettext("the case was closed")
    outcome = get_outcomes().get(value)
    return localize(outcome.label, get_current_language()) if outcome else value
