"""Carrying out a procedure's decision: open and update cases, start deadlines, refer, create notices.

Everything happens in the caller's transaction: either all of it stands or none.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_lazy

from access.languages import format_in_each_language
from access.models import Municipality
from audit.chain import log_event
from case_forms.procedures.case_state import next_status
from case_forms.procedures.decide import Action, Decision
from case_forms.procedures.rule_actions.registry import ACTIONS
from case_forms.procedures.rule_actions.tasks import form_task_key, second_worker_key
from vault import data_keys

from .applying.notices import NoticesOfDecision
from .applying.state import Applied, CannotApply, SubmissionFacts
from .brief_content import both
from .consent.deciding import NOT_SHARED
from .correcting import Correction
from .date_clock import await_dates
from .deadlines import end_duties, lock_duties
from .facts.actions import write_facts
from .facts.risk import refresh_risk, writes_risk
from .flag_steps import build_step, get_last, list_by_hand, list_by_rules
from .locking import lock_case
from .models import (
    RUNS_IN_CLOSED_CASES,
    SUBMISSION_RECEIVED,
    Case,
    CaseEvent,
    CaseStatus,
    Deadline,
    DeadlineKind,
    FormalIdentification,
    new_reference,
)
from .rule_events import respond_to_done
from .statuses.actions import hold_by_decision, word_held

# 30**6 references are possible: twenty taken ones in a row mean that something else is wrong.
TRIES_FOR_A_REFERENCE = 20


__all__ = ["Applied", "CannotApply", "SubmissionFacts", "apply_decision"]


@transaction.atomic(savepoint=False)
def apply_decision(
    *,
    decision: Decision,
    submission: SubmissionFacts,
    case: Case | None = None,
    event: CaseEvent | None = None,
) -> Applied:
    """Carry out every action of the decision, in order.

    `case`: the case that the submission's answers name, if any. `event`: of a decision about something that came later
    in that case (`rule_events`), its case event. Raises CannotApply; the caller's transaction,
    or savepoint in it, is then rolled back.
    """
    return _DecisionRun(decision, submission, case, event).run()


class _DecisionRun(NoticesOfDecision):
    """One decision being carried out: its actions in their order, and what they do to the case itself."""

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
            elif self.submission.moved_by is not None:
                # Also when no rule brings it here: two people have.
                self._join(self.named_case)
        with self.reading_ahead():
            for action in self.decision.actions:
                # Each kind of action says itself which of the methods below it needs.
                ACTIONS[action.do].carry_out(action, self)
        self._begin_clocks()
        if self.correction is not None and self.case is not None and self.event is not None:
            self._explain_missing_status(self.correction, self.case)
            self._explain_flags(self.correction, self.case)
            self.correction.tell_others(self._telling(self.case, self.event))
        # Written last: an action that follows may add to the explanation (a link of the chain, a missing setting).
        if self.event is not None:
            self.event.explanation = self._leave_out_held_back()
            self.event.detail = {
                **self.event.detail,
                "rules": [entry["rule"] for entry in self.decision.explanation],
                "notices": [str(pk) for pk in self.notices],
                "by_rule": self.rules_by_notice,
                "unresolved": self.unresolved,
                **({NOT_SHARED: self.not_shared} if self.not_shared else {}),
            }
            self._store_event(self.event)
        self._leave_closed()
        # After everything else stands: what is done is an event that rules respond to.
        respond_to_done(self.met, self.submission.received_at, case=self.case)
        return Applied(self.case, self.event, list(self.notices.values()))

    def _leave_out_held_back(self) -> list[dict[str, Any]]:
        """Return the explanation without the words of rules of which nothing came: “the case was referred” isn't so."""
        done = {action.rule for action in self.decision.actions if action not in self.held_back}
        undone = {action.rule for action in self.held_back} - done
        return [entry for entry in self.explanation if entry["rule"] not in undone]

    def _store_event(self, event: CaseEvent) -> None:
        """Insert a new event, whole. What this decision wrote names it by its key, which is looked for at the end."""
        if event._state.adding:
            event.save(force_insert=True)
        else:
            event.save(update_fields=["explanation", "detail"])

    def _leave_closed(self) -> None:
        """Let no clock of a closed case run but those about the person's data: the rest starts when it is opened again.

        Whoever has to be notified was notified. That a form came in is said until somebody decides about the case.
        """
        if self.case is None or self.case.closed_at is None:
            return
        at = self.submission.received_at
        end_duties(self.case, at, without=RUNS_IN_CLOSED_CASES)
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
        answered = answered.exclude(pk__in=self._find_tasks_of_other_forms(case))
        self._meet(answered.exclude(kind=DeadlineKind.DEADLINE, key__in=by_rules))

    def _find_tasks_of_other_forms(self, case: Case) -> list[int]:
        """Return the tasks that this form leaves to others of its kind.

        Of several tasks that rules created for one form, as the journeys to the police and to the hospital, one form
        does one: that which is due first. A correction says anew what an earlier version said, and does no further one.
        """
        form = self.submission.form.key
        created = Deadline.objects.unmet().filter(case=case, form=form, kind=DeadlineKind.TASK)
        tasks = created.exclude(key__in=(form_task_key(form), second_worker_key(form)))
        in_order = sorted(tasks, key=lambda task: (task.marks[-1] if task.marks else task.starts_at, task.pk))
        return [task.pk for task in in_order[0 if self.submission.corrects else 1 :]]

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
        case = Case(
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
        case.save(force_insert=True)
        # Before anything is sealed that belongs to it.
        data_keys.create(case.pk)
        log_event("case.opened", actor=self.actor, target_kind="case", target_id=case.pk, submission=submission.id)
        self._join(case, is_new=True)

    def attach_case(self, action: Action) -> None:
        """Join the case that the submission names; the caller has made sure that its sender may see that case."""
        named, reference = self.named_case, action.params["case"]
        # The form may name a case that was merged into the one that stands for both.
        if named is None or (named.reference != reference and not named.merged.filter(reference=reference).exists()):
            raise CannotApply(action.rule, "unknown_case")
        self._join(named)

    def _join(self, case: Case | None, *, is_new: bool = False) -> None:
        if case is None or self.event is not None:
            return
        self.case = case
        self.event = CaseEvent(
            case=case, kind=SUBMISSION_RECEIVED, at=self.submission.received_at, submission_id=self.submission.id
        )
        if self.correction is not None:
            self.event.detail = {"corrects": str(self.submission.corrects[0])}
            self.event.save(force_insert=True)  # corrections look events up
            self.correction.forget_dates()
        self._see_where(case)
        self._write_facts(case)
        # Before anything else is done: what the rules ask for now is another duty than the one that this form meets.
        if not is_new:  # which has no duties yet
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
            received_at=submission.said_at or submission.received_at,
            without=submission.carried_over,
        )
        if writes_risk(submission.form):
            refresh_risk(case)

    def _see_where(self, case: Case) -> None:
        """Note when the person is in another municipality than the case.

        Those there are notified then, and the case says so. Looked up before anybody is notified, whichever rule
        names the
        place.
        """
        # The rule that opens a case is the one that names a municipality, also when it joins an existing case.
        opening = next((action for action in self.decision.actions if action.do == "open_case"), None)
        if opening is None or str(opening.params["municipality"]) == case.municipality.slug:
            return
        self.place = place = _municipality(opening)
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
            changes["status"] = self._hold_decided(case, action, changes["status"])
        if "child_track" in changes:
            changes["child_track"] = case.child_track or changes["child_track"]
        changed = {name: value for name, value in changes.items() if getattr(case, name) != value}
        if not changed:
            return
        for name, value in changed.items():
            setattr(case, name, value)
        case.save(update_fields=list(changed))
        log_event("case.updated", actor=self.actor, target_kind="case", target_id=case.pk, rule=action.rule, **changed)

    def _hold_decided(self, case: Case, action: Action, status: str) -> str:
        """Return the status that the case gets: the one that two people have decided on stays, whatever a form says."""
        if status == case.status:
            return status
        submission = self.submission
        decided = hold_by_decision(
            case=case, asked=status, submission_id=submission.id, by=submission.by, at=submission.received_at
        )
        if decided is None:
            return status
        self.explanation.append({"rule": action.rule, "words": word_held(decided, status)})
        return case.status

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

    def _explain_flags(self, correction: Correction, case: Case) -> None:
        """Say which flags an earlier version has set or cleared, the corrected one hasn't, and nobody else.

        They stay, as a status does: somebody who knows the person sets or clears them by hand. Under another procedure
        than the case's own it isn't known what the earlier versions did, and nothing is said.
        """
        if self.submission.procedure_version.pk != case.procedure_version_id:
            return
        procedure, events = self.submission.procedure_version.parsed, CaseEvent.objects.filter(case=case)
        own, form = events.filter(pk__in=correction.events), self.submission.form.key
        earlier = list_by_rules(own, procedure, about=form)
        if not earlier:
            return
        steps = [build_step(action, procedure, self.submission.received_at) for action in self.decision.actions]
        now = [step for step in steps if step is not None]
        others = [*list_by_rules(events.exclude(pk__in=correction.events), procedure), *list_by_hand(case), *now]
        last = get_last(others)
        for key in dict.fromkeys(step.key for step in earlier):
            without, label = last.get(key), case.flags.get(key)
            if without is None and label is not None:
                words = format_in_each_language(_FLAG_STAYS, flag=label)
            elif without is not None and label is None:
                words = format_in_each_language(_FLAG_STAYS_CLEARED, flag=without)
            else:
                continue
            self.explanation.append({"rule": "", "words": words})


_FLAG_STAYS = gettext_lazy(
    "An earlier version of this form set the flag “{flag}”, the corrected one does not. It stays: look whether it is"
    " right, and clear it at the head of the case if not."
)
_FLAG_STAYS_CLEARED = gettext_lazy(
    "An earlier version of this form cleared the flag “{flag}”, the corrected one does not. It stays cleared: look"
    " whether that is right, and set it at the head of the case if not."
)


def _municipality(action: Action) -> Municipality:
    found = list(_find_places(slug=str(action.params["municipality"])))
    if not found:
        raise CannotApply(action.rule, "unknown_municipality")
    return found[0]


def _find_places(slug: str) -> QuerySet[Municipality]:
    return Municipality.objects.select_related("region").filter(slug=slug)


def _choice(action: Action, name: str, among: list[str]) -> str:
    value = action.params[name]
    if not isinstance(value, str) or value not in among:
        raise CannotApply(action.rule, f"unknown_{name}")
    return value


def _free_reference(action: Action) -> str:
    """Find a reference that no case has. Raises CannotApply when none was found in TRIES_FOR_A_REFERENCE."""
    for _try in range(TRIES_FOR_A_REFERENCE):
        reference = new_reference()
        if not _find_with_reference([reference]).exists():
            return reference
    raise CannotApply(action.rule, "no_free_reference")


def _find_with_reference(references: Collection[str]) -> QuerySet[Case, UUID]:
    return Case.objects.filter(reference__in=references).order_by().values_list("pk", flat=True)
