"""The figures of what is stored and tidied: how much of each kind, what doesn't fit, what its clean-up removed when.

Each kind has its clean-up in its own room, run each hour (settings.HOUSEKEEPING), which says what it removed
(`audit.removals`). What is left is measured once an hour (`measuring`). A row whose file is gone and a file without a
row are counted, and listed by `manage.py stored --list`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.outbox.models import Heartbeat
from vault.files import MOST_STRAYS

PART = "stored"  # of `/readyz`, and the Heartbeat of the last round; each kind has one of its own with its figures
PREFIX = "stored."
FRESH = timedelta(hours=3)


@dataclass(frozen=True)
class Kind:
    """`strays_go`: whether its clean-up removes files without a row, unless they are many."""

    label: str | Promise
    strays_go: bool = False


# Each kind by its code, which its clean-up says too (`audit.removals.note_removed`).
KINDS: dict[str, Kind] = {
    "sessions": Kind(_("Sessions")),
    "staff_sessions": Kind(_("List of staff’s sessions")),
    "exports": Kind(_("Exports")),
    "results": Kind(_("Results of tasks")),
    "documents": Kind(_("Documents of notices (PDF)")),
    "attachments": Kind(_("Files of forms, sealed"), strays_go=True),
    "voices": Kind(_("Voice messages, sealed"), strays_go=True),
    "parts": Kind(_("Files that a phone is delivering")),
    "pictures": Kind(_("Sizes of pictures"), strays_go=True),
    "uploads": Kind(_("Pictures and documents of the site")),
    "logs": Kind(_("Log files")),
}


def change(kind: str, at: datetime, **facts: Any) -> None:
    """Change figures of a kind; the clean-up and the measuring are tasks of their own."""
    with transaction.atomic():
        Heartbeat.objects.get_or_create(part=PREFIX + kind, defaults={"at": at})
        row = Heartbeat.objects.select_for_update().get(pk=PREFIX + kind)
        row.facts, row.at = {**row.facts, **facts}, at
        row.save(update_fields=["facts", "at"])


def on_removed(kind: str, count: int, **_more: Any) -> None:
    """Note that a clean-up ran, and what it removed (signal `audit.removals.removed`)."""
    now = timezone.now()
    with transaction.atomic():
        change(kind, now, tidied_at=now.isoformat())
        if count:
            row = Heartbeat.objects.select_for_update().get(pk=PREFIX + kind)
            total = row.facts.get("removed_total", 0) + count
            change(kind, now, removed=count, removed_at=now.isoformat(), removed_total=total)


def read_figures(beats: Mapping[str, Heartbeat]) -> dict[str, dict[str, Any]]:
    """Return the figures of each kind that were measured or tidied, in the order of KINDS."""
    return {name: beats[PREFIX + name].facts for name in KINDS if PREFIX + name in beats}


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the part of `/readyz`, by its name; nothing before the first round.

    Ill when nobody measured for three hours, when a row's file is gone, and when files without a row are so many that
    none was removed.
    """
    if PART not in beats:
        return {}
    facts, figures = beats[PART].facts, read_figures(beats)
    age = max((now - beats[PART].at).total_seconds(), 0.0)
    left = [name for name, each in figures.items() if are_strays_left(name, each)]
    return {
        PART: {
            "ok": age <= FRESH.total_seconds() and not facts.get("missing") and not facts.get("failed") and not left,
            "age_h": round(age / 3600, 1),
            "mb": sum(each.get("bytes") or 0 for each in figures.values()) // 2**20,
            "removed": sum(each.get("removed_total", 0) for each in figures.values()),
            "strays": facts.get("strays", 0),
            "missing": facts.get("missing", 0),
            "error": ",".join(facts.get("failed", ())),
        }
    }


def are_strays_left(kind: str, facts: Mapping[str, Any]) -> bool:
    """Whether files without a row should have gone and were too many to (`vault.files.may_remove_strays`)."""
    return KINDS[kind].strays_go and facts.get("strays", 0) > MOST_STRAYS
