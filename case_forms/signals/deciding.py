"""Who is told of a signal: the procedure decides, the directory names people, the outbox owes.

What differs from a case: there is none, so all that can be done is to owe notices. And nobody who writes to us is left
unread: when the procedure can't decide, when none is in force or none of its rules tells the unit, the unit is told
all the same, chased by a ladder of ours, and the explanation says why.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext

from access.models import Municipality, Region
from case_forms.builder.sources import Lists
from case_forms.cases.brief_content import AnswerFacts, both
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import LANGUAGES, Action, Decision, DecisionFailed, Event, decide
from case_forms.procedures.labels import labels_of
from case_forms.procedures.models import ProcedureVersion
from notifications.briefs.further import add_report, joinable
from notifications.briefs.models import FurtherReport
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import owe
from notifications.outbox.models import Notice, Purpose

from .briefs import signal_brief
from .models import REFERENCE_BEGINS, Signal, SignalEvent

RECEIVED, ADDED = "signal_received", "signal_added"
# When no rule tells the unit. Proposals, as those of the shipped procedure.
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


def tell(signal: Signal, kind: str, *, at: datetime, added: str = "", without_the_unit: bool = False) -> SignalEvent:
    """Decides on a stored signal and owes what the decision says, in the caller's transaction.

    `added`: what the person has written besides (kind signal_added). A signal that is held back is told to the unit
    alone; about danger also to whoever has an open notice about the same place. `without_the_unit`: the unit has
    looked at such a one and wants the others told. The event's `detail` names rules, notices and further reports.
    """
    decision, why_not = _decision(signal, kind, at)
    event = SignalEvent.objects.create(signal=signal, kind=kind, at=at)
    return _Telling(signal, event, decision, why_not, added, without_the_unit).run()


def seat_of(region: Region) -> Municipality:
    """The region's seat: the municipality of its name, else its first. Raises Municipality.DoesNotExist."""
    towns = region.municipalities
    found = towns.filter(slug=region.slug).first() or towns.order_by("name").first()
    if found is None:
        raise Municipality.DoesNotExist(f"no municipality in {region.slug}")
    return found


def _decision(signal: Signal, kind: str, at: datetime) -> tuple[Decision, str]:
    """(what the procedure says, a code for why it says nothing)."""
    version = signal.procedure_version
    if version is None:
        log.error("signal_without_procedure", signal=str(signal.pk))
        return Decision((), (), {}), "no_procedure"
    definition = signal.form_version.definition
    event = Event(
        kind=kind,
        form=signal.form_version.form.key,
        answers=signal.answers,
        occurred_at=timezone.localtime(signal.received_at),
        received_at=timezone.localtime(at),
    )
    try:
        labels = {language: labels_of(definition, language) for language in LANGUAGES}
        return decide(event, version.definition, labels=labels), ""
    except DecisionFailed as failure:
        log.error("signal_not_decided", signal=str(signal.pk), where=failure.where)
        return Decision((), (), {}), "procedure_failed"


def procedure_in_force(at: datetime) -> ProcedureVersion | None:
    try:
        return ProcedureVersion.objects.in_force(at)
    except ProcedureVersion.DoesNotExist:
        return None


class _Telling:
    """One decision about a signal being carried out."""

    def __init__(
        self,
        signal: Signal,
        event: SignalEvent,
        decision: Decision,
        why_not: str,
        added: str,
        without_the_unit: bool,
    ) -> None:
        self.signal = signal
        self.event = event
        self.decision = decision
        self.why_not = why_not
        self.added = added
        self.without_the_unit = without_the_unit
        self.notices: list[Notice] = []
        self.joined: list[FurtherReport] = []
        self.unresolved: list[str] = []
        self.untold: list[str] = []
        self.explanation: list[dict[str, Any]] = [dict(entry) for entry in decision.explanation]

    def run(self) -> SignalEvent:
        actions = [action for action in self.decision.actions if action.do == "notify"]
        if self.without_the_unit:
            actions = [action for action in actions if action.params["role"] != Role.MOBILE_UNIT]
        elif not any(action.params["role"] == Role.MOBILE_UNIT for action in actions):
            actions.append(self._own_action())
        for action in actions:
            self._notify(action)
        if self.untold:
            self.explanation.append({"rule": HELD_BACK_RULE, "words": _held_back_words()})
        self.event.explanation = self.explanation
        self.event.detail = {
            "rules": [*(entry["rule"] for entry in self.explanation)],
            "notices": [str(notice.pk) for notice in self.notices],
            "further": [str(report.pk) for report in self.joined],
            "unresolved": self.unresolved,
            "untold": self.untold,
            "failed": self.why_not,
        }
        self.event.save(update_fields=["explanation", "detail"])
        return self.event

    def _own_action(self) -> Action:
        self.explanation.append({"rule": OWN_RULE, "words": _own_words(self.why_not)})
        return Action(OWN_RULE, "notify", {"role": Role.MOBILE_UNIT.value, "answer_minutes": OWN_ANSWER_MINUTES})

    def _notify(self, action: Action) -> None:
        """Adds to the open notice about this place, else owes one. Nobody found is loud: `owe` also tells the chain's
        coordinators."""
        role, urgent = action.params["role"], action.params.get("urgent", False)
        place = self._place(role)
        procedure = self.signal.procedure_version
        chain = chain_for(procedure.definition if procedure else {}, role)
        found = resolve_chain(role=role, municipality=place, at=self.event.at, unit=self.signal.unit, chain=chain)
        brief = signal_brief(
            role,
            content_of(self.signal, self.decision.facts, self.decision.settings),
            reference=self.signal.reference,
            from_session=self.signal.session_id is not None,
            urgent=urgent,
            added=self.added,
        )
        if self._joins(role, place, found.contact, brief, urgent):
            return
        if self.signal.held_back and role != Role.MOBILE_UNIT:
            self.untold.append(role)
            return
        notice = owe(
            event_id=self.event.pk,
            case_id=self.signal.pk,
            case_reference=self.signal.reference,
            role=role,
            contact=found.contact,
            partner=found.partner,
            municipality=place,
            unit=self.signal.unit,
            chain=chain,
            brief=brief,
            answer_minutes=action.params.get("answer_minutes"),
            ladder=self._part("ladders", action.params.get("ladder"), OWN_LADDER),
            marks=self._part("deadlines", action.params.get("deadline"), {}),
            needs_document=action.params.get("document", False),
            at=self.event.at,
        )
        self.notices.append(notice)
        if found.contact is None:
            self.unresolved.append(role)
            self.notices += notice.chasers.filter(purpose=Purpose.FALLBACK)
        self.explanation += [{"rule": action.rule, "words": words} for words in found.words]

    def _joins(
        self, role: str, place: Municipality, contact: Contact | None, brief: dict[str, Any], urgent: bool
    ) -> bool:
        """Whether it was added to a notice that is open about the same place, and to whom it would go now."""
        first = joinable(
            among=Notice.objects.filter(case_reference__startswith=REFERENCE_BEGINS),
            role=role,
            municipality=place,
            contact=contact,
            is_urgent=urgent,
            at=self.event.at,
        )
        if first is None or FurtherReport.objects.filter(notice=first, event_id=self.event.pk).exists():
            return False
        report = add_report(
            notice=first,
            source_id=self.signal.pk,
            event_id=self.event.pk,
            reference=self.signal.reference,
            origin=self.signal.origin,
            brief=brief,
            is_urgent=urgent,
            # What a person adds to their own report may be that it has become dangerous: nobody asks that again.
            alarms=urgent or bool(self.added),
            at=self.event.at,
        )
        self.joined.append(report)
        self.explanation.append({"rule": JOINED_RULE, "words": _joined_words(role, first.code)})
        return True

    def _place(self, role: str) -> Municipality:
        """Police and the others answer for where it happens; a unit for its own region, wherever that is."""
        municipality, region = self.signal.municipality, self.signal.unit.region
        if role == Role.MOBILE_UNIT and municipality.region_id != region.pk:
            return seat_of(region)
        return municipality

    def _part(self, name: str, key: str | None, otherwise: Any) -> Any:
        procedure: Mapping[str, Any] = self.signal.procedure_version.definition if self.signal.procedure_version else {}
        return procedure[name][key] if key else otherwise


def content_of(signal: Signal, facts: Mapping[str, Any], settings: Mapping[str, str] | None = None) -> AnswerFacts:
    """What a brief about this signal is written from."""
    return AnswerFacts(
        municipality=signal.municipality,
        unit=signal.unit,
        occurred_at=signal.received_at,
        definition=signal.form_version.definition,
        answers=signal.answers,
        sources=Lists(),
        facts=facts,
        settings=settings or {},
        today=timezone.localdate(signal.received_at).isoformat(),
    )


def _own_words(why_not: str) -> dict[str, str]:
    if why_not:
        return both(
            lambda: gettext(
                "The procedure could not decide about this message, so only the unit was notified. The police and the"
                " Child Protection Unit were NOT notified: decide yourselves, and inform your coordinator."
            )
        )
    return both(
        lambda: gettext("No rule of the procedure notifies the unit of this message, so it is notified by default.")
    )


def _joined_words(role: str, code: str) -> dict[str, str]:
    def words() -> str:
        who = Role(role).label if role in Role.values else role
        return gettext("%(who)s: added to notice %(code)s, which is still open about this place.") % {
            "who": str(who).capitalize(),
            "code": code,
        }

    return both(words)


def _held_back_words() -> dict[str, str]:
    return both(
        lambda: gettext(
            "So many messages came in within this hour that only the unit was notified of this one. Read it, and decide"
            " whether the others should be notified."
        )
    )
