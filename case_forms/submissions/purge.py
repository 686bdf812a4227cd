"""Purge of answers whose retention is over: a question may say for how many months its answer is stored (`keep_for`).

The months count from the day the submission was received. While its case is open nothing of it is purged. What is
purged is removed from the sealed answers for good, and in the same transaction from the briefs that were made from
them; their PDFs, the notes of the replies, the explanations and the case's documents, which may quote it, are deleted
whole (docs/adr/0073).
The audit chain holds which questions, never what they held.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.cases.consent.forgetting import forget_words
from case_forms.cases.documents.actions import erase_documents_since
from case_forms.cases.facts.actions import forget_facts
from case_forms.cases.facts.risk import refresh_risk
from case_forms.cases.models import CaseEvent, CaseHold
from case_forms.cases.rights.actions import reopen_proposals
from case_forms.form_builder.retention import Forgotten, first_due, months_later, without_overdue
from notifications.briefs.erasing import erase_answers
from notifications.outbox.models import Notice

from .identity_index import index_submission
from .models import Attachment, Submission

__all__ = ["first_due", "forget_due", "months_later"]

FORGET = "submission.forget"  # what is put aside when one can't be read
AT_MOST = 500  # submissions in one pass


def forget_due(today: date) -> int:
    """Purge what is due today or was before, each submission by itself. Return how many lost an answer."""
    due = Submission.objects.filter(Q(case__isnull=True) | Q(case__closed_at__isnull=False), forget_after__lte=today)
    due = due.exclude(case__in=CaseHold.objects.standing().values("case"))
    # put aside: one that can't be read would otherwise come first in every pass and, with others, fill it
    due = due.exclude(pk__in=get_put_aside_keys(FORGET, timezone.now()))
    keys = list(due.order_by("forget_after").values_list("pk", flat=True)[:AT_MOST])
    return for_each_row(FORGET, keys, lambda key: _forget(key, today))


def _forget(key: Any, today: date) -> bool:
    with transaction.atomic():
        # each in a transaction of its own: when one fails, the others are still purged
        rows = Submission.objects.select_for_update(of=("self",)).select_related("form_version__form")
        submission = rows.get(pk=key)
        received_on = timezone.localdate(submission.received_at)
        form = submission.form_version.parsed_form
        answers, forgotten = without_overdue(form, submission.answers, received_on, today)
        # questions may have different retention: the row comes due again for the next one
        submission.forget_after = first_due(form, received_on, after=today)
        if forgotten:
            submission.answers = answers
            submission.explanation = None  # it may tell what was answered
            Attachment.objects.filter(submission=submission, pk__in=_files(forgotten)).delete()
            _forget_in_notices(submission, {str(key) for key in forgotten})
            forget_words(submission.pk)
            _forget_what_is_known(submission, {str(key) for key in forgotten})
            _forget_in_papers(submission)
            # again from what is left: a name that is forgotten can't be asked for either
            index_submission(submission, answers)
        submission.save(update_fields=["answers", "explanation", "forget_after", "carried_over"])
        if forgotten:
            log_event(
                "answers.forgotten", target_kind="submission", target_id=submission.pk, questions=sorted(forgotten)
            )
    return bool(forgotten)


def _forget_in_notices(submission: Submission, keys: set[str]) -> None:
    events = CaseEvent.objects.filter(submission_id=submission.pk)
    # of the whole chase: reminders and deputies' notices were made from the same answers
    firsts = Notice.objects.filter(event_id__in=events.values("pk")).values("chase_id")
    erase_answers(Notice.objects.filter(chase_id__in=firsts), keys)
    for event in events.filter(explanation__isnull=False):
        event.explanation = None
        event.save(update_fields=["explanation"])


def _forget_in_papers(submission: Submission) -> None:
    """Forget the papers that were made of the case since, and the answer to a person's request that quotes it."""
    if submission.case is not None:
        erase_documents_since(submission.case, submission.received_at, timezone.now())
        reopen_proposals(submission.case)


def _forget_what_is_known(submission: Submission, keys: set[str]) -> None:
    """Forget the facts that come from these answers, and what the submission says of taking them over."""
    forget_facts(submission_id=submission.pk, questions=keys)
    if submission.case is not None:
        refresh_risk(submission.case)
    taken_over = submission.carried_over or {}
    submission.carried_over = {key: entry for key, entry in taken_over.items() if key not in keys} or None


def _files(forgotten: Forgotten) -> list[str]:
    """Return the ids of the attached files among the answers that go."""
    return [value["id"] for gone in forgotten.values() for kind, value in gone if kind == "file" and "id" in value]
