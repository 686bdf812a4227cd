"""The lists of the directory of services, as data (`data/services.json`). Codes are stored and never change."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from access.languages import get_current_language
from access.models import localize

from ..models import Partner, Role

FILE = Path(__file__).parent / "data" / "services.json"
# Who can be searched for and asked to help; police, authorities and our own people are notified, not chosen.
SERVICE_ROLES = (
    Role.PROTECTION_SERVICE,
    Role.HEALTH,
    Role.PSYCHOLOGIST,
    Role.LEGAL_AID,
    Role.SOCIAL_SERVICE,
    Role.SCHOOL,
    Role.EMBASSY_DESK,
)


@cache
def get_lists() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def get_choices(name: str) -> list[tuple[str, str]]:
    """Return (code, label in the active language) of a list: "needs" or "languages"."""
    language = get_current_language()
    return [(row["value"], localize(row["label"], language)) for row in get_lists()[name]]


def label_all(name: str, codes: Iterable[str]) -> list[str]:
    """Return the labels of these codes. An unknown code is its own label."""
    known = dict(get_choices(name))
    return [known.get(code, code) for code in codes]


def get_needs(partner: Partner) -> list[str]:
    """Return the codes of what a service helps with: its own list, else what its role does."""
    return list(partner.services) or list(get_lists()["needs_of_role"].get(partner.role, ()))
