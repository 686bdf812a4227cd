"""Consent forms and the ledger: what a form says is written there; rules and warnings read it from there."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from access.models import User
from audit import clock
from audit.chain import get_actor
from case_forms.cases.consent.ledger import get_consents_on_record
from case_forms.cases.consent.recording import FORM, ConsentForm, record_form
from case_forms.cases.models import Case, CaseEvent
from case_forms.procedures.decide import CASE_CONSENT
from case_forms.procedures.definition import Procedure

from .models import Submission


def is_read_by(part: Any, name: str = CASE_CONSENT) -> bool:
    """Return whether any expression in this part of a definition reads a name that begins so: the consents on record,
    unless another is given.
    """
    # in the text of the whole part, so that no operator that holds the name somewhere deep inside is missed
    return f'"{name}' in json.dumps(part)


def consents_for(case: Case | None, procedure: Procedure, form: str) -> dict[str, list[str]] | None:
    """Return the consents on record if rules of the procedure about this form read them; else None, unasked."""
    if case is None:
        return None
    rules = [rule.stored for rule in procedure.rules if not rule.forms or form in rule.forms]
    facts = [fact.stored for fact in procedure.facts]
    return consents_on_record(case) if is_read_by([rules, facts]) else None


def consents_on_record(case: Case, at: datetime | None = None) -> dict[str, list[str]]:
    """Return, by office, the bases (`consent_basis`) on which the newest answer about it says yes."""
    return get_consents_on_record(case, at or clock.now())


def record_consents(
    submission: Submission,
    answers: Mapping[str, Any],
    case: Case | None,
    event: CaseEvent | None,
    *,
    at: datetime | None = None,
    act: UUID | None = None,
    by: User | None = None,
) -> None:
    """Write a consent form that names a case to its ledger, in the transaction that receives it.

    Also one that no rule brought to its case: it may hold a withdrawal. Every other form says nothing here. `at`,
    `act`, `by`: of a form that comes from another case: when, under which id, and by whom it was brought.
    """
    if case is None or submission.form_version.form.key != FORM:
        return
    form = ConsentForm(
        submission.pk,
        answers,
        submission.occurred_at,
        at or submission.received_at,
        submission.submitted_by_id,
        act,
    )
    record_form(form, case, event, get_actor(by or submission.submitted_by))
