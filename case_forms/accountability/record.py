"""The record of processing, generated from what runs: forms, procedure, sharing, retention, channels, keys, languages.

Deterministic: the same configuration gives the same JSON, whoever asks and in whatever language. Texts are in each
language; days, counts of cases and anything about a person are not in it. `compute_sha` is what a snapshot is known by.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from case_forms.cases.consent.rules import get_rules
from case_forms.cases.retention.terms import SETTING, get_months_of
from case_forms.form_builder.definition import Form, Question
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.retention_bases import ABOUT_PEOPLE, retention_bases
from case_forms.procedures.definition import Procedure
from case_forms.procedures.models import ProcedureVersion

FORMAT = 2  # 2: sources and reasons are texts in each language


def build_record() -> dict[str, Any]:
    """Build the record of what is published and in force now."""
    versions = FormVersion.objects.newest().select_related("form")
    forms = {version.form.key: version for version in versions if not version.form.is_archived}
    try:
        in_force: ProcedureVersion | None = ProcedureVersion.objects.in_force()
    except ProcedureVersion.DoesNotExist:
        in_force = None
    return {
        "format": FORMAT,
        "forms": {key: {"number": forms[key].number, **describe_form(forms[key].parsed_form)} for key in sorted(forms)},
        "procedure": None if in_force is None else {"number": in_force.number, **describe_procedure(in_force.parsed)},
        "sharing": _describe_sharing(),
        "bases": _describe_bases(),
        "drafts_days": settings.DRAFT_DAYS,
        "channels": sorted(settings.NOTIFICATION_CHANNELS),
        "keys": {
            "sealing": "AES-256-GCM",
            "per_case": True,
            "outside_database": True,
            "in_transit": "HTTPS",
        },
        "languages": [code for code, _name in settings.LANGUAGES],
    }


def compute_sha(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the record's canonical JSON."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def describe_form(form: Form) -> dict[str, Any]:
    """Describe a form: who fills it, and each question with what it stores, for how long, why, and who receives it."""
    return {
        "title": dict(form.title),
        "audience": form.audience or "staff",
        "kind": form.kind,
        "questions": {
            each.question.key: _describe_question(each.question)
            for each in sorted(form.iter_questions(), key=lambda each: each.question.key)
        },
    }


def _describe_question(question: Question) -> dict[str, Any]:
    basis = retention_bases().get(question.keep_basis)
    return {
        "label": dict(question.label),
        "type": question.type,
        "sensitivity": question.sensitivity,
        "months": question.keep_for,
        "basis": question.keep_basis,
        "confidence": basis.confidence if basis else "",
        "remembered_as": question.writes_fact,
        "receivers": {
            role: "always" if rule is True else "on_condition" for role, rule in sorted(question.shared_with.items())
        },
    }


def describe_procedure(procedure: Procedure) -> dict[str, Any]:
    """Describe a procedure: which rule notifies whom, and how long a closed case is stored."""
    return {
        "title": dict(procedure.title),
        "closed_case_months": get_months_of(procedure),
        "is_term_set": SETTING in procedure.settings,
        "rules": {
            rule.key: {
                "title": dict(rule.title),
                "on": rule.on,
                "forms": sorted(rule.forms),
                "does": sorted(_describe_actions(rule.then)),
            }
            for rule in sorted(procedure.rules, key=lambda rule: rule.key)
        },
    }


def _describe_actions(actions: Iterable[Any]) -> Iterable[str]:
    for action in actions:
        stored = action.stored if isinstance(action.stored, dict) else {}
        whom = [str(stored[name]) for name in ("role", "to", "owner") if isinstance(stored.get(name), str)]
        yield " ".join([str(stored.get("do", "")), *whom])


def _describe_sharing() -> dict[str, Any]:
    return {
        role: {
            "basis": rule["basis"],
            "for": rule.get("for", "everyone"),
            "in_emergency": bool(rule.get("vital_interest")),
            "despite_restriction": bool(rule.get("despite_restriction")),
            "source": dict(rule.get("source", {})),
            "confidence": rule.get("confidence", ""),
        }
        for role, rule in sorted(get_rules()["roles"].items())
    }


def _describe_bases() -> dict[str, Any]:
    return {
        key: {
            "label": dict(basis.label),
            "months": basis.months,
            "why": dict(basis.why),
            "source": dict(basis.source),
            "confidence": basis.confidence,
        }
        for key, basis in sorted(retention_bases().items())
    }


def count_risks(record: Mapping[str, Any]) -> dict[str, int]:
    """Count what an assessment of impact looks at: sensitive questions, who gets them, what nobody has decided."""
    questions = [question for form in record["forms"].values() for question in form["questions"].values()]
    special = [question for question in questions if question["sensitivity"] == "special"]
    about = [question for question in questions if question["sensitivity"] in ABOUT_PEOPLE]
    return {
        "forms": len(record["forms"]),
        "public_forms": sum(form["audience"] == "public" for form in record["forms"].values()),
        "questions": len(questions),
        "about_people": len(about),
        "special": len(special),
        "special_shared": sum(bool(question["receivers"]) for question in special),
        "without_term": sum(question["months"] is None or not question["basis"] for question in about),
        "proposed_terms": sum(question["confidence"] == "proposal" for question in about),
        "unsure_grounds": sum(rule["confidence"] in ("proposal", "background") for rule in record["sharing"].values()),
    }
