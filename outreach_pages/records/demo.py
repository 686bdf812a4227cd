"""Invented sessions to try the product with, planned and recorded through the real actions."""

import datetime
import json
from pathlib import Path
from typing import Any

from django.utils import timezone

from access.models import MobileUnit, Municipality, User

from .actions import OUTCOME, plan_session, record_session
from .models import InformativeSession

SESSIONS = Path(__file__).parent.parent / "data" / "demo_sessions.json"
PLANNED = ("place_type", "place_name", "audience", "topics", "partners", "krat_activity", "is_public")


def seed_demo_sessions() -> list[tuple[InformativeSession, dict[str, Any]]]:
    """Add the invented sessions if there is none yet. Returns those that wait for their report, with its answers.

    Only for tryouts: the caller refuses production.
    """
    if InformativeSession.objects.exists():
        return []
    waiting = []
    for row in json.loads(SESSIONS.read_text(encoding="utf-8"))["sessions"]:
        by = User.objects.get(username=row["by"], is_demo=True)
        session = plan_session(by=by, values=_build_plan(row), is_demo=True)
        outcome = row.get("outcome")
        if outcome:
            values = {name: getattr(session, name) for name in OUTCOME} | _build_outcome(outcome)
            counts = {tuple(cell.split(",")): number for cell, number in outcome["counts"].items()}
            session = record_session(session=session, by=by, values=values, counts=counts)
        if "report" in row:
            waiting.append((session, row["report"]))
    return waiting


def _build_plan(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in PLANNED if name in row},
        "unit": MobileUnit.objects.get(slug=row["unit"]),
        "municipality": Municipality.objects.get(slug=row["municipality"]),
        "date": timezone.localdate() + datetime.timedelta(days=row["days"]),
        "starts_at": datetime.time.fromisoformat(row["starts_at"]),
        "ends_at": datetime.time.fromisoformat(row["ends_at"]),
    }


def _build_outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": outcome["method"],
        "materials": [{"kind": kind, "number": number} for kind, number in outcome["materials"].items()],
        "questions_raised": outcome.get("questions_raised", ""),
    }
