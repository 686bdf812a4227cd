"""Decide who is to expect the call of a worker without a network, and notify them.

The alarm itself is never undone by a rule (`event_without_case`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from access.languages import LANGUAGES
from access.models import MobileUnit
from case_forms.cases.applying.event_without_case import DecisionWithoutCase, build_reference, respond_once
from case_forms.cases.applying.state import CannotApply
from case_forms.cases.deadlines import compute_mark_minutes
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import Action, Decision, Event, Labels, decide
from case_forms.procedures.definition import Procedure
from case_forms.procedures.events.alarms import PhoneAlarmReceived
from case_forms.procedures.labels import get_event_choices
from case_forms.procedures.signals import decided
from notifications.directory.areas import get_seat
from notifications.outbox.models import CODE_ALPHABET, Purpose
from notifications.outbox.subjects import Subject

from .briefs import build_brief
from .models import AlarmEvent

REFERENCE_BEGINS = "T-"


def respond(
    *, unit: MobileUnit, is_urgent: bool, at: datetime, occurrence: UUID, is_drill: bool = False
) -> AlarmEvent | None:
    """Let the rules in force respond to an alarm of this unit, once. Return its event; None when no rule listens."""
    return respond_once(
        AlarmEvent,
        kind=PhoneAlarmReceived.code,
        at=at,
        occurrence=occurrence,
        about={"unit": unit, "is_urgent": is_urgent, "is_drill": is_drill},
        carry_out=_decide,
    )


def get_reference(event: AlarmEvent) -> str:
    """Return the reference that notices about an alarm bear."""
    return build_reference(REFERENCE_BEGINS, event.pk, CODE_ALPHABET)


def _decide(event: AlarmEvent, procedure: Procedure) -> None:
    happened = Event(
        kind=PhoneAlarmReceived.code,
        form="",
        answers={},
        occurred_at=timezone.localtime(event.at),
        received_at=timezone.localtime(event.at),
        subject={"region": event.unit.region.slug, "unit": event.unit.slug, "urgent": event.is_urgent},
    )
    labels = {language: Labels({}, get_event_choices(language)) for language in LANGUAGES}
    decision = decide(happened, procedure, labels=labels)
    decided.send(sender=AlarmEvent, event=happened, procedure=procedure, decision=decision, labels=labels)
    AlarmDecision(event, procedure, decision).run()


class AlarmDecision(DecisionWithoutCase):
    """One decision about an alarm being carried out."""

    def __init__(self, event: AlarmEvent, procedure: Procedure, decision: Decision) -> None:
        super().__init__(event, procedure, decision)
        self.event = event

    def notify(self, action: Action) -> None:
        params: Any = action.params
        role, event, unit = params["role"], self.event, self.event.unit
        if role not in PhoneAlarmReceived.told_roles:
            raise CannotApply(action.rule, "role_not_told")
        subject = Subject(
            id=event.pk,
            reference=get_reference(event),
            # The unit's own seat: where the worker is, nobody knows.
            municipality=get_seat(unit.region),
            unit=unit,
            is_drill=event.is_drill,
        )
        notice = subject.notify(
            role,
            event_id=event.pk,
            chain=chain_for(self.procedure, role),
            brief=build_brief(unit, urgent=bool(params.get("urgent"))),
            answer_minutes=params.get("answer_minutes"),
            ladder=self.procedure.ladders[params["ladder"]].stored_steps,
            marks=compute_mark_minutes(self.procedure, params.get("deadline"), event.at),
            purpose=Purpose.EXPECT,
            at=event.at,
        )
        self.by_rule.setdefault(str(notice.pk), action.rule)
