"""Consents to a referral that are on record in a case: what its consent forms say last.

A tick in a request is the worker's word; an office is notified only when the consent form says the same.
"""

import json
from collections.abc import Mapping
from typing import Any

import structlog

from case_forms.cases.models import Case
from case_forms.procedures.decide import CASE_CONSENT
from case_forms.procedures.definition import Procedure
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Submission

FORM = "consent"
REFERRAL = "refer_to"
Row = Mapping[str, Any]
OFFICES = ("health", "psychologist", "legal_aid", "embassy_desk")  # those that a request can ask

log = structlog.get_logger(__name__)


def is_read_by(part: Any) -> bool:
    """Return whether any expression in this part of a definition reads the consents on record."""
    # in the text of the whole part, so that no operator that holds the name somewhere deep inside is missed
    return f'"{CASE_CONSENT}' in json.dumps(part)


def consents_for(case: Case | None, procedure: Procedure, form: str) -> dict[str, list[str]] | None:
    """Return the consents on record if the procedure's rules about this form read them; else None, opening nothing."""
    if case is None:
        return None
    rules = [rule.stored for rule in procedure.rules if not rule.forms or form in rule.forms]
    facts = [fact.stored for fact in procedure.facts]
    return consents_on_record(case) if is_read_by([rules, facts]) else None


def consents_on_record(case: Case) -> dict[str, list[str]]:
    """Return, by office, the bases (`consent_basis`) on which the case's last consent form about it says yes.

    An answer that names neither an office nor a service is about every office. The latest form with an answer about an
    office decides; one in it that is no yes leaves nothing. A form that doesn't open may hold a withdrawal: nothing
    before it counts.
    """
    sent = (
        Submission.objects.current()
        .filter(case=case, form_version__form__key=FORM)
        .order_by("-occurred_at", "-received_at")
    )
    found: dict[str, list[str]] = {}
    for submission in sent:
        try:
            answers: Mapping[str, Any] = submission.answers or {}
        except (SealBroken, KeyRingError) as error:
            # "break" and not "continue": a withdrawal that can't be read must not let an older consent count
            log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
            break
        rows = [row for row in answers.get("consents") or () if row.get("purpose") == REFERRAL]
        for office in OFFICES:
            about = _rows_about(office, rows)
            if about and office not in found:
                found[office] = _bases(about, answers.get("representative_role"), is_child=case.child_track)
        if len(found) == len(OFFICES):
            break
    return {office: found.get(office, []) for office in OFFICES}


def _rows_about(office: str, rows: list[Row]) -> list[Row]:
    """Return the rows that name this office; without one, those that name neither an office nor a service."""
    own = [row for row in rows if row.get("office") == office]
    return own or [row for row in rows if not row.get("office") and not row.get("recipient")]


def _bases(rows: list[Row], representative: str | None, *, is_child: bool) -> list[str]:
    if any(row.get("given") != "yes" for row in rows):
        return []
    kinds = {row.get("kind") for row in rows}
    on_record = {
        "consent_form": "consent" in kinds,
        "assent_and_cpu": "assent" in kinds and representative == "cpu",
        "representative": "representative" in kinds and (is_child or bool(representative)),
    }
    return [basis for basis, holds in on_record.items() if holds]
