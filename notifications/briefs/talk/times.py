"""How long what is unread, unanswered or not reported yet is waited for, by role: data (`data/times.json`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

DATA = Path(__file__).parent / "data" / "times.json"
FOR_EVERY_ROLE = "default"

Steps = tuple[Mapping[str, Any], ...]
T = TypeVar("T")


@dataclass(frozen=True)
class ReadTimes:
    """By when what the unit added is to be read, in minutes, and the steps taken while it isn't."""

    answer_minutes: float
    ladder: Steps


@dataclass(frozen=True)
class OutcomeTimes:
    """After how many minutes somebody who accepted is asked what came of it; again, when they say "not yet"."""

    first_minutes: float
    again_minutes: float
    answer_minutes: float
    ladder: Steps


@dataclass(frozen=True)
class UnitTimes:
    """When what the unit hasn't answered, or hasn't read, turns amber and red and is late, and the steps meanwhile."""

    amber_minutes: float
    red_minutes: float
    breach_minutes: float
    ladder: Steps


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def get_read_times(role: str) -> ReadTimes:
    """Return a role's own times to read what was added, else those of every role."""
    roles = _data()["roles"]
    return _build(ReadTimes, roles.get(role, {}).get("read") or roles[FOR_EVERY_ROLE]["read"])


def get_outcome_times(role: str) -> OutcomeTimes | None:
    """Return when a role is asked for the outcome; None for a role that isn't asked."""
    written = _data()["roles"].get(role, {}).get("outcome")
    return _build(OutcomeTimes, written) if written else None


def get_unread_minutes() -> float:
    """Return after how many minutes whoever accepted from a telephone is asked to open what they accepted."""
    return float(_data()["unread_minutes"])


def get_question_times() -> UnitTimes:
    """Return the times of a question, which the unit answers."""
    return _build(UnitTimes, _data()["question"])


def get_word_times() -> UnitTimes:
    """Return the times of what a recipient only lets the unit know, which the unit reads."""
    return _build(UnitTimes, _data()["word"])


def _build(kind: type[T], written: Mapping[str, Any]) -> T:
    return kind(**{**written, "ladder": tuple(written["ladder"])})
