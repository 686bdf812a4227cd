"""Decide about an event of a session and carry it out, once, as part of what somebody records.

The record of a session is never undone by a rule (`event_without_case`). Only our own people are notified, and what a
task waits for is the session's report.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from access.languages import LANGUAGES
from audit.chain import log_event
from case_forms.cases.applying.event_without_case import DecisionWithoutCase, build_reference, respond_once
from case_forms.cases.applying.state import CannotApply
from case_forms.cases.applying.without_case import refuse
from case_forms.cases.deadlines import compute_mark_minutes, compute_marks, find_first_mark
from case_forms.form_builder.definition import Form
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import Action, Decision, Event, Labels, decide
from case_forms.procedures.definition import Procedure
from case_forms.procedures.labels import get_event_choices, get_labels
from case_forms.procedures.signals import decided
from notifications.directory.areas import OWN_ROLES
from notifications.outbox.escalation_policy import snapshot_ladder
from notifications.outbox.models import Purpose
from notifications.outbox.subjects import Subject
from outreach_pages.records.actions import get_counts
from outreach_pages.records.models import CARD_ALPHABET, InformativeSession

from .briefs import build_brief
from .models import SessionEvent, SessionTask

HELD, REPORTED = "session_held", "session_reported"
REFERENCE_BEGINS = "I-"


def get_reference(session: InformativeSession) -> str:
    """Return the reference that notices about a session bear.

    Not the card's code: that opens the participants' page.
    """
    return build_reference(REFERENCE_BEGINS, session.pk, CARD_ALPHABET)


def get_subject(session: InformativeSession) -> Subject:
    return Subject(
        id=session.pk, reference=get_reference(session), municipality=session.municipality, unit=session.unit
    )


def respond(
    kind: str,
    session: InformativeSession,
    *,
    at: datetime,
    occurrence: UUID,
    form: Form | None = None,
    form_key: str = "",
    answers: Mapping[str, Any] | None = None,
) -> SessionEvent | None:
    """Let the rules in force respond to an event of a session. Return its event; None when no rule listens.

    `form`, `form_key`, `answers`: the report's. A session of the demo is none that anybody is told about.
    """
    if session.is_demo:
        return None

    def carry_out(event: SessionEvent, procedure: Procedure) -> None:
        _decide(event, procedure, form, form_key, answers or {})

    return respond_once(
        SessionEvent,
        kind=kind,
        form_key=form_key,
        at=at,
        occurrence=occurrence,
        about={"session": session, "kind": kind},
        carry_out=carry_out,
    )


def _decide(
    event: SessionEvent, procedure: Procedure, form: Form | None, form_key: str, answers: Mapping[str, Any]
) -> None:
    session = event.session
    happened = Event(
        kind=event.kind,
        form=form_key,
        answers=answers,
        occurred_at=session.begins_at(),
        received_at=timezone.localtime(event.at),
        subject=_build_subject(session, event.at),
    )
    labels = {language: _get_labels(form, language) for language in LANGUAGES}
    decision = decide(happened, procedure, labels=labels)
    decided.send(sender=SessionEvent, event=happened, procedure=procedure, decision=decision, labels=labels)
    SessionDecision(event, procedure, decision).run()


def _build_subject(session: InformativeSession, at: datetime) -> dict[str, Any]:
    return {
        "audience": session.audience,
        "place": session.place_type,
        "participants": sum(get_counts(session).values()),
        "days_since": max((timezone.localdate(at) - session.date).days, 0),
    }


def _get_labels(form: Form | None, language: str) -> Labels:
    return get_labels(form, language) if form is not None else Labels({}, get_event_choices(language))


class SessionDecision(DecisionWithoutCase):
    """One decision about a session being carried out."""

    def __init__(self, event: SessionEvent, procedure: Procedure, decision: Decision) -> None:
        super().__init__(event, procedure, decision)
        self.event, self.session = event, event.session
        self.words = {entry["rule"]: entry["words"] for entry in decision.explanation}

    def notify(self, action: Action) -> None:
        params, role = action.params, action.params["role"]
        if role not in OWN_ROLES:
            raise CannotApply(action.rule, "role_not_told")
        session, at = self.session, self.event.at
        notice = get_subject(session).notify(
            role,
            event_id=self.event.pk,
            chain=chain_for(self.procedure, role),
            brief=build_brief(session, self.words.get(action.rule, {}), urgent=bool(params.get("urgent"))),
            answer_minutes=params.get("answer_minutes"),
            ladder=self.procedure.ladders[params["ladder"]].stored_steps,
            marks=compute_mark_minutes(self.procedure, params.get("deadline"), at),
            # Of our own work: it is none of the notices about people that a month's report counts.
            purpose=Purpose.DUTY,
            at=at,
        )
        self.by_rule.setdefault(str(notice.pk), action.rule)

    def create_task(self, action: Action) -> None:
        params, at = action.params, self.event.at
        if params["owner"] not in OWN_ROLES:
            raise CannotApply(action.rule, "role_not_told")
        if self.event.kind != HELD:
            refuse(action)
        marks: dict[str, datetime | None] = {"amber_at": None, "red_at": None, "breach_at": None}
        if params.get("deadline"):
            marks = compute_marks(self.procedure, params["deadline"], at)
        else:
            marks["red_at"] = at + timedelta(minutes=params["minutes"])
        task, is_new = SessionTask.objects.get_or_create(
            event=self.event,
            key=params["task"],
            defaults={
                "session": self.session,
                "label": dict(params["label"]),
                "next_step": dict(params.get("next_step") or {}),
                "owner": params["owner"],
                "ladder": snapshot_ladder(self.procedure.ladders[params["ladder"]].stored_steps),
                "starts_at": at,
                "next_mark_at": find_first_mark(marks),
                **marks,
            },
        )
        if is_new:
            log_event(
                "session.task_started",
                target_kind="session",
                target_id=self.session.pk,
                key=task.key,
                rule=action.rule,
            )
