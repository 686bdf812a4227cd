"""Asking the gate about one recipient of a decision, and recording what it said: in the case, and in the audit chain.

Only what needs more than a duty is recorded here; a duty's notice is its own record. A refusal is never silent: the
case says in words what wasn't shared and what can be done. A vital interest is told to the coordinator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language, localize_to
from access.models import User
from audit.chain import SYSTEM, Actor, log_event
from case_forms.form_builder.definition import Form
from notifications.directory.models import Partner

from ..models import Case, CaseEvent
from .gate import BY_CONSENT, VITAL_INTEREST, Verdict, VitalInterest, may_share
from .informing import inform_coordinator
from .ledger import Recipient
from .models import SharingDecision
from .rules import get_rules, is_of_a_state, needs_consent

NOT_SHARED = "not_shared"  # the rule under which the case's explanation says so
NOT_BY_FORM = "not_by_form"  # a rule of the form held it back, whatever the case holds
NO_QUESTION = _("This version of the form had no question for the reason.")


@dataclass(frozen=True)
class Asked:
    """What a decision rests on: the form's own words about its basis, when they were said, and by whom."""

    claimed: str
    emergency: VitalInterest | None
    submission_id: UUID | None
    by: User | None
    actor: Actor = SYSTEM
    state: str = field(default="", repr=False)  # whose embassy the form names, as `rules.read_state` returns it

    def build_recipient(self, role: str, partner: Partner | None = None) -> Recipient:
        return Recipient(role, partner, self.state if is_of_a_state(role) else "")


def read_basis(
    form: Form, answers: Mapping[str, Any], *, said_at: datetime, language: str
) -> tuple[str, VitalInterest | None]:
    """Return the basis that a form claims, and the emergency if it names one."""
    rule = get_rules()["vital_interest"]
    claimed = answers.get(rule["question"])
    if not isinstance(claimed, str):
        return "", None
    if claimed != rule["answer"]:
        return claimed, None
    reason = answers.get(rule["reason"])
    if form.get_question(rule["reason"]) is None:
        reason = localize_to(in_each_language(NO_QUESTION), language)
    return claimed, VitalInterest(reason if isinstance(reason, str) else "", said_at)


def decide_sharing(*, case: Case, event: CaseEvent, to: Recipient, asked: Asked, at: datetime) -> Verdict:
    """Ask the gate and record what it said, in the caller's transaction, before anything is sent on it."""
    # Against what the person asked for, an emergency counts only where somebody answers for it with their name.
    emergency = asked.emergency if asked.by is not None or case.restricted_at is None else None
    verdict = may_share(case, to, at=at, emergency=emergency)
    if not needs_consent(to.role, is_child=case.child_track):
        return verdict
    decision = _record(verdict, case=case, event=event, to=to, asked=asked, at=at)
    if verdict.basis == VITAL_INTEREST:
        inform_coordinator(case=case, decision=decision, at=at)
    return verdict


def hold_back(*, case: Case, event: CaseEvent, to: Recipient, asked: Asked, at: datetime) -> str:
    """Record that a rule holds a recipient back, as if the gate had refused. Return the code that says why.

    NOT_BY_FORM where the gate itself would let it pass: the case holds a consent, and the form names none that counts.
    """
    code = may_share(case, to, at=at).code or NOT_BY_FORM
    _record(Verdict(False, code=code), case=case, event=event, to=to, asked=asked, at=at)
    return code


def _record(
    verdict: Verdict, *, case: Case, event: CaseEvent, to: Recipient, asked: Asked, at: datetime
) -> SharingDecision:
    decision = SharingDecision.objects.create(
        case=case,
        event_id=event.pk,
        submission_id=asked.submission_id,
        role=to.role,
        partner=to.partner,
        state=to.state or None,
        is_allowed=verdict.is_allowed,
        basis=verdict.basis,
        code=verdict.code,
        claimed=asked.claimed[:40],
        reason=asked.emergency.reason if asked.emergency and verdict.basis == VITAL_INTEREST else None,
        at=at,
        by=asked.by,
    )
    if verdict.basis != BY_CONSENT:
        log_event(
            "sharing.in_emergency" if verdict.is_allowed else "sharing.refused",
            actor=asked.actor,
            target_kind="case",
            target_id=case.pk,
            role=to.role,
            partner=to.partner.slug if to.partner else "",
            code=verdict.code,
            claimed=asked.claimed[:40],
        )
    return decision
