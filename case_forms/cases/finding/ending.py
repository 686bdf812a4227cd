"""What is open between units about a case ends with it: transfers, requests, proposals to merge.

Whoever asked is told: by the line on their start page, and where it concerns a case of another unit by an event in that
case and a notice to the unit. None of it says why the case was closed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language
from access.models import User
from audit.chain import get_actor, log_event

from ..consent.informing import inform_own_unit
from ..deadlines import meet_deadlines
from ..models import Case, CaseEvent, Deadline
from .models import CaseAccess, CaseMerge, CaseTransfer, IdentityRequest, ProbableMatch, RequestAnswer, TransferAnswer

ENDED = "between_units_ended"  # the kind of the case event in another unit's case

TITLE = _("Something between units has ended")
MERGE_ENDED = _(
    "The proposal to merge this case with another one has ended: the other case was closed. Nothing was merged. If both"
    " are about one person, call the other unit."
)
REQUEST_ENDED = _(
    "What was asked between units about this person has ended: the other unit closed its case. If you still need to"
    " know what it knows, call its coordinator."
)
REQUEST_GONE = _(
    "What was asked between units about this person has ended: the other unit's case was forgotten, because its time"
    " was over. Nobody can answer any more."
)


def end_between_units(case: Case, *, by: User, at: datetime) -> dict[str, int]:
    """End what is open between units about a case that is being closed, in that transaction. Return the counts.

    Their duties in this case end with its others; those in other cases are met, and their notices are withdrawn after
    the commit: this transaction holds the audit chain.
    """
    counts = {"transfers": _end_transfers(case, by, at), "requests": 0, "merges": 0}
    # Requests to open this case, and those that this case's unit made because of it.
    waiting = IdentityRequest.objects.filter(Q(case=case) | Q(own_case=case), answer=RequestAnswer.WAITING)
    for request in waiting.select_related("case__unit", "own_case__unit").order_by("pk"):
        request.answer, request.answered_by, request.answered_at = RequestAnswer.CLOSED, by, at
        request.save(update_fields=["answer", "answered_by", "answered_at"])
        other = request.own_case if request.case_id == case.pk else request.case
        _tell_other(other, request.pk, request.deadline_id, REQUEST_ENDED, at, is_told=request.case_id == case.pk)
        counts["requests"] += 1
    open_ones = CaseMerge.objects.filter(Q(kept=case) | Q(duplicate=case), approved_at=None, dropped_at=None)
    for merge in open_ones.select_related("kept__unit", "duplicate__unit").order_by("pk"):
        merge.dropped_at, merge.dropped_by, merge.ended_with_case = at, by, True
        merge.save(update_fields=["dropped_at", "dropped_by", "ended_with_case"])
        other = merge.duplicate if merge.kept_id == case.pk else merge.kept
        _tell_other(other, merge.pk, merge.deadline_id, MERGE_ENDED, at)
        log_event("case.merge_dropped", actor=get_actor(by), target_kind="case_merge", target_id=merge.pk, closed=1)
        counts["merges"] += 1
    return counts


def end_requests_of_forgotten(case: Case, at: datetime) -> int:
    """End what waits for an answer about a case that is being forgotten: nobody can give it any more. Return how many.

    The unit that asked is notified. The case is no longer named as one that may be about the same person.
    """
    waiting = IdentityRequest.objects.filter(case=case, answer=RequestAnswer.WAITING)
    ended = list(waiting.select_related("own_case__unit").order_by("pk"))
    for request in ended:
        request.answer, request.answered_at = RequestAnswer.GONE, at
        request.save(update_fields=["answer", "answered_at"])
        if request.deadline_id is not None:
            meet_deadlines(Deadline.objects.filter(pk=request.deadline_id), at, is_later=True)
        _tell_other(request.own_case, request.pk, None, REQUEST_GONE, at)
    ProbableMatch.objects.filter(Q(case=case) | Q(other=case), dismissed_at=None).update(dismissed_at=at)
    return len(ended)


def _end_transfers(case: Case, by: User, at: datetime) -> int:
    transfers = CaseTransfer.objects.filter(case=case, answer=TransferAnswer.WAITING)
    # The unit that was asked sees the case only as long as it may still take it over.
    CaseAccess.objects.filter(transfer__in=transfers, ended_at__isnull=True).update(ended_at=at)
    return transfers.update(answer=TransferAnswer.CLOSED, answered_by=by, answered_at=at)


def _tell_other(
    other: Case | None, key: UUID, task: Any, words: str | Promise, at: datetime, *, is_told: bool = True
) -> None:
    """Say in the other case that this has ended, and end its task there. `is_told`: its unit gets a notice, too."""
    if other is None or other.closed_at is not None:
        return
    event = CaseEvent.objects.create(
        case=other,
        kind=ENDED,
        at=at,
        detail={"of": str(key)},
        explanation=[{"rule": ENDED, "words": in_each_language(words)}],
    )
    if task is not None:
        meet_deadlines(Deadline.objects.filter(pk=task, case=other), at, is_later=True)
    if is_told:
        inform_own_unit(case=other, title=TITLE, words=words, event_id=uuid5(event.pk, "unit"), at=at)
