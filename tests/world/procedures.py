"""Builders of procedure definitions, and the small procedures for the small forms. Each call gives a new dict."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion

from .forms import is_child, texts


def build_ladder() -> list[dict[str, Any]]:
    """Build the steps taken while nobody answers: remind, then the deputy, then the coordinator calls."""
    return [
        {"after_minutes": 10, "do": "remind"},
        {"after_minutes": 20, "do": "deputy"},
        {"after_minutes": 30, "do": "call", "repeat_minutes": 30},
    ]


def deadline(words: str, **minutes: int) -> dict[str, Any]:
    return {"label": texts(words), **minutes, "basis": "test", "confidence": "proposal"}


def rule(key: str, title: str, *, form: str, words: str, then: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Build a rule about one form's submissions; `when=` gives its condition."""
    heard = {"key": key, "title": texts(title), "on": "submission_received", "forms": [form]}
    return {**heard, **more, "words": texts(words), "then": then}


def small_procedure() -> dict[str, Any]:
    """What a Scene does with its two forms: open a case, notify police, authority and child protection, refer."""
    return {
        "format": 1,
        "key": "small_procedure",
        "title": texts("Small procedure"),
        "basis": texts("For tests"),
        "facts": [
            {
                "key": "age",
                "label": {"sq": "mosha", "en": "the age"},
                "value": {
                    "if": [
                        {"answered": ["birth_date"]},
                        {"age_on": [{"var": "birth_date"}, {"var": "_occurred_on"}]},
                        {"answered": ["age_stated"]},
                        {"var": "age_stated"},
                        None,
                    ]
                },
            },
            {"key": "child", "value": {"or": [{"==": [{"var": "age"}, None]}, {"<": [{"var": "age"}, 18]}]}},
        ],
        "deadlines": {
            "police_report": deadline("Police told", amber_minutes=30, red_minutes=60, breach_minutes=1440),
            "assessment": deadline("Assessment", breach_minutes=1440),
            "answer": deadline("Service answers", red_minutes=1440),
        },
        "ladders": {"quick": build_ladder()},
        "rules": [
            rule(
                "tell",
                "Tell",
                form="small_identification",
                when={"==": [{"var": "result"}, "potential_victim"]},
                words="A potential victim: a case is opened and the police are told.",
                then=[
                    {
                        "do": "open_case",
                        "status": {"var": "result"},
                        "municipality": {"var": "municipality"},
                        "child_track": {"var": "child"},
                    },
                    {
                        "do": "notify",
                        "role": "police",
                        "answer_minutes": 30,
                        "deadline": "police_report",
                        "ladder": "quick",
                        "urgent": {"==": [{"var": "danger"}, "yes"]},
                    },
                    {"do": "notify", "role": "responsible_authority", "ladder": "quick", "document": True},
                ],
            ),
            rule(
                "tell_cpu",
                "Child",
                form="small_identification",
                when={"and": [{"==": [{"var": "result"}, "potential_victim"]}, {"var": "child"}]},
                words="A child, or perhaps a child.",
                then=[
                    {"do": "notify", "role": "cpu", "answer_minutes": 60, "ladder": "quick"},
                    {"do": "deadline", "key": "assessment"},
                ],
            ),
            rule(
                "follow_up",
                "Follow-up",
                form="small_follow_up",
                words="The form belongs to the case.",
                then=[{"do": "attach_case", "case": {"var": "case_ref"}}],
            ),
            rule(
                "new_status",
                "New status",
                form="small_follow_up",
                when={"answered": ["new_status"]},
                words="The status changes.",
                then=[{"do": "update_case", "status": {"var": "new_status"}, "child_track": False}],
            ),
            rule(
                "assessed",
                "Assessed",
                form="small_follow_up",
                when={"var": "assessed"},
                words="The assessment was made.",
                then=[
                    {"do": "meet_deadline", "key": "assessment"},
                    {"do": "update_case", "formal_identification": "offered"},
                ],
            ),
            rule(
                "refer",
                "Refer",
                form="small_follow_up",
                when={"answered": ["to_org"]},
                words="The service is asked.",
                then=[
                    {
                        "do": "refer",
                        "partner": {"var": "to_org"},
                        "services": {"var": "service"},
                        "answer_minutes": 1440,
                        "deadline": "answer",
                        "ladder": "quick",
                    }
                ],
            ),
        ],
    }


def world_procedure() -> dict[str, Any]:
    """What a World does with its forms: open a case and notify the police, do nothing, join a case."""
    return {
        "format": 1,
        "key": "sop",
        "title": texts("Procedure"),
        "basis": texts("A decision"),
        "facts": [{"key": "child", "value": is_child()}],
        "deadlines": {"police_told": deadline("Police told", amber_minutes=10, red_minutes=20, breach_minutes=30)},
        "ladders": {"urgent": build_ladder()},
        "rules": [
            rule(
                "none",
                "Not a victim",
                form="identification",
                when={"==": [{"var": "result"}, "none"]},
                words="No case was opened and nobody was told.",
                then=[],
            ),
            rule(
                "open",
                "Open a case",
                form="identification",
                when={"==": [{"var": "result"}, "potential_victim"]},
                words="A potential victim was identified.",
                then=[
                    {
                        "do": "open_case",
                        "status": "potential_victim",
                        "municipality": {"var": "municipality"},
                        "child_track": {"var": "child"},
                    },
                    {
                        "do": "notify",
                        "role": "police",
                        "answer_minutes": 30,
                        "deadline": "police_told",
                        "ladder": "urgent",
                    },
                ],
            ),
            rule(
                "join",
                "Join the case",
                form="follow_up",
                when=True,
                words="A form about a case.",
                then=[{"do": "attach_case", "case": {"var": "about_case"}}],
            ),
        ],
    }


def enact(definition: dict[str, Any], *, since: datetime | None = None) -> ProcedureVersion:
    """Publish a procedure that has been in force since yesterday, or since that time."""
    procedure = save_procedure(key=definition["key"], definition=definition)
    return publish_procedure(procedure=procedure, in_force_from=since or timezone.now() - timedelta(days=1))
