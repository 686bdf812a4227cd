"""Decision about a stored submission, and the receipt of what followed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from access.languages import LANGUAGES
from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.cases.actions import Applied, CannotApply, SubmissionFacts, apply_decision
from case_forms.cases.consent.deciding import NOT_SHARED
from case_forms.cases.consent.ending import lock_shared
from case_forms.cases.consent.recording import FORM as CONSENT_FORM
from case_forms.cases.facts.for_rules import get_known_for_rules
from case_forms.cases.models import SUBMISSION_RECEIVED, Case
from case_forms.form_builder.models import get_fact_catalogue
from case_forms.procedures.decide import DecisionFailed, Event, decide
from case_forms.procedures.labels import get_labels
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.rule_actions.cases import AttachCase
from case_forms.procedures.signals import decided
from notifications.outbox.models import Notice
from vault.fields import reseal_for_owner

from .consents import consents_for, record_consents
from .correcting import get_earlier_versions
from .drafts.filled import get_times_carried_over
from .models import Attachment, Submission
from .outcome import set_outcome
from .refusals import NotDecided
from .validation.validate import Answers


@dataclass(frozen=True)
class Move:
    """That a stored submission comes to a case now, from another one (`moving`): by whom, when, under which id."""

    id: UUID
    by: User
    at: datetime


def decide_and_apply(
    submission: Submission, answers: Answers, case: Case | None, *, move: Move | None = None, has_files: bool = True
) -> Applied:
    """Decide on a stored submission, apply the decision, and store the case and the receipt on it.

    Runs in the caller's transaction. Without a case the explanation is stored on the submission, too. `case`: the one
    that the answers name. What the submission took over from what is known adds nothing to it. `move`: it comes from
    another case, so clocks and notices begin now, and what it says of the person stays as old as it is. `has_files`:
    False where none can be attached to it. Raises NotDecided; the caller's transaction is then rolled back.
    """
    at = move.at if move else submission.received_at
    procedure = procedure_for(submission.form_version.form.key, case, at)
    form = submission.form_version.parsed_form
    try:
        carried_over = get_times_carried_over(submission)
        event = build_event(submission, answers, case, procedure, carried_over, at=at)
        # in all languages at once: explanations are stored and read later, by people of either language
        facts = get_fact_catalogue() if event.known is not None else None
        labels = {language: get_labels(form, language, facts) for language in LANGUAGES}
        decision = decide(event, procedure.parsed, labels=labels)
        if case is not None and form.key == CONSENT_FORM:
            lock_shared(case)
        decided.send(sender=Submission, event=event, procedure=procedure.parsed, decision=decision, labels=labels)
        applied = apply_decision(
            decision=decision,
            submission=SubmissionFacts(
                id=submission.pk,
                form=form,
                answers=answers,
                unit=submission.unit,
                by=submission.submitted_by,
                occurred_at=submission.occurred_at,
                received_at=at,
                procedure_version=procedure,
                today=timezone.localdate(at).isoformat(),
                is_drill=submission.is_drill,
                # What followed from earlier versions stays behind in the case that it is moved away from.
                corrects=() if move else get_earlier_versions(submission),
                form_version=submission.form_version,
                carried_over=carried_over,
                said_at=submission.received_at if move else None,
                moved_by=move.by if move else None,
            ),
            case=case,
        )
    except DecisionFailed as failure:
        raise NotDecided(failure.where) from None
    except CannotApply as failure:
        raise NotDecided(f"rules/{failure.rule}: {failure.code}") from None
    submission.case = applied.case
    if applied.event is None:  # else the case's event holds the explanation
        set_outcome(submission, decision, event, procedure)
    submission.receipt = _receipt(submission, applied)
    resealed = _seal_for_case(submission, has_files=has_files)
    submission.save(update_fields=["case", "receipt", "explanation", "is_unmatched", *resealed])
    if move is not None:
        about = applied.case or case
        record_consents(submission, answers, about, applied.event, at=move.at, act=move.id, by=move.by)
        return applied
    record_consents(submission, answers, applied.case or case, applied.event)
    log_event(
        "submission.received",
        actor=get_actor(submission.submitted_by),
        target_kind="submission",
        target_id=submission.pk,
        form=submission.form_version.form.key,
        version=submission.form_version.number,
        case=applied.case.pk if applied.case else "",
        notices=len(applied.notices),
        procedure=str(procedure),
        unmatched=submission.is_unmatched,
        corrects=submission.corrects_id or "",
    )
    return applied


def _seal_for_case(submission: Submission, *, has_files: bool) -> list[str]:
    """Seal what was received before its case was known under the case's key. Return the submission's fields to save."""
    if submission.case is None:
        return []
    for attachment in _find_files([submission.pk]) if has_files else ():
        # The row that is being saved knows its case, the one in the database not yet.
        attachment.submission = submission
        if names := reseal_for_owner(attachment):
            attachment.save(update_fields=names)
    return reseal_for_owner(submission)


def _find_files(keys: Collection[UUID]) -> QuerySet[Attachment]:
    return Attachment.objects.filter(submission__in=keys)


def build_event(
    submission: Submission,
    answers: Answers,
    case: Case | None,
    procedure: ProcedureVersion,
    carried_over: Collection[str],
    *,
    at: datetime,
) -> Event:
    """Return what happened, as rules read it: this form came in at this moment, about this case."""
    form = submission.form_version.form.key
    return Event(
        kind=SUBMISSION_RECEIVED,
        form=form,
        answers=answers,
        occurred_at=timezone.localtime(submission.occurred_at),
        received_at=timezone.localtime(at),
        case_status=case.status if case else None,
        case_child=case.child_track if case else None,
        case_consent=consents_for(case, procedure.parsed, form),
        case_flags=tuple(case.flags) if case else None,
        known=get_known_for_rules(
            case,
            procedure.parsed,
            submission.form_version.parsed_form,
            answers,
            occurred_at=submission.occurred_at,
            without=carried_over,
        ),
    )


def procedure_for(form: str, case: Case | None, at: datetime) -> ProcedureVersion:
    """Return the version that decides about a form (its key). Raises NotDecided when none is in force.

    A case stays under the version it was opened under. A form that this version doesn't bring to its case, as one that
    came into use later, is decided by the version in force: else it would belong to no case (docs/adr/0054).
    """
    if case is None:
        return _procedure_in_force(at)
    rules = case.procedure_version.parsed.rules_about(SUBMISSION_RECEIVED, form)
    if any(isinstance(action, AttachCase) for rule in rules for action in rule.then):
        return case.procedure_version
    return _procedure_in_force(at)


def _procedure_in_force(at: datetime) -> ProcedureVersion:
    found = list(_find_in_force(at=at))
    if not found:
        raise NotDecided("no procedure is in force")
    return found[0]


# With its procedure, which the record names.


def _find_in_force(at: datetime) -> QuerySet[ProcedureVersion]:
    return (
        ProcedureVersion.objects.select_related("procedure").defer("canonical", "procedure__definition").running(at)[:1]
    )


def _receipt(submission: Submission, applied: Applied) -> dict[str, Any]:
    language = submission.submitted_by.language
    not_shared = applied.event.detail.get(NOT_SHARED) if applied.event else None
    return {
        # only where there is something to say: programs that read receipts know them without it
        **({NOT_SHARED: not_shared} if not_shared else {}),
        "submission": str(submission.pk),
        "case": applied.case.reference if applied.case else None,
        "unmatched": submission.is_unmatched,
        "notices": [_receipt_line(notice, language) for notice in applied.notices],
    }


def _receipt_line(notice: Notice, language: str) -> dict[str, Any]:
    return {
        "id": str(notice.pk),
        "code": notice.code,
        "role": notice.role,
        "state": notice.state,
        "recipient": localize(notice.partner.names, language) if notice.partner else None,
    }
