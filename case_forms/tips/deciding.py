"""Deciding who is notified of a tip: the procedure decides, the directory names people, the outbox gets the notices.

What differs from a case: there is none, so all that can be done is to create notices. And nobody who writes to us is
left unread: when the procedure can't decide, when none is in force or none of its rules notifies the unit, the unit is
notified all the same, chased by a ladder of ours, and the explanation says why.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.utils import timezone

from access.languages import LANGUAGES
from access.models import Municipality
from case_forms.cases.brief_content import AnswerFacts
from case_forms.cases.deadlines import compute_mark_minutes
from case_forms.form_builder.sources import Lists
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import Action, Decision, DecisionFailed, Event, decide
from case_forms.procedures.labels import get_labels
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.signals import decided
from notifications.briefs.further import add_report, joinable
from notifications.briefs.models import FurtherReport
from notifications.directory.areas import get_seat
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Role
from notifications.directory.resolve import Resolution
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.subjects import Subject

from .briefs import tip_brief
from .explanations import held_back_words, joined_words, own_words
from .models import REFERENCE_BEGINS, Tip, TipEvent

RECEIVED, ADDED = "signal_received", "signal_added"
# When no rule notifies the unit. Proposals, as those of the shipped procedure.
OWN_RULE = "unit_is_always_told"
JOINED_RULE = "added_to_an_open_notice"
HELD_BACK_RULE = "held_back"
OWN_ANSWER_MINUTES = 60
OWN_LADDER = (
    {"after_minutes": 30, "do": "remind"},
    {"after_minutes": 60, "do": "deputy"},
    {"after_minutes": 120, "do": "call", "repeat_minutes": 120},
)

log = structlog.get_logger(__name__)


def notify_recipients(
    tip: Tip,
    kind: str,
    *,
    at: datetime,
    added: str = "",
    only: Collection[str] | None = None,
    locked: Collection[UUID] | None = None,
) -> TipEvent:
    """Decide on a stored tip and create the notices that the decision asks for, in the caller's transaction.

    `added`: what the person has written besides (kind signal_added). `only`: these roles and nobody else. A tip that
    is held back goes to the unit, and to whoever has an open notice about the same place; who is left out stands in
    the event's `detail`, with rules, notices and further reports. With nobody left out it isn't held back. `locked`:
    the chases that may be joined (`chases_to_join`), locked by the caller together with the tip's own; None for a
    tip that nobody else can see yet, whose are locked here.
    """
    decision, why_not = _decision(tip, kind, at)
    event = TipEvent.objects.create(tip=tip, kind=kind, at=at)
    _DecisionRun(tip, event, decision, why_not, added, only, locked).run()
    if tip.held_back and kind == RECEIVED and not event.detail["untold"]:
        tip.held_back = False
        tip.save(update_fields=["held_back"])
    return event


def chases_to_join(tip: Tip, kind: str, *, at: datetime, only: Collection[str] | None = None) -> set[UUID]:
    """List the chases that this tip would now be added to, to be locked before the tip is (`lock_tip`)."""
    decision, why_not = _decision(tip, kind, at)
    # Not saved: only what it would do is asked.
    event = TipEvent(tip=tip, kind=kind, at=at)
    return _DecisionRun(tip, event, decision, why_not, "", only, None).to_join()


def get_roles_not_notified(tip: Tip) -> list[str]:
    """List the roles that the procedure names and that wait for the unit to look at a tip that is held back."""
    event = tip.events.filter(kind=RECEIVED).order_by("-at").first()
    return list(event.detail.get("untold", [])) if event and tip.held_back else []


def _decision(tip: Tip, kind: str, at: datetime) -> tuple[Decision, str]:
    """Return (the procedure's decision, "" or a code for why there is none)."""
    version = tip.procedure_version
    if version is None:
        log.error("signal_without_procedure", tip=str(tip.pk))
        return Decision((), (), {}), "no_procedure"
    form = tip.form_version.parsed_form
    event = Event(
        kind=kind,
        form=tip.form_version.form.key,
        answers=tip.answers,
        occurred_at=timezone.localtime(tip.received_at),
        received_at=timezone.localtime(at),
    )
    try:
        # So that explanations quote answers in words, not in codes.
        labels = {language: get_labels(form, language) for language in LANGUAGES}
        decision = decide(event, version.parsed, labels=labels)
    except DecisionFailed as failure:
        log.error("signal_not_decided", tip=str(tip.pk), where=failure.where)
        # A case's submission is refused then; a tip is stored, because its sender may never come back (ADR 28).
        return Decision((), (), {}), "procedure_failed"
    decided.send(sender=Tip, event=event, procedure=version.parsed, decision=decision, labels=labels)
    return decision, ""


def procedure_in_force(at: datetime) -> ProcedureVersion | None:
    try:
        return ProcedureVersion.objects.in_force(at)
    except ProcedureVersion.DoesNotExist:
        return None


@dataclass(frozen=True)
class _Planned:
    """One notice that the decision asks for: to whom it would go now, and about which place."""

    action: Action
    role: str
    place: Municipality
    chain: Sequence[str]
    found: Resolution
    urgent: bool


class _DecisionRun:
    """One decision about a tip being carried out."""

    def __init__(
        self,
        tip: Tip,
        event: TipEvent,
        decision: Decision,
        why_not: str,
        added: str,
        only: Collection[str] | None,
        locked: Collection[UUID] | None,
    ) -> None:
        self.tip = tip
        self.event = event
        self.decision = decision
        self.why_not = why_not
        self.added = added
        self.only = only
        self.locked = locked
        self.notices: list[Notice] = []
        self.rules_by_notice: dict[str, str] = {}
        self.joined: list[FurtherReport] = []
        self.unresolved: list[str] = []
        self.roles_left_out: list[str] = []
        self.explanation: list[dict[str, Any]] = [dict(entry) for entry in decision.explanation]

    def to_join(self) -> set[UUID]:
        return {first.pk for each in self._planned() if (first := self._joinable(each)) is not None}

    def _planned(self) -> list[_Planned]:
        actions = [action for action in self.decision.actions if action.do == "notify"]
        if self.only is not None:
            actions = [action for action in actions if action.params["role"] in self.only]
        elif not any(action.params["role"] == Role.MOBILE_UNIT for action in actions):
            actions.append(self._own_action())
        return [self._plan(action) for action in actions]

    def run(self) -> TipEvent:
        planned = self._planned()
        if self.locked is None:
            self.locked = {first.pk for each in planned if (first := self._joinable(each)) is not None}
            # All in one statement, before anything is written to the audit chain (notifications.outbox.locking).
            lock_chases(self.locked)
        for each in planned:
            self._notify(each)
        if self.roles_left_out:
            self.explanation.append({"rule": HELD_BACK_RULE, "words": held_back_words()})
        self.event.explanation = self.explanation
        self.event.detail = {
            "rules": [*(entry["rule"] for entry in self.explanation)],
            "notices": [str(notice.pk) for notice in self.notices],
            "by_rule": self.rules_by_notice,
            "further": [str(report.pk) for report in self.joined],
            "unresolved": self.unresolved,
            "untold": self.roles_left_out,
            "failed": self.why_not,
        }
        self.event.save(update_fields=["explanation", "detail"])
        return self.event

    def _own_action(self) -> Action:
        self.explanation.append({"rule": OWN_RULE, "words": own_words(self.why_not)})
        return Action(OWN_RULE, "notify", {"role": Role.MOBILE_UNIT.value, "answer_minutes": OWN_ANSWER_MINUTES})

    def _plan(self, action: Action) -> _Planned:
        role, place = action.params["role"], self._place(action.params["role"])
        procedure = self.tip.procedure_version
        chain = chain_for(procedure.parsed if procedure else {}, role)
        found = resolve_chain(role=role, municipality=place, at=self.event.at, unit=self.tip.unit, chain=chain)
        return _Planned(action, role, place, chain, found, action.params.get("urgent", False))

    def _joinable(self, planned: _Planned) -> Notice | None:
        """Return the first notice of an open chase about the same place, of whoever would be notified now."""
        return joinable(
            # Nothing is ever added to a notice about a case.
            among=Notice.objects.filter(case_reference__startswith=REFERENCE_BEGINS).exclude(event_id=self.event.pk),
            role=planned.role,
            municipality=planned.place,
            contact=planned.found.contact,
            is_urgent=planned.urgent,
            at=self.event.at,
        )

    def _notify(self, planned: _Planned) -> None:
        """Add to the open notice about this place, else create one.

        With nobody found, `create_notice` also notifies the chain's coordinators.
        """
        role, params, found = planned.role, planned.action.params, planned.found
        brief = tip_brief(
            role,
            get_content(self.tip, self.decision.facts, self.decision.settings),
            reference=self.tip.reference,
            from_session=self.tip.session_id is not None,
            urgent=planned.urgent,
            added=self.added,
        )
        if self._joins(planned, brief):
            return
        # After `_joins`: also above the budget a tip is added to a notice that is open already (ADR 70).
        if self.tip.held_back and role != Role.MOBILE_UNIT:
            self.roles_left_out.append(role)
            return
        notice = Subject.of(self.tip, municipality=planned.place).notify(
            role,
            event_id=self.event.pk,
            found=found,
            chain=planned.chain,
            brief=brief,
            answer_minutes=params.get("answer_minutes"),
            ladder=self._ladder(params.get("ladder")),
            marks=self._marks(params.get("deadline")),
            needs_document=params.get("document", False),
            at=self.event.at,
        )
        self.notices.append(notice)
        self.rules_by_notice.setdefault(str(notice.pk), planned.action.rule)
        if found.contact is None:
            self.unresolved.append(role)
            # `create_notice` has asked the chain's coordinators to call.
            self.notices += notice.chasers.filter(purpose=Purpose.FALLBACK)
        self.explanation += [{"rule": planned.action.rule, "words": words} for words in found.words]

    def _joins(self, planned: _Planned, brief: dict[str, Any]) -> bool:
        """Add it to an open notice, and say whether there was one.

        Looked up again under its lock: it may be answered by now. One that came meanwhile isn't locked, and a lock
        taken now
        would be out of order: then a notice of its own is created.
        """
        first = self._joinable(planned)
        if first is None or first.pk not in (self.locked or ()):
            return False
        if FurtherReport.objects.filter(notice=first, event_id=self.event.pk).exists():
            return False
        report = add_report(
            notice=first,
            source_id=self.tip.pk,
            event_id=self.event.pk,
            reference=self.tip.reference,
            origin=self.tip.origin,
            brief=brief,
            is_urgent=planned.urgent,
            # What a person adds to their own report may be that it has become dangerous: nobody asks that again.
            alarms=planned.urgent or bool(self.added),
            at=self.event.at,
        )
        self.joined.append(report)
        self.explanation.append({"rule": JOINED_RULE, "words": joined_words(planned.role, first.code)})
        return True

    def _place(self, role: str) -> Municipality:
        """Return the place that a role is looked for by.

        Police and the others answer for where it happens; a unit for its own region, wherever that is.
        """
        municipality, region = self.tip.municipality, self.tip.unit.region
        if role == Role.MOBILE_UNIT and municipality.region_id != region.pk:
            return get_seat(region)
        return municipality

    def _ladder(self, key: str | None) -> Iterable[Mapping[str, Any]]:
        version = self.tip.procedure_version
        return version.parsed.ladders[key].stored_steps if version and key else OWN_LADDER

    def _marks(self, key: str | None) -> Mapping[str, float]:
        version = self.tip.procedure_version
        return compute_mark_minutes(version.parsed, key, self.event.at) if version else {}


def get_content(tip: Tip, facts: Mapping[str, Any], settings: Mapping[str, str] | None = None) -> AnswerFacts:
    """Build the facts that a brief about this tip is written from."""
    return AnswerFacts(
        municipality=tip.municipality,
        unit=tip.unit,
        occurred_at=tip.received_at,
        form=tip.form_version.parsed_form,
        answers=tip.answers,
        sources=Lists(),
        facts=facts,
        settings=settings or {},
        today=timezone.localdate(tip.received_at).isoformat(),
    )
