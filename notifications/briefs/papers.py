"""What the paper of each role says beside the brief: legal basis, duty or consent, who else was notified.

Data, with the source of each claim (`data/papers.json`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.text import capfirst

from access.models import localize
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sender import get_sender

from .parts import parts

DATA = Path(__file__).parent / "data" / "papers.json"
SURE = "source"
DUTY = frozenset({"duty", "child_duty"})


@dataclass(frozen=True)
class PaperFacts:
    """The facts in one language. `legal` and `basis` may be empty: then the paper says nothing of them."""

    legal: tuple[str, ...]
    basis: tuple[str, ...]
    not_a_report: bool
    recipients: tuple[str, ...]
    is_compact: bool = False  # on one sheet: smaller, and without a title over a single row


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def paper_facts(notice: Notice, titles: Mapping[str, Any] | set[str], language: str) -> PaperFacts:
    """Return what the paper of this notice says in a language.

    `titles`: of the brief's sections, to see whether consent is among them.
    """
    written = _data()["roles"].get(notice.role, {})
    if get_sender(notice).is_neutral:
        # The procedure that is the legal basis, and who else was notified, say what it is about.
        written = {**written, "legal": written.get("neutral_legal", ()), "names_recipients": False}
    return PaperFacts(
        legal=tuple(_laws(written.get("legal", ()), language)),
        basis=tuple(localize(_data()["basis"][key], language) for key in _basis(written.get("basis", ""), titles)),
        not_a_report=written.get("not_a_report", False),
        recipients=get_recipients(notice) if written.get("names_recipients") else (),
        is_compact=written.get("is_compact", False),
    )


def has_protocol_number(role: str) -> bool:
    """Tell whether a role's papers stand in the register of protocol numbers."""
    return _data()["roles"].get(role, {}).get("has_protocol_number") is True


def _laws(keys: Any, language: str) -> list[str]:
    """Return the laws that a source names.

    One that is only recalled stays in the data for the lawyer, and isn't printed.
    """
    laws = _data()["laws"]
    return [localize(laws[key], language) for key in keys if laws[key]["confidence"] == SURE]


def _basis(kind: str, titles: Mapping[str, Any] | set[str]) -> tuple[str, ...]:
    states_consent = any(title in titles for title in parts()["consent"].values())
    if kind in DUTY:
        return (kind, "given_too") if states_consent else (kind,)
    if kind == "consent":
        return ("consent",) if states_consent else ("consent_not_stated",)
    return ()


def get_recipients(notice: Notice) -> tuple[str, ...]:
    """Return the other roles that were to be notified of the same event, without persons.

    The answer stays the same over time.
    """
    # First notices only: a deputy or a call that comes later would change a sheet that was printed already.
    same = Notice.objects.filter(event_id=notice.root.event_id, purpose=Purpose.FIRST, is_drill=notice.is_drill)
    roles = set(same.exclude(role=notice.role).values_list("role", flat=True))
    return tuple(capfirst(str(role.label)) for role in Role if role.value in roles)
