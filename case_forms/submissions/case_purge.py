"""Forget a closed case as a whole, once its time is over: erase what was written, and destroy its key.

In one transaction: answers, files, briefs, documents, notes, explanations and words go from the rows, and the case's
data key is marked as destroyed; its file goes when that is committed (`vault.data_keys`). What was sealed under it
opens nowhere any more, in a backup as little as here (docs/adr/0108). What stays says that there was a case: its
reference, region, unit, dates, statuses, who was notified when and what they answered in codes, and the audit chain.

A person's request to have everything erased is carried out the same way, on the day that two people agreed to, whatever
the case's term says (`cases.rights.erasure`); `erasure_proof` looks afterwards whether anything is left.

Rooms whose rows belong to a case register what they erase (`register_eraser`). A case with a hold isn't forgotten, nor
one about which the person waits for an answer about their data.
"""

import os
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.cases.deadlines import end_duties
from case_forms.cases.documents.actions import erase_documents
from case_forms.cases.finding.ending import end_requests_of_forgotten
from case_forms.cases.finding.index import forget_identity
from case_forms.cases.locking import lock_all_of
from case_forms.cases.models import (
    DATA_DUTIES,
    Case,
    CaseClosing,
    CaseEvent,
    CaseFact,
    CaseHold,
    CaseQuerySet,
    CaseTransfer,
    ConsentEntry,
    Deadline,
    FormMove,
    Referral,
    ReferralStep,
    RightsRequest,
    SharingDecision,
    StatusChange,
)
from case_forms.cases.notes.forgetting import forget_notes
from case_forms.cases.retention.terms import get_months_of
from case_forms.cases.rights.actions import forget_requests, note_erased
from case_forms.cases.rights.erasure import find_stops
from case_forms.form_builder.retention import months_later
from case_forms.procedures.models import ProcedureVersion
from notifications.briefs.erasing import erase_all_from
from vault import data_keys
from vault.lasting import SUBMISSIONS, keyed_hash

from .dashboard import case_named
from .drafts.actions import forget_draft
from .models import Attachment, Draft, Submission, SubmissionQuerySet

FORGET = "case.forget"  # what is put aside when one can't be forgotten
FORGET_FORM = "submission.forget_all"
AT_MOST = 50  # cases in one pass
ERASED_OF_SUBMISSION = (
    *("answers", "confirmed", "explanation", "carried_over", "correction_reason"),
    *("forget_after", "fingerprint", "forgotten_at"),
)

# Given the case and the moment: erases what is sealed in a room's rows, and returns how many rows that were.
Eraser = Callable[[Case, datetime], int]
_erasers: dict[str, Eraser] = {}


def register_eraser(name: str, erase: Eraser) -> None:
    """Register what a room erases of a case that is forgotten. `name` is the count's name in the audit entry."""
    _erasers[name] = erase


def due_cases(until: date) -> CaseQuerySet:
    """Return the closed cases whose time, or whose day of erasure, is over by this day, and that nothing keeps.

    Of an erasure, open proceedings keep it as well: they stand in sealed answers, so `forget_case` asks for them.
    """
    over = Q(forget_after__lte=until) | Q(pk__in=RightsRequest.objects.erasing_by(until).values("case"))
    due = Case.objects.filter(over, closed_at__isnull=False, forgotten_at__isnull=True)
    return due.exclude(is_held()).exclude(is_asked_about())


def is_held() -> Exists:
    """Return the condition of cases that a hold keeps."""
    return Exists(CaseHold.objects.standing().filter(case=OuterRef("pk")))


def is_asked_about() -> Q:
    """Return the condition of cases about which the person waits for an answer, or a breach isn't dealt with yet."""
    requests = RightsRequest.objects.to_answer().filter(case=OuterRef("pk"))
    duties = Deadline.objects.unmet().filter(case=OuterRef("pk"), key__in=DATA_DUTIES)
    return Q(Exists(requests)) | Q(Exists(duties))


def forget_due_cases(today: date) -> int:
    """Forget what is due today or was before, each case by itself. Return how many."""
    data_keys.finish_destroying()
    due = due_cases(today).exclude(pk__in=get_put_aside_keys(FORGET, timezone.now()))
    keys = list(due.order_by("forget_after", "pk").values_list("pk", flat=True)[:AT_MOST])
    return for_each_row(FORGET, keys, lambda key: forget_case(key, today))


@transaction.atomic
def forget_case(key: UUID, today: date, *, again: bool = False) -> bool:
    """Forget one case. False when it isn't due any more.

    `again`: whatever its row says, because its key was destroyed and an older copy of the database was restored.
    """
    case = lock_all_of(Case.objects.get(pk=key))
    if not again and not _is_due(case, today):
        return False
    at = timezone.now()
    # What runs in a closed case has nobody to be done for any more.
    end_duties(case, at)
    with data_keys.sealing_without_owner():
        counts: dict[str, Any] = {
            "submissions": _erase_submissions(Submission.objects.filter(case=case)),
            "files": _erase_files(case),
            "drafts": _erase_drafts(case),
            "notices": erase_all_from(case.pk, at=at),
            "words": _erase_words(case),
            "known": CaseFact.objects.filter(case=case).delete()[0],
            "consents": _erase_consents(case),
            "identity": forget_identity(case),
            "requests": end_requests_of_forgotten(case, at),
            "rights": forget_requests(case),
            "notes": forget_notes(case),
            "documents": erase_documents(case, at),
            **{name: erase(case, at) for name, erase in _erasers.items()},
        }
        note_erased(case, counts, today)
    case.forgotten_at, case.forget_after, case.flags, case.form_after_closing_at = at, None, {}, None
    case.closed_at, case.risk = case.closed_at or at, ""
    case.save(update_fields=["risk", "forgotten_at", "forget_after", "flags", "form_after_closing_at", "closed_at"])
    data_keys.destroy(case.pk)
    log_event("case.forgotten", target_kind="case", target_id=case.pk, again=again, **counts)
    # What was merged into it was about the same person, and is forgotten with it.
    for merged in Case.objects.filter(merged_into=case, forgotten_at__isnull=True).values_list("pk", flat=True):
        forget_case(merged, today, again=True)
    return True


def _is_due(case: Case, today: date) -> bool:
    """Say whether the locked case is to be forgotten today, by its term or because the person asked for it."""
    if not due_cases(today).filter(pk=case.pk).exists():
        return False
    if case.forget_after is not None and case.forget_after <= today:
        return True
    erasures = RightsRequest.objects.erasing_by(today).filter(case=case).select_related("case")
    return any(not find_stops(each) for each in erasures.defer("words", "document"))


def forget_submissions_without_case(today: date) -> int:
    """Forget forms that belong to no case as long after they came in as a closed case is stored. Return how many.

    Without a case there is no closing to count from, and no key of its own: an older backup keeps them until it ends.
    """
    try:
        months = get_months_of(ProcedureVersion.objects.in_force().parsed)
    except ProcedureVersion.DoesNotExist:
        months = None
    if months is None:
        return 0
    # The latest day of receipt whose time is over today.
    until = months_later(today, -months)
    due = Submission.objects.filter(case__isnull=True, forgotten_at__isnull=True, received_at__date__lte=until)
    due = due.exclude(pk__in=get_put_aside_keys(FORGET_FORM, timezone.now()))
    keys = list(due.order_by("received_at").values_list("pk", flat=True)[:AT_MOST])
    return for_each_row(FORGET_FORM, keys, _forget_submission)


@transaction.atomic
def _forget_submission(key: UUID) -> bool:
    rows = Submission.objects.select_for_update().filter(pk=key, case__isnull=True)
    if not _erase_submissions(rows):
        return False
    files, _by_model = Attachment.objects.filter(submission=key).delete()
    log_event("submission.forgotten", target_kind="submission", target_id=key, files=files)
    return True


def forget_destroyed_again() -> int:
    """Forget again what was forgotten before an older copy of the database was restored. Return how many cases."""
    destroyed = list(data_keys.iter_destroyed_elsewhere())
    known = Case.objects.filter(pk__in=destroyed).values_list("pk", flat=True)
    today = timezone.localdate()
    return sum(forget_case(key, today, again=True) for key in known)


def _erase_submissions(submissions: SubmissionQuerySet) -> int:
    rows = submissions.defer("answers", "confirmed", "explanation", "carried_over", "correction_reason")
    now = timezone.now()
    for row in rows:
        row.forgotten_at = now
        row.answers, row.confirmed, row.explanation, row.forget_after = {}, None, None, None
        row.carried_over = row.correction_reason = None
        # A hash of nothing: whoever guesses the answers can't try them against it.
        row.fingerprint = keyed_hash(SUBMISSIONS, os.urandom(32))
        row.save(update_fields=ERASED_OF_SUBMISSION)
    return len(rows)


def _erase_files(case: Case) -> int:
    # Contents go after the commit (`attachments.receivers`).
    count, _by_model = Attachment.objects.filter(submission__case=case).delete()
    return count


def _erase_drafts(case: Case) -> int:
    """Delete what is half written about the case. Of older drafts, only their sealed answers say which case it is."""
    about = [
        draft
        for draft in _drafts_near(case)
        if draft.case_id == case.pk
        or (draft.corrects is not None and draft.corrects.case_id == case.pk)
        or case_named(draft) == case.reference
    ]
    for draft in about:
        forget_draft(draft)
    # Sent ones are empty already, under the key that goes; what is under it afterwards is an error (`erasure_proof`).
    for sent in Draft.objects.filter(case=case, submitted_at__isnull=False).only("pk", "case"):
        sent.answers = {}
        sent.save(update_fields=["answers"])
    return len(about)


def _drafts_near(case: Case) -> Any:
    near = Q(case=case) | Q(corrects__case=case) | Q(case=None, unit=case.unit)
    return Draft.objects.open().filter(near).select_related("form_version__form", "corrects")


def _erase_words(case: Case) -> int:
    """Erase explanations, answers of services, and what was written when the case was closed or held."""
    events = CaseEvent.objects.filter(case=case, explanation__isnull=False).update(explanation=None)
    referrals = Referral.objects.filter(case=case, answer_note__isnull=False).update(answer_note=None)
    closings = CaseClosing.objects.filter(case=case).defer("words")
    for closing in closings:
        closing.words = {}
        closing.save(update_fields=["words"])
    holds = CaseHold.objects.filter(case=case).defer("words")
    for hold in holds:
        hold.words = ""
        hold.save(update_fields=["words"])
    transfers = CaseTransfer.objects.filter(case=case).defer("reason")
    for transfer in transfers:
        transfer.reason = ""
        transfer.save(update_fields=["reason"])
    changes = StatusChange.objects.filter(case=case).defer("words")
    for change in changes:
        change.words = {}
        change.save(update_fields=["words"])
    moves = FormMove.objects.filter(words_of=case).defer("words")
    for move in moves:
        move.words = {}
        move.save(update_fields=["words"])
    steps = ReferralStep.objects.filter(case=case, words__isnull=False).update(words=None)
    return events + referrals + steps + sum(map(len, (closings, holds, transfers, changes, moves)))


def _erase_consents(case: Case) -> int:
    """Erase the names, reasons and states; that there was a consent, for what and when stays in codes."""
    entries = ConsentEntry.objects.filter(case=case).update(names=None, reason=None, state=None)
    return entries + SharingDecision.objects.filter(case=case).update(reason=None, state=None)
