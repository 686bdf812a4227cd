"""The acknowledgement clock: escalate notices whose recipient doesn't answer in time (the steps: see `steps`).

When the first day is over the calls are no longer repeated one by one; a daily list names what has no answer
(`digest`).

A step is taken by one conditional UPDATE that moves the notice on to its next step, and the step's notice has an event
id made from the escalated notice and the step's index: two sweepers, or one that died half-way, take it once. Each
notice is dealt with by itself: one that can't be read is put aside, its coordinator is asked to call, and all others
go on.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.dispatch import receiver

from access.languages import in_each_language
from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys, put_row_aside
from notifications import signals
from notifications.directory.models import Role
from notifications.directory.resolve import Resolution
from notifications.outbox.escalation_chain import (
    NOT_REACHED,
    get_chain_members,
    get_ladder_owner,
    get_notified_contacts,
    get_open_notices,
    has_clock,
)
from notifications.outbox.escalation_policy import (
    CALL,
    REMIND,
    REPEAT_MINUTES,
    get_next_step_time,
    get_remaining_steps,
    is_daily,
)
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.outbox.repeating import repeat
from notifications.outbox.service_briefs import DECLINED, NO_DEPUTY, UNREADABLE, build_call_brief, get_why_silent
from notifications.outbox.sharing import may_be_read
from notifications.outbox.states import AWAITING_ANSWER, NoticeState
from notifications.outbox.subjects import Subject
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .callers import find_coordinator
from .steps import StepPlan, make_due, plan_next_step, send_step_notice

MAX_STEPS = 200  # in one pass
CLOCK = "notice.clock"  # the kind under which a notice is put aside when its step can't be taken
CALL_LADDER = ({"after_minutes": REPEAT_MINUTES, "do": CALL, "repeat_minutes": REPEAT_MINUTES},)


def advance(now: datetime) -> int:
    """Take every step whose time has come, each notice by itself. Return how many were taken here."""
    return for_each_row(
        CLOCK,
        _find_due(now, get_put_aside_keys(CLOCK, now)),
        lambda key: _advance_one(key, now),
        at=now,
        on_put_aside=lambda key: _call_about_unreadable(key, now),
    )


def _advance_one(key: UUID, now: datetime) -> bool:
    notice = _find_stepping(key=key, now=now).first()
    # What may not be read any more is ended by the room above; until then nobody is reminded of it.
    return notice is not None and may_be_read(notice, now) and _take_step(notice, now)


def _take_step(notice: Notice, now: datetime) -> bool:
    """Take the notice's next step. False when another process was faster, or the daily list takes its place."""
    plan = plan_next_step(notice, now, reasons=[get_why_silent(notice)])
    changes: dict[str, Any] = {
        "ladder_step": plan.index + 1,
        "next_step_at": get_next_step_time(notice.ladder, plan.index + 1, notice.owed_at, now),
    }
    if plan.action != REMIND:
        # The time of the first escalation is the one that counts.
        changes["escalated_at"] = Coalesce("escalated_at", Value(now))
        # One that wasn't sent keeps its state: it still has to be sent.
        changes["state"] = Case(
            When(state__in=AWAITING_ANSWER, then=Value(NoticeState.ESCALATED.value)), default=F("state")
        )
    with transaction.atomic():
        lock_chases([notice.chase_id])  # the step may write to an older notice of the chain than the one with the clock
        # `ladder_step` and `next_step_at` as they were read: whoever comes second changes nothing.
        as_read = Notice.objects.open().filter(
            pk=notice.pk, ladder_step=notice.ladder_step, next_step_at=notice.next_step_at
        )
        if not as_read.update(**changes):
            return False
        if plan.action == REMIND and notice.state not in AWAITING_ANSWER:
            make_due(notice, now)
        elif is_daily(notice.ladder, plan.index, notice.owed_at, now):
            return True  # the daily list names it
        else:
            send_step_notice(notice, plan, now)
        _log_escalation(notice, plan)
    return True


def _call_about_unreadable(key: UUID, now: datetime) -> Notice:
    """Ask the coordinator to call about a notice whose step can't be taken, without reading what is damaged.

    A call that is open already is enough, if the escalation chain has a clock; else it gets one.
    """
    # Any of the sealed or free-form columns may be what is damaged, so none of them is read here.
    rows = Notice.objects.select_related("contact", "municipality", "partner").defer("brief", "ladder", "link_token")
    notice = rows.get(pk=key)
    members = get_chain_members(notice)
    calls = get_open_notices(members, Purpose.CALL)
    if calls:
        if not has_clock(members):
            repeat(notice=calls[0], at=now, ladder=[dict(step) for step in CALL_LADDER])
        return calls[0]
    return Subject.of_notice(notice).notify(
        Role.COORDINATOR,
        event_id=uuid5(notice.pk, "put-aside"),
        found=Resolution(Role.COORDINATOR, contact=find_coordinator(notice, members, now)),
        brief=build_call_brief(notice, why=[UNREADABLE], notified=get_notified_contacts(members, notice.role)),
        answer_minutes=REPEAT_MINUTES,
        # Its own clock, because the damaged notice's can't move on.
        ladder=CALL_LADDER,
        purpose=Purpose.CALL,
        chases=notice,
        at=now,
    )


@receiver(signals.notice_answered, dispatch_uid="escalation.hand_over")
def continue_after_refusal(notice: Notice, reply: Reply, **kwargs: Any) -> None:
    """Start the remaining steps now, in the transaction of the answer: declined, or nobody reached by phone.

    Such an answer settles nothing: nobody is asked any more, and nobody has accepted.
    """
    reached_nobody = reply.kind == ReplyKind.OUTCOME and reply.reason == NOT_REACHED
    if reply.kind == ReplyKind.DECLINED or reached_nobody:
        hand_over(notice, reply.at)


def hand_over(notice: Notice, now: datetime) -> Notice | None:
    """Pass the clock on when its holder has declined or reached nobody. Return the new notice, if any.

    The deputy or the coordinator is notified now, with the remaining steps. None when something else of the escalation
    chain still has a clock.
    """
    if has_clock(get_chain_members(notice)):
        return None
    owner = get_ladder_owner(notice)
    # Whoever has declined isn't reminded.
    plan = plan_next_step(owner, now, without=(REMIND,), reasons=[DECLINED])
    with transaction.atomic():
        Notice.objects.filter(pk=owner.pk).update(ladder_step=plan.index + 1)
        remaining = get_remaining_steps(owner.ladder, plan.index + 1, owner.owed_at, now)
        try:
            successor = send_step_notice(owner, plan, now, ladder=remaining)
        except (SealBroken, KeyRingError) as error:
            put_row_aside(CLOCK, owner.pk, error, at=now)  # the answer is valid, whatever is wrong with the brief
            return _call_about_unreadable(owner.pk, now)
        _log_escalation(owner, plan)
    return successor


def _log_escalation(notice: Notice, plan: StepPlan) -> None:
    """Write the audit entry and tell the rooms above."""
    notice.refresh_from_db()
    log_event(
        "notice.escalated",
        target_kind="notice",
        target_id=notice.pk,
        step=plan.action,
        index=plan.index,
        no_deputy=NO_DEPUTY in plan.reasons,
        case=notice.case_id,
    )
    words = [in_each_language(reason) for reason in plan.reasons]
    signals.notice_escalated.send(sender=Notice, notice=notice, step=plan.action, words=words)


def _find_due(now: datetime, aside: Collection[str]) -> QuerySet[Notice, UUID]:
    return (
        Notice.objects.open()
        .filter(next_step_at__lte=now)
        # Daily lists are repeated by `digest`.
        .exclude(purpose=Purpose.DIGEST)
        .exclude(pk__in=aside)
        .order_by("next_step_at")
        .values_list("pk", flat=True)[:MAX_STEPS]
    )


def _find_stepping(key: UUID, now: datetime) -> QuerySet[Notice]:
    return (
        Notice.objects.open()
        .filter(pk=key, next_step_at__lte=now)
        .select_related("contact__partner", "municipality", "partner", "unit")
    )
