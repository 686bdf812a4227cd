"""Send the same notice again, by the clock or by hand: one row for each reminder and call, however often it is sent.

A repeated notice keeps its link and its code; its mail carries a number and a Message-ID of its own, so that a mail
program shows it. It takes the ordinary road: owed, claimed, sent, recorded. What is still on its way isn't repeated.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, Q, Value, When

from audit import clock
from audit.chain import Actor, log_event

from .actions import WAKE_GRACE
from .escalation_policy import Step, get_first_step_time
from .locking import lock_chases
from .models import Notice, Purpose
from .queueing import enqueue_on_commit
from .states import AWAITING_ANSWER, NO_CONTACT, OPEN, REPLACED, UNSENT, NoticeState
from .ways.planning import plan_ways
from .ways.words import is_urgent

MAX_CHAINS = 100  # escalation chains in one pass
MAX_ROWS = 500  # of one chain in one pass


def repeat(
    *,
    notice: Notice,
    at: datetime,
    brief: Mapping[str, Any] | None = None,
    answer_by: datetime | None = None,
    ladder: list[Step] | None = None,
) -> bool:
    """Queue an open notice to be sent again, under the next number. False when that wasn't to be done.

    One that wasn't sent yet is due now instead, under the number it has: nobody gets two mails for one step. One that
    is just being sent, or has nobody to be sent to, is left as it is. `brief` and `answer_by`, when given, take the
    place of the old ones; `ladder` gives it a clock of its own.
    """
    with transaction.atomic():
        locked = Notice.objects.select_for_update().open().defer("brief").filter(pk=notice.pk).first()
        if locked is None:
            return False
        was_sent_before = locked.state in AWAITING_ANSWER
        fields: list[str] = []
        if was_sent_before:
            fields += _queue_again(locked, at)
        elif locked.state in UNSENT and locked.reason != NO_CONTACT:
            locked.next_attempt_at = at
            fields.append("next_attempt_at")
        if brief is not None:
            locked.brief = dict(brief)
            fields.append("brief")
        if answer_by is not None:
            locked.answer_by = answer_by
            fields.append("answer_by")
        if ladder is not None:
            locked.ladder, locked.ladder_step, locked.next_step_at = ladder, 0, get_first_step_time(ladder, at)
            fields += ["ladder", "ladder_step", "next_step_at"]
        if fields:
            locked.save(update_fields=fields)
        if was_sent_before:
            log_event(
                "notice.repeated",
                target_kind="notice",
                target_id=locked.pk,
                number=locked.number,
                purpose=locked.purpose,
                case=locked.case_id,
            )
        if "next_attempt_at" in fields:
            enqueue_on_commit(locked.pk)
            # Also where the e-mail is still tried: a way that took the first one takes this one too.
            plan_ways(locked, is_urgent=is_urgent(locked), at=at)
    return was_sent_before


def _queue_again(notice: Notice, at: datetime) -> list[str]:
    """Reset the notice to `owed` under its next number; return the changed fields.

    The attempts so far belong to the earlier sendings: a failure now is the first of this one.
    """
    notice.state, notice.reason = NoticeState.OWED, ""
    notice.repeats += 1
    notice.repeated_at = at
    notice.tries_before = notice.attempts
    notice.next_attempt_at = at + WAKE_GRACE
    notice.link_expires_at = max(notice.link_expires_at, at + timedelta(hours=settings.BRIEF_LINK_HOURS))
    return ["state", "reason", "repeats", "repeated_at", "tries_before", "next_attempt_at", "link_expires_at"]


def retry_notice(*, notice: Notice, actor: Actor, at: datetime | None = None) -> bool:
    """Make the next attempt of a failed notice due now. False when it isn't waiting after a failure any more.

    Nothing is sent here: the time is set and a worker gets a task, so whoever claims the row sends it, once, as always.
    For a notice without a contact the sweeper asks the directory again in its next round.
    """
    moment = at or clock.now()
    with transaction.atomic():
        locked = Notice.objects.select_for_update().filter(pk=notice.pk, state=NoticeState.FAILED).first()
        if locked is None:
            return False
        Notice.objects.filter(pk=locked.pk, token=locked.token, state=NoticeState.FAILED).update(next_attempt_at=moment)
        log_event(
            "notice.retried",
            actor=actor,
            target_kind="notice",
            target_id=locked.pk,
            reason=locked.reason,
            case=locked.case_id,
        )
        if locked.reason != NO_CONTACT:
            enqueue_on_commit(locked.pk)
    return True


def close_replaced(keys: Iterable[UUID], at: datetime, *, reason: str = REPLACED) -> int:
    """Close open notices that are replaced by another one of their escalation chain. Return how many.

    One that was never sent is cancelled instead: its link was in nobody's hands. The token rises, so whoever is sending
    one can't write to it any more.
    """
    replaced = list(keys)
    if not replaced:
        return 0
    was_sent = Q(sent_at__isnull=False)
    return Notice.objects.filter(pk__in=replaced, state__in=OPEN).update(
        state=Case(When(was_sent, then=Value(NoticeState.CLOSED.value)), default=Value(NoticeState.CANCELLED.value)),
        closed_at=Case(When(was_sent, then=Value(at)), default=F("closed_at")),
        cancelled_at=Case(When(was_sent, then=F("cancelled_at")), default=Value(at)),
        reason=reason,
        token=F("token") + 1,
        lease_until=None,
        next_attempt_at=None,
        next_step_at=None,
    )


def merge_repeated_notices(now: datetime) -> int:
    """Reduce the open calls and reminders of each escalation chain to one for each person; return how many were closed.

    An older release left several. Calls to different people are no repetitions: each of them was asked. The one with a
    clock stays, else the newest whose link opens; it takes over the others' number. At most MAX_CHAINS chains and
    MAX_ROWS rows of each in one pass, so that thousands come down over some rounds while everything else goes on.
    """
    crowded = (
        Notice.objects.open()
        .filter(purpose__in=(Purpose.CALL, Purpose.REMINDER), chase_id__isnull=False)
        .order_by()
        .values("chase_id", "purpose", "contact_id")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
    )
    closed = 0
    for found in crowded[:MAX_CHAINS]:
        if found["chase_id"] is not None:
            closed += _merge_in_chain(found["chase_id"], found["purpose"], found["contact_id"], now)
    return closed


def _merge_in_chain(chase_id: UUID, purpose: str, contact_id: int | None, now: datetime) -> int:
    with transaction.atomic():
        lock_chases([chase_id])
        whose = Q(contact=contact_id) if contact_id is not None else Q(contact=None)
        repeated = Notice.objects.open().filter(whose, chase_id=chase_id, purpose=purpose).defer("brief", "ladder")
        survivor = repeated.order_by(
            F("next_step_at").asc(nulls_last=True), F("link_revoked_at").asc(nulls_first=True), "-owed_at", "pk"
        ).first()
        if survivor is None:
            return 0
        others = list(repeated.exclude(pk=survivor.pk).order_by("owed_at").values_list("pk", flat=True)[:MAX_ROWS])
        closed = close_replaced(others, now)
        Notice.objects.filter(pk=survivor.pk).update(repeats=F("repeats") + closed)
        log_event("notice.folded", target_kind="notice", target_id=survivor.pk, purpose=purpose, closed=closed)
    return closed


def backfill_chase_ids() -> int:
    """Set `chase_id` on notices of an older release, which didn't have it. Return how many were filled."""
    # First notices in one statement; then, oldest first, those that follow up on one.
    filled = Notice.objects.filter(chase_id__isnull=True, chases__isnull=True).update(chase_id=F("id"))
    for notice in Notice.objects.filter(chase_id__isnull=True).defer("brief", "ladder").order_by("owed_at")[:MAX_ROWS]:
        filled += Notice.objects.filter(pk=notice.pk).update(chase_id=notice.root.pk)
    return filled
