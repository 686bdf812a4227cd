"""Carrying out a procedure's decision: open and update cases, start deadlines, refer, create notices.

Everything happens in the caller's transaction: either all of it stands or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from access.languages import Texts
from access.models import MobileUnit, Municipality, User
from audit.chain import SYSTEM, get_actor, log_event
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.procedures.case_state import next_status
from case_forms.procedures.chains import chain_for
from case_forms.procedures.decide import Action, Decision
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.rule_actions.base import World
from case_forms.procedures.rule_actions.registry import ACTIONS
from notifications.directory.areas import OWN_ROLES
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Partner, Role
from notifications.directory.resolve import Resolution
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from vault import data_keys

from .brief_content import BriefFacts, both, brief_for, settings_missing
from .consent.deciding import NOT_SHARED, Asked, decide_sharing, read_basis
from .consent.gate import may_share
from .consent.ledger import Recipient
from .correcting import Correction, Telling
from .date_clock import await_dates
from .deadlines import compute_mark_minutes, end_duties, lock_duties, meet_deadlines, start_deadline
from .facts.actions import write_facts
from .locking import lock_case
from .models import (
    SUBMISSION_RECEIVED,
    Case,
    CaseEvent,
    CaseStatus,
    Deadline,
    DeadlineKind,
    FormalIdentification,
    Referral,
    new_reference,
)
from .rule_events import respond_to_done
from .tasks import read_order, start_task

# 30**6 references are possible: twenty taken ones in a row mean that something else is wrong.
TRIES_FOR_A_REFERENCE = 20

log = structlog.get_logger(__name__)


class CannotApply(Exception):
    """A rule's action that can't be carried out.

    `rule` and `code` name it; neither holds an answer, so both may be logged.
    """

    def __init__(self, rule: str, code: str) -> None:
        super().__init__(f"{rule}: {code}")
        self.rule = rule
        self.code = code


@dataclass(frozen=True)
class SubmissionFacts:
    """The facts of a submission that carrying out needs; the cases room doesn't import the room above it."""

    id: UUID
    form: Form = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    unit: MobileUnit
    by: User
    occurred_at: datetime
    received_at: datetime
    procedure_version: ProcedureVersion
    today: str  # ISO date of the decision
    is_drill: bool = False
    corrects: tuple[UUID, ...] = ()  # the submissions that are its earlier versions
    form_version: FormVersion | None = field(default=None, repr=False)
    # by question, when an answer had been said that was taken over from what is known and that nobody confirmed
    carried_over: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Applied:
    """The result of a decision. A submission that opens and joins no case has neither case nor event."""

    case: Case | None
    event: CaseEvent | None
    notices: list[Notice]


@transaction.atomic
def apply_decision(
    *,
    decision: Decision,
    submission: SubmissionFacts,
    case: Case | None = None,
    event: CaseEvent | None = None,
) -> Applied:
    """Carry out every action of the decision, in order.

    `case`: the case that the submission's answers name, if any. `event`: of a decision about something that came later
    in that case (`rule_events`), its case event. Raises CannotApply; the transaction is then rolled back.
    """
    return _DecisionRun(decision, submission, case, event).run()


class _DecisionRun(World):
    """One decision being carried out. The case event is created with the first action that needs it."""

    def __init__(
        self, decision: Decision, submission: SubmissionFacts, case: Case | None, event: CaseEvent | None
    ) -> None:
        self.decision = decision
        self.submission = submission
        self.named_case = case
        self.case: Case | None = case if event is not None else None
        self.event = event
        self.is_later = event is not None
        self.met: list[Deadline] = []
        self.notices: dict[UUID, Notice] = {}
        self.rules_by_notice: dict[str, str] = {}
        self.explanation: list[dict[str, Any]] = [dict(entry) for entry in decision.explanation]
        self.unresolved: list[str] = []
        self.sources = Lists(submission.by)
        self.content: BriefFacts | None = None
        self.place: Municipality | None = None
        self.correction: Correction | None = None
        self.not_shared: list[dict[str, str]] = []
        self.is_nothing_referred = False
        # What follows later isn't done by whoever sent the form once.
        self.actor = get_actor(submission.by) if event is None else SYSTEM
        self.asked = self._read_basis()

    def run(self) -> Applied:
        if self.named_case is not None and not self.is_later:
            lock_duties(self.named_case)
            if self.submission.corrects:
                self.correction = Correction(self.named_case, self.submission.corrects)
            # So that it is closed, and a consent withdrawn, before this form or after it, with all that this form
            # brings, and never meanwhile.
            lock_case(self.named_case)
            self.is_nothing_referred = self._is_nothing_referred(self.named_case)
            if self.correction is not None:
                self.correction.put_in_place_of(self.submission.id, at=self.submission.received_at)
                # Also when no rule is about it any more: it is about this case, and others have read it.
                self._join(self.named_case)
        for action in self.decision.actions:
            # Each kind of action says itself which of the methods below it needs.
            ACTIONS[action.do].carry_out(action, self)
        if self.correction is not None and self.case is not None and self.event is not None:
            self._explain_missing_status(self.correction, self.case)
            self.correction.tell_others(self._telling(self.case, self.event))
        # Written last: an action that follows may add to the explanation (a link of the chain, a missing setting).
        if self.event is not None:
            self.event.explanation = self.explanation
            self.event.detail = {
                **self.event.detail,
                "rules": [entry["rule"] for entry in self.decision.explanation],
                "notices": [str(pk) for pk in self.notices],
                "by_rule": self.rules_by_notice,
                "unresolved": self.unresolved,
                **({NOT_SHARED: self.not_shared} if self.not_shared else {}),
            }
            self.event.save(update_fields=["explanation", "detail"])
        self._leave_closed()
        # After everything else stands: what is done is an event that rules respond to.
        respond_to_done(self.met, self.submission.received_at, case=self.case)
        return Applied(self.case, self.event, list(self.notices.values()))

    def _leave_closed(self) -> None:
        """Let no clock of a closed case run: what this decision began starts when the case is opened again.

        Whoever has to be notified was notified. That a form came in is said until somebody decides about the case.
        """
        if self.case is None or self.case.closed_at is None:
            return
        at = self.submission.received_at
        end_duties(self.case, at)
        if not self.is_later:
            self.case.form_after_closing_at = at
            self.case.save(update_fields=["form_after_closing_at"])

    def _meet_duties_answered_by_the_form(self, case: Case) -> None:
        """Meet the duties that this form answers.

        Where rules of the procedure meet a deadline, they decide when.
        """
        by_rules = self.submission.procedure_version.parsed.met_by_rules
        answered = Deadline.objects.filter(case=case, form=self.submission.form.key)
        # A referral that goes to nobody is no referral: its duty goes on.
        if self.is_nothing_referred:
            return
        # A second worker's form is one that somebody else sends (`require_second_worker`).
        answered = answered.filter(Q(not_by=None) | ~Q(not_by=self.submission.by))
        self._meet(answered.exclude(kind=DeadlineKind.DEADLINE, key__in=by_rules))

    # ---- the case ----

    def open_case(self, action: Action) -> None:
        """Open a case; a submission that already belongs to one updates that one instead."""
        status = _choice(action, "status", CaseStatus.values)
        # The identification sent again for a case (the rest after an urgent notice) joins it (ADR 52).
        if self.case is not None or self.named_case is not None:
            self._join(self.case or self.named_case)
            self._update(action, status=status, child_track=action.params.get("child_track", False))
            return
        municipality = _municipality(action)
        submission = self.submission
        case = Case.objects.create(
            reference=_free_reference(action),
            region_id=municipality.region_id,
            municipality=municipality,
            unit=submission.unit,
            status=status,
            child_track=action.params.get("child_track", False),
            is_drill=submission.is_drill,
            procedure_version=submission.procedure_version,
            opened_at=submission.received_at,
            opened_by=submission.by,
        )
        # Before anything is sealed that belongs to it.
        data_keys.create(case.pk)
        log_event("case.opened", actor=self.actor, target_kind="case", target_id=case.pk, submission=submission.id)
        self._join(case)

    def attach_case(self, action: Action) -> None:
        """Join the case that the submission names; the caller has made sure that its sender may see that case."""
        named, reference = self.named_case, action.params["case"]
        # The form may name a case that was merged into the one that stands for both.
        if named is None or (named.reference != reference and not named.merged.filter(reference=reference).exists()):
            raise CannotApply(action.rule, "unknown_case")
        self._join(named)

    def _join(self, case: Case | None) -> None:
        if case is None or self.event is not None:
            return
        self.case = case
        self.event = CaseEvent.objects.create(
            case=case, kind=SUBMISSION_RECEIVED, at=self.submission.received_at, submission_id=self.submission.id
        )
        if self.correction is not None:
            self.event.detail = {"corrects": str(self.submission.corrects[0])}
            self.event.save(update_fields=["detail"])
            self.correction.forget_dates()
        self._see_where(case)
        self._write_facts(case)
        # Before anything else is done: what the rules ask for now is another duty than the one that this form meets.
        self._meet_duties_answered_by_the_form(case)
        await_dates(
            case=case,
            event=self.event,
            form=self.submission.form.key,
            answers=dict(self.submission.answers),
            now=self.submission.received_at,
        )

    def _write_facts(self, case: Case) -> None:
        """Add what the form says about the person to what is known, before rules about later events read it."""
        submission = self.submission
        write_facts(
            case=case,
            form=submission.form,
            form_version=submission.form_version,
            answers=submission.answers,
            submission_id=submission.id,
            by=submission.by,
            occurred_at=submission.occurred_at,
            received_at=submission.received_at,
            without=submission.carried_over,
        )

    def _see_where(self, case: Case) -> None:
        """Note when the person is in another municipality than the case.

        Those there are notified then, and the case says so. Looked up before anybody is notified, whichever rule
        names the
        place.
        """
        # The rule that opens a case is the one that names a municipality, also when it joins an existing case.
        opening = next((action for action in self.decision.actions if action.do == "open_case"), None)
        if opening is None or (place := _municipality(opening)) == case.municipality:
            return
        self.place = place
        words = both(
            lambda: (
                gettext(
                    "The case belongs to %(case)s, and this form says that the person is in %(now)s: whom to notify of"
                    " it is looked up for %(now)s."
                )
                % {"case": case.municipality, "now": place}
            )
        )
        self.explanation.append({"rule": opening.rule, "words": words})

    def update_case(self, action: Action) -> None:
        changes: dict[str, Any] = {}
        if "status" in action.params:
            changes["status"] = _choice(action, "status", CaseStatus.values)
        if "formal_identification" in action.params:
            changes["formal_identification"] = _choice(action, "formal_identification", FormalIdentification.values)
        if "child_track" in action.params:
            changes["child_track"] = action.params["child_track"]
        self._update(action, **changes)

    def _update(self, action: Action, **changes: Any) -> None:
        """Write what differs.

        The child track is only ever switched on: a doubt about an age stays a doubt. A status is never lowered, except
        together with the result of the formal identification.
        """
        case, _event = self._here(action)
        if "status" in changes and "formal_identification" not in changes:
            asked, changes["status"] = changes["status"], next_status(case.status, changes["status"])
            self._explain_unlowered(action, asked, changes["status"])
        if "child_track" in changes:
            changes["child_track"] = case.child_track or changes["child_track"]
        changed = {name: value for name, value in changes.items() if getattr(case, name) != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(case, name, value)
        case.save(update_fields=list(changed))
        log_event("case.updated", actor=self.actor, target_kind="case", target_id=case.pk, rule=action.rule, **changed)

    def _explain_unlowered(self, action: Action, asked: str, status: str) -> None:
        """Say that a corrected form gives a lower status than the case has, which stays as it is."""
        if self.correction is None or asked == status:
            return
        words = both(
            lambda: (
                gettext(
                    "By the corrected form the status would be “%(asked)s”. A status never goes back by itself: the"
                    " case stays “%(status)s” until a coordinator has looked at it."
                )
                % {"asked": CaseStatus(asked).label, "status": CaseStatus(status).label}
            )
        )
        self.explanation.append({"rule": action.rule, "words": words})

    def _explain_missing_status(self, correction: Correction, case: Case) -> None:
        """Say that the form that opened the case gives it no status any more, after its correction."""
        if not correction.has_opened_case or any("status" in action.params for action in self.decision.actions):
            return
        words = both(
            lambda: (
                gettext(
                    "By the corrected form no case would have been opened. The case stays “%(status)s”: a coordinator"
                    " decides whether it was opened by mistake."
                )
                % {"status": CaseStatus(case.status).label}
            )
        )
        self.explanation.append({"rule": "", "words": words})

    def _here(self, action: Action) -> tuple[Case, CaseEvent]:
        """Return the case and event that an action works on.

        Raises CannotApply when no action before opened or joined a case.
        """
        if self.case is None or self.event is None:
            raise CannotApply(action.rule, "no_case")
        return self.case, self.event

    # ---- who is notified ----

    def notify(self, action: Action) -> None:
        case, event = self._here(action)
        role = action.params["role"]
        named = self._named_office(action, role)
        found = self._resolve(role, named)
        # Asked of a correction, too: what isn't covered any more is taken back from whoever has it.
        if not self._is_shared(action, found.role, found.partner):
            return
        if self.correction and self.correction.tell_again(self._telling(case, event), action, role, named):
            return
        notice = self._create_notice(action, found, urgent=action.params.get("urgent", False))
        if action.params.get("deadline"):
            self._clock(case, event, action.params["deadline"], notice)

    def _named_office(self, action: Action, role: str) -> Partner | None:
        """Return the office that the rule names (a school, a social service); None when it is found by the place."""
        if "partner" not in action.params:
            return None
        named = Partner.objects.filter(slug=str(action.params["partner"]), role=role, is_active=True).first()
        if named is None:
            raise CannotApply(action.rule, "unknown_partner")
        return named

    def refer(self, action: Action) -> None:
        case, event = self._here(action)
        partner = self._named_office(action, Role.PROTECTION_SERVICE)
        # The checker of procedures refuses a `refer` without a partner.
        assert partner is not None
        received_at = self.submission.received_at
        if not self._is_shared(action, partner.role, partner):
            return
        services = action.params.get("services") or []
        services = services if isinstance(services, list) else [services]
        if self.correction and self.correction.tell_again(
            self._telling(case, event), action, partner.role, partner, services=services
        ):
            return
        found = self._resolve(partner.role, partner)
        notice = self._create_notice(action, found)
        referral = Referral.objects.create(
            case=case,
            event=event,
            partner=partner,
            services=services,
            notice_id=notice.pk,
            made_at=received_at,
        )
        log_event("referral.made", actor=self.actor, target_kind="referral", target_id=referral.pk, case=case.pk)
        if action.params.get("deadline"):
            self._clock(case, event, action.params["deadline"], notice)

    # ---- corrections ----

    def _telling(self, case: Case, event: CaseEvent) -> Telling:
        """Return what `correcting` needs of this decision."""
        return Telling(
            case=case,
            event=event,
            procedure=self.submission.procedure_version.parsed,
            at=self.submission.received_at,
            build_brief=lambda role, urgent: brief_for(role, self._content(case), urgent=urgent),
            note=self._note_correction,
        )

    def _note_correction(self, rule: str, notices: list[Notice], words: Texts) -> None:
        for notice in notices:
            self.notices[notice.pk] = notice
            self.rules_by_notice.setdefault(str(notice.pk), rule)
        self.explanation.append({"rule": rule, "words": words})

    def _read_basis(self) -> Asked:
        submission = self.submission
        # What is repeated later rests on what was so when the form was received, not on the moment of the repetition.
        said_at = submission.received_at
        if self.event is not None:
            received = CaseEvent.objects.filter(submission_id=submission.id, kind=SUBMISSION_RECEIVED).order_by("at")
            said_at = received.values_list("at", flat=True).first() or said_at
        claimed, emergency = read_basis(
            submission.form,
            submission.answers,
            said_at=said_at,
            language=submission.by.language,
        )
        return Asked(claimed, emergency, submission.id, None if self.is_later else submission.by, self.actor)

    def _is_nothing_referred(self, case: Case) -> bool:
        """Say whether this form would refer, and the gate for sharing lets none of it pass."""
        refers = [action for action in self.decision.actions if action.do == "refer"]
        at = self.submission.received_at
        return bool(refers) and not any(
            may_share(
                case,
                Recipient(Role.PROTECTION_SERVICE, self._named_office(action, Role.PROTECTION_SERVICE)),
                at=at,
                emergency=self.asked.emergency,
            ).is_allowed
            for action in refers
        )

    def _is_shared(self, action: Action, role: str, partner: Partner | None) -> bool:
        """Ask the gate for sharing. Where it says no, the case says what wasn't shared and what can be done."""
        case, event = self._here(action)
        to = Recipient(role, partner)
        verdict = decide_sharing(case=case, event=event, to=to, asked=self.asked, at=self.submission.received_at)
        if not verdict.is_allowed:
            self.explanation.append({"rule": NOT_SHARED, "words": verdict.words})
            self.not_shared.append({"role": role, "recipient": partner.slug if partner else "", "code": verdict.code})
        return verdict.is_allowed

    def _resolve(self, role: str, partner: Partner | None = None) -> Resolution:
        """Find somebody for this role where the person is, along the procedure's chain."""
        assert self.case is not None
        return resolve_chain(
            role=role,
            municipality=self._where(self.case, role),
            at=self.submission.received_at,
            unit=self.case.unit,
            partner=partner,
            chain=chain_for(self.submission.procedure_version.parsed, role),
        )

    def _where(self, case: Case, role: str) -> Municipality:
        """Return the municipality in which this role is looked for.

        Our own people stay those who may open the case; others are those where the person is.
        """
        return case.municipality if role in OWN_ROLES or self.place is None else self.place

    def _create_notice(self, action: Action, found: Resolution, *, urgent: bool = False) -> Notice:
        """Create the notice for whoever was found; with nobody found its chain's coordinators are notified too."""
        case, event = self._here(action)
        params, procedure = action.params, self.submission.procedure_version.parsed
        place = self._where(case, found.role)
        notice = create_notice(
            NoticeRequest(
                event_id=event.pk,
                case_id=case.pk,
                case_reference=case.reference,
                role=found.role,
                contact=found.contact,
                partner=found.partner,
                municipality=place,
                # Coordinators are looked for where the case is: those of the other place may not open it.
                home=case.municipality if place != case.municipality else None,
                unit=case.unit,
                chain=chain_for(procedure, found.role),
                brief=brief_for(found.role, self._content(case), urgent=urgent),
                answer_minutes=params.get("answer_minutes"),
                ladder=procedure.ladders[params["ladder"]].stored_steps,
                marks=compute_mark_minutes(procedure, params.get("deadline"), self.submission.received_at),
                needs_document=params.get("document", False),
                is_drill=case.is_drill,
                at=self.submission.received_at,
            )
        )
        self.notices[notice.pk] = notice
        self.rules_by_notice.setdefault(str(notice.pk), action.rule)
        if found.contact is None:
            self.unresolved.append(found.role)
            # `create_notice` asked the chain's coordinators to call; the event lists their notices, too.
            for fallback in notice.chasers.filter(purpose=Purpose.FALLBACK):
                self.notices[fallback.pk] = fallback
        self.explanation += [{"rule": action.rule, "words": words} for words in found.words]
        return notice

    def _content(self, case: Case) -> BriefFacts:
        """Build the facts of a brief.

        Once for a decision: the answers' rows are the same for every recipient until they are filtered.
        """
        if self.content is None:
            submission = self.submission
            self.content = BriefFacts(
                case=case,
                sender=submission.by.get_full_name(),
                municipality=self.place or case.municipality,
                unit=submission.unit,
                occurred_at=submission.occurred_at,
                form=submission.form,
                answers=submission.answers,
                sources=self.sources,
                facts=self.decision.facts,
                settings=self.decision.settings,
                today=submission.today,
                carried_over=submission.carried_over,
            )
            self._notify_of_missing_settings(self.content)
        return self.content

    def _notify_of_missing_settings(self, content: BriefFacts) -> None:
        """Log and explain settings that the form's sharing reads and the procedure lacks: nothing was shared by them.

        It happens in a case under an older version of the procedure.
        """
        missing = settings_missing(content)
        if not missing:
            return
        log.error("procedure_setting_missing", submission=str(self.submission.id), settings=missing)
        words = both(
            lambda: gettext(
                "This case is under a procedure that does not say what recipients may read here, so those answers were"
                " given to nobody. Phone the recipients, or the coordinator."
            )
        )
        self.explanation.append({"rule": "settings", "words": words})

    # ---- clocks ----

    def start_deadline(self, action: Action) -> None:
        """Start a deadline; one that runs once in a case (a right that was offered) is not started a second time."""
        case, event = self._here(action)
        key = action.params["key"]
        if self.correction is not None and self.correction.has_started(key):
            return
        if action.params.get("once") and Deadline.objects.filter(case=case, key=key).exists():
            return
        self._clock(case, event, key, None)

    def meet_deadline(self, action: Action) -> None:
        """Stop every running clock of this key in the case, whichever event started it."""
        case, _event = self._here(action)
        if self.is_nothing_referred:
            return
        self._meet(Deadline.objects.filter(case=case, key=action.params["key"]))

    def _meet(self, deadlines: "QuerySet[Deadline]") -> None:
        at = self.submission.received_at
        self.met += meet_deadlines(deadlines, at, actor=self.actor, is_later=self.is_later)

    # ---- tasks and flags ----

    def create_task(self, action: Action) -> None:
        self._start_task(action)

    def ask_for_form(self, action: Action) -> None:
        self._start_task(action)

    def require_second_worker(self, action: Action) -> None:
        self._start_task(action)

    def _start_task(self, action: Action) -> None:
        case, event = self._here(action)
        order = read_order(action, self.submission.by)
        assert order is not None
        if self.correction is not None and self.correction.has_started(order.key):
            return
        procedure = self.submission.procedure_version.parsed
        start_task(case=case, event=event, procedure=procedure, order=order, at=self.submission.received_at)

    def set_flag(self, action: Action) -> None:
        case, _event = self._here(action)
        flag = action.params["flag"]
        label = dict(self.submission.procedure_version.parsed.flags[flag].label)
        self._change_flags(case, action, {**case.flags, flag: label}, set=flag)

    def clear_flag(self, action: Action) -> None:
        case, _event = self._here(action)
        flag = action.params["flag"]
        self._change_flags(case, action, {key: case.flags[key] for key in case.flags if key != flag}, cleared=flag)

    def _change_flags(self, case: Case, action: Action, flags: dict[str, Any], **detail: Any) -> None:
        if flags.keys() == case.flags.keys():
            return
        case.flags = flags
        case.save(update_fields=["flags"])
        log_event("case.flagged", actor=self.actor, target_kind="case", target_id=case.pk, rule=action.rule, **detail)

    def _clock(self, case: Case, event: CaseEvent, key: str, notice: Notice | None) -> None:
        """Start the clock of a duty when its submission came in."""
        procedure = self.submission.procedure_version.parsed
        start_deadline(
            case=case, event=event, procedure=procedure, key=key, at=self.submission.received_at, notice=notice
        )


def _municipality(action: Action) -> Municipality:
    found = Municipality.objects.select_related("region").filter(slug=str(action.params["municipality"])).first()
    if found is None:
        raise CannotApply(action.rule, "unknown_municipality")
    return found


def _choice(action: Action, name: str, among: list[str]) -> str:
    value = action.params[name]
    if not isinstance(value, str) or value not in among:
        raise CannotApply(action.rule, f"unknown_{name}")
    return value


def _free_reference(action: Action) -> str:
    """Find a reference that no case has. Raises CannotApply when none was found in TRIES_FOR_A_REFERENCE."""
    for _try in range(TRIES_FOR_A_REFERENCE):
        reference = new_reference()
        if not Case.objects.filter(reference=reference).exists():
            return reference
    raise CannotApply(action.rule, "no_free_reference")
