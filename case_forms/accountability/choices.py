"""What the register of breaches offers, as data (`data/breaches.json`)."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from access.languages import get_current_language
from access.models import localize

FILE = Path(__file__).parent / "data" / "breaches.json"


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return data


def get_choices(name: str) -> list[tuple[str, str]]:
    """Return (code, label in the active language) of a list: kinds, categories."""
    language = get_current_language()
    return [(row["value"], localize(row["label"], language)) for row in _data()[name]]


def label_all(name: str, values: Iterable[str]) -> list[str]:
    """Return the labels of stored codes. An unknown code is its own label."""
    labels = dict(get_choices(name))
    return [labels.get(value, value) for value in values]


def compute_due(known_at: datetime) -> datetime:
    """Return by when the Commissioner must be notified."""
    return known_at + timedelta(hours=_data()["hours"]["notify"])


def find_next_reminder(known_at: datetime, after: datetime) -> datetime:
    """Return when coordinators are reminded next: by the hours of the data, then each day."""
    moments = (known_at + timedelta(hours=hours) for hours in _data()["reminders_hours"])
    return next((moment for moment in moments if moment > after), after + timedelta(days=1))
