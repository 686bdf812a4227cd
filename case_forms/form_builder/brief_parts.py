"""The part of a brief that a question is for: as the question says itself, else as the seeded forms use its key.

The parts, and in which order each role reads them, are data of the room that writes briefs
(`notifications.briefs.parts`). Versions published before a question could say its part are known by their keys
(`data/parts_by_key.json`); what is in neither is read after the rest.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from notifications.briefs.parts import get_order

from .definition import Question
from .definition.nodes import PART_KEYS as PART_KEYS  # the closed vocabulary of `brief_part`

PARTS_BY_KEY = Path(__file__).parent / "data" / "parts_by_key.json"


def get_part(question: Question) -> str:
    """Return a key of `PART_KEYS`, or "" for one of the rest."""
    return question.brief_part or parts_by_key().get(question.key, "")


def is_read_by(question: Question, role: str) -> bool:
    """Return whether the role's brief has a place for this question. Only a role with `only` leaves some out."""
    order = get_order(role)
    return not order.only or order.place_of(get_part(question)) is not None


@cache
def parts_by_key() -> Mapping[str, str]:
    """Return {question key: part}."""
    written = json.loads(PARTS_BY_KEY.read_text(encoding="utf-8"))["parts"]
    return {key: part for part, keys in written.items() for key in keys}
