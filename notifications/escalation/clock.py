"""The acknowledgement clock: escalate notices whose recipient doesn't answer in time.

    remind   a reminder to the same contact (a notice that was never sent is made due instead)
    deputy   a notice to whoever is on duty and hasn't been notified yet; with nobody there, the next step at once
    call     a notice to the coordinator with the number to call; repeated until somebody has answered

An escalation chain has one open reminder and one open call: repeated, it is the same notice under the next number
(`repeating`). When the first day is over the calls are no longer repeated one by one; a daily list names what has no
answer (`digest`).

A step is taken by one conditional UPDATE that moves the notice on to its next step, and the step's notice has an event
id made from the escalated notice and the step's index: two sweepers, or one that died half-way, take it once. Each
notice is dealt with by itself: one that can't be read is put aside, its coordinator is asked to call, and all others
go on.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce

from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys, put_row_aside
from notifications import signals
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import create_notice
from notifications.outbox.coordinator_briefs import DECLINED, NO_ANSWER, NO_DEPUTY, UNREADABLE, Words, call_brief
from notifications.outbox.escalation_policy import (
    CALL,
    DEPUTY,
    REMIND,
    REPEAT_MINUTES,
    Step,
    get_remaining_steps,
    is_daily,
    next_time,
    step_at,
)
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.queueing import wake
from notifications.outbox.repeating import repeat, settle_replaced
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.resolving import PIN_ALARM, resolve_for
from notifications.outbox.states import AWAITING_ANSWER, NO_CONTACT, UNSENT, NoticeState
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .callers import ask_for_somebody, coordinator_for, is_at_work, is_by_deed, reaches_somebody
from .escalation_chain import get_keeper, has_clock, members, standing, told

AT_MOST = 200  # steps in one pass
CLOCK = "notice.clock"  # what is put aside when a step can't be taken
CALL_LADDER = ({"after_minutes": REPEAT_MINUTES, "do": CALL, "repeat_minutes": REPEAT_MINUTES},)
PURPOSES = {REMIND: Purpose.REMINDER, DEPUTY: Purpose.DEPUTY, CALL: Purpose.CALL}

log = structlog.get_logger(__name__)


@dataclass
class Plan:
    """The next step of a notice: `index` among its steps, what to `do`, for whom, and why in words."""

    index: int
    do: str
    step: Step
    chase: list[Notice]
    contact: Contact | None
    words: list[Words] = field(default_factory=list)


def advance(now: datetime) -> int:
    """Take every step whose time has come, each notice by itself. Return how many were taken here."""
    # Daily lists are repeated by `digest`.
    due = Notice.objects.open().filter(next_step_at__lte=now).exclude(purpose=Purpose.DIGEST)
    keys = (
        due.exclude(pk__in=get_put_aside_keys(CLOCK, now))
        .order_by("next_step_at")
        .values_list("pk", flat=True)[:AT_MOST]
    )
    return for_each_row(
        CLOCK, list(keys), lambda key: _get_step(key, now), at=now, on_put_aside=lambda key: _call_for(key, now)
    )


def _get_step(key: UUID, now: datetime) -> bool:
    found = Notice.objects.open().filter(pk=key, next_step_at__lte=now)
    notice = found.select_related("contact", "municipality", "partner").first()
    return notice is not None and _take_step(notice, now)


def _call_for(key: UUID, now: datetime) -> Notice:
    """Ask the coordinator to call about a notice whose step can't be taken, without reading what is damaged.

    A call that is open already is enough, if the escalation chain has a clock; else it gets one.
    """
    # Any of the sealed or free-form columns may be what is damaged, so none of them is read here.
    rows = Notice.objects.select_related("contact", "municipality", "partner").defer("brief", "ladder", "link_token")
    notice = rows.get(pk=key)
    chase = members(notice)
    calls = standing(chase, Purpose.CALL)
    if calls:
        if not has_clock(chase):
            repeat(notice=calls[0], at=now, ladder=[dict(step) for step in CALL_LADDER])
        return calls[0]
    return create_notice(
        NoticeRequest(
            event_id=uuid5(notice.pk, "put-aside"),
            case_id=notice.case_id,
            case_reference=notice.case_reference,
            role=Role.COORDINATOR,
            contact=coordinator_for(notice, chase, now),
            municipality=notice.municipality,
            brief=call_brief(notice, why=[UNREADABLE], told=told(chase, notice.role)),
            answer_minutes=REPEAT_MINUTES,
            # Its own clock, because the damaged notice's can't move on.
            ladder=CALL_LADDER,
            is_drill=notice.is_drill,
            purpose=Purpose.CALL,
            chases=notice,
            at=now,
        )
    )


def hand_over(notice: Notice, now: datetime) -> Notice | None:
    """Pass the clock on when its holder has declined or reached nobody. Return the new notice, if any.

    The deputy or the coordinator is notified now, with the remaining steps. None when something else of the escalation
    chain still has a clock.
    """
    if has_clock(members(notice)):
        return None
    keeper = get_keeper(notice)
    # Whoever has declined isn't reminded.
    plan = _plan(keeper, now, without=(REMIND,), words=[DECLINED])
    with transaction.atomic():
        Notice.objects.filter(pk=keeper.pk).update(ladder_step=plan.index + 1)
        rest = get_remaining_steps(keeper.ladder, plan.index + 1, keeper.owed_at, now)
        try:
            heir = _say(keeper, plan, now, ladder=rest)
        except (SealBroken, KeyRingError) as error:
            put_row_aside(CLOCK, keeper.pk, error, at=now)  # the answer is valid, whatever is wrong with the brief
            return _call_for(keeper.pk, now)
        _tell(keeper, plan)
    return heir


def _take_step(notice: Notice, now: datetime) -> bool:
    plan = _plan(notice, now, words=[NO_ANSWER])
    changes: dict[str, Any] = {
        "ladder_step": plan.index + 1,
        "next_step_at": next_time(notice.ladder, plan.index + 1, notice.owed_at, now),
    }
    if plan.do != REMIND:
        # The time of the first escalation is the one that counts.
        changes["escalated_at"] = Coalesce("escalated_at", Value(now))
        # One that wasn't sent keeps its state: it still has to be sent.
        changes["state"] = Case(
            When(state__in=AWAITING_ANSWER, then=Value(NoticeState.ESCALATED.value)), default=F("state")
        )
    with transaction.atomic():
        lock_chases([notice.chase_id])  # the step may write to an older notice of the chain than the one with the clock
        mine = (
            Notice.objects.open()
            .filter(pk=notice.pk, ladder_step=notice.ladder_step, next_step_at=notice.next_step_at)
            # `ladder_step` and `next_step_at` as they were read: whoever comes second changes nothing.
            .update(**changes)
        )
        if not mine:
            return False
        if plan.do == REMIND and notice.state not in AWAITING_ANSWER:
            _push(notice, now)
        elif is_daily(notice.ladder, plan.index, notice.owed_at, now):
            return True  # the daily list names it
        else:
            _say(notice, plan, now)
        _tell(notice, plan)
    return True


def _plan(notice: Notice, now: datetime, *, words: list[Words], without: tuple[str, ...] = ()) -> Plan:
    """Find the next step that can be taken. The loop ends, because the last step of every snapshot is a call."""
    chase = members(notice)
    index, why = notice.ladder_step, list(words)
    while True:
        step = step_at(notice.ladder, index)
        do = step["do"]
        if do == CALL:
            return Plan(index, do, step, chase, coordinator_for(notice, chase, now), why)
        # A contact whose test is outstanding is sent nothing (`outbox.delivery`).
        is_reachable = notice.contact is not None and notice.contact.reachable_at is not None
        if do == REMIND and REMIND not in without and is_reachable:
            return Plan(index, do, step, chase, notice.contact, why)
        if do == DEPUTY:
            contact = _deputy(notice, chase, now)
            if contact is not None:
                return Plan(index, do, step, chase, contact, why)
            why.append(NO_DEPUTY)
        index += 1


def _deputy(notice: Notice, chase: list[Notice], now: datetime) -> Contact | None:
    """Return who is on duty now for the same role and place and hasn't been notified yet."""
    known = {contact.pk for contact in told(chase, notice.role)}
    found = resolve_for(notice, at=now)
    asked = [found.contact, found.deputy]
    if notice.case_reference == PIN_ALARM:  # several were asked at once, each with a clock of their own
        known |= set(Notice.objects.filter(case_id=notice.case_id).values_list("contact_id", flat=True))
        asked += found.coordinators
    return next((each for each in asked if each and each.pk not in known), None)


def _say(notice: Notice, plan: Plan, now: datetime, *, ladder: list[Step] | None = None) -> Notice:
    """Send the notice of this step: the open one of its kind again, when it went to the same person, else a new one.

    What the clock had open to somebody else is closed with that; a call that a case event created never is, as long as
    it reaches its coordinator (see `callers`). `ladder`: the remaining steps, for whoever carries them on.
    """
    if plan.do == DEPUTY:
        return _owe_step(notice, plan, now, ladder=ladder)
    open_ones = standing(plan.chase, PURPOSES[plan.do])
    if is_by_deed(notice):
        # A call of a case event is repeated to its own coordinator, whoever is on duty.
        own = next((one for one in open_ones if one.pk == notice.pk and reaches_somebody(one)), None)
        if own is not None:
            _again(own, notice, plan, now)
            if _somebody_else_sees_to_it(own, open_ones, now):
                return own
    if plan.do == CALL and plan.contact is None:
        return _with_nobody_on_duty(notice, plan, open_ones, now, ladder)
    same = next((one for one in open_ones if _reaches(one, plan.contact)), None)
    others = [one.pk for one in open_ones if one is not same and not (is_by_deed(one) and reaches_somebody(one))]
    if notice.pk in others and ladder is None:  # the call that carries the clock goes on to another coordinator
        ladder = get_remaining_steps(notice.ladder, plan.index + 1, notice.owed_at, now)
    if others:
        settle_replaced(others, now)
    if same is None:
        return _owe_step(notice, plan, now, ladder=ladder)
    # A call of a case event that has a clock of its own is repeated by that clock, not by this one too.
    if same.pk == notice.pk or not is_by_deed(same) or same.next_step_at is None:
        _again(same, notice, plan, now, ladder=ladder)
    return same


def _again(same: Notice, notice: Notice, plan: Plan, now: datetime, *, ladder: list[Step] | None = None) -> None:
    minutes = _minutes_to_answer(notice, plan, now)
    repeat(
        notice=same,
        at=now,
        brief=_call_words(notice, plan) if plan.do == CALL else None,
        answer_by=now + timedelta(minutes=minutes) if minutes is not None else None,
        ladder=ladder,
    )


def _somebody_else_sees_to_it(own: Notice, calls: list[Notice], now: datetime) -> bool:
    """Tell whether another open call takes care of finding somebody on duty.

    A call of a case event asks its own coordinator. When none of those who were asked so is on duty any more, the
    oldest of these calls looks for somebody who is; the others leave that to it.
    """
    asked = [one for one in calls if is_by_deed(one) and reaches_somebody(one)]
    by_deed = [one for one in asked if one.next_step_at is not None or one.pk == own.pk]
    # `calls` is newest first, so the last one is the oldest.
    return by_deed[-1].pk != own.pk or any(is_at_work(one.contact, now) for one in by_deed)


def _with_nobody_on_duty(
    notice: Notice, plan: Plan, calls: list[Notice], now: datetime, ladder: list[Step] | None
) -> Notice:
    """Repeat the open call when no coordinator is on duty, and create one without a recipient beside it.

    The call without a recipient alarms the operator until somebody comes on duty. When no call is open, it carries on
    the remaining steps.
    """
    asked = next((one for one in calls if reaches_somebody(one)), None)
    if asked is None:
        same = next((one for one in calls if _reaches(one, None)), None)
        if same is None:
            return _owe_step(notice, plan, now, ladder=ladder)
        _again(same, notice, plan, now, ladder=ladder)
        return same
    event_id = uuid5(notice.pk, f"step-{plan.index}")
    ask_for_somebody(notice, plan.chase, now, why=plan.words, event_id=event_id)
    if not is_by_deed(asked) or asked.next_step_at is None:  # else its own clock repeats it
        _again(asked, notice, plan, now, ladder=ladder)
    return asked


def _reaches(notice: Notice, contact: Contact | None) -> bool:
    """Tell whether the notice went to this person (or, with None, to nobody) and its link wasn't revoked."""
    return notice.contact_id == (contact.pk if contact else None) and notice.link_revoked_at is None


def _owe_step(notice: Notice, plan: Plan, now: datetime, *, ladder: list[Step] | None = None) -> Notice:
    kept: dict[str, Any] = {"ladder": ladder or [], "chases": notice, "is_drill": notice.is_drill, "at": now}
    which: dict[str, Any] = {
        "event_id": uuid5(notice.pk, f"step-{plan.index}"),
        "case_id": notice.case_id,
        "case_reference": notice.case_reference,
        "municipality": notice.municipality,
        "contact": plan.contact,
        "answer_minutes": _minutes_to_answer(notice, plan, now),
        "purpose": PURPOSES[plan.do],
    }
    if plan.do == CALL:
        return create_notice(NoticeRequest(**which, **kept, role=Role.COORDINATOR, brief=_call_words(notice, plan)))
    return create_notice(
        NoticeRequest(**which, **kept, role=notice.role, brief=notice.brief, needs_document=notice.needs_document)
    )


def _call_words(notice: Notice, plan: Plan) -> dict[str, Any]:
    if notice.case_reference == PIN_ALARM:  # to be phoned is the contact it is about, not whoever was asked to call
        return dict(notice.root.brief)
    return call_brief(notice, why=plan.words, told=told(plan.chase, notice.role))


def _minutes_to_answer(notice: Notice, plan: Plan, now: datetime) -> float | None:
    """Return the minutes to answer: a call has until it is repeated; a reminder keeps the time that was set.

    A deputy gets as long as the first recipient had.
    """
    if plan.do == CALL:
        return float(plan.step["repeat_minutes"])
    if notice.answer_by is None:
        return None
    since = now if plan.do == REMIND else notice.owed_at
    return (notice.answer_by - since).total_seconds() / 60


def _push(notice: Notice, now: datetime) -> None:
    """Make a notice due that was never sent: there is nothing to remind of yet."""
    waiting = Notice.objects.filter(pk=notice.pk, state__in=UNSENT).exclude(reason=NO_CONTACT)
    if waiting.update(next_attempt_at=now):
        wake(notice.pk)


def _tell(notice: Notice, plan: Plan) -> None:
    notice.refresh_from_db()
    log_event(
        "notice.escalated",
        target_kind="notice",
        target_id=notice.pk,
        step=plan.do,
        index=plan.index,
        no_deputy=NO_DEPUTY in plan.words,
        case=notice.case_id,
    )
    signals.notice_escalated.send(sender=Notice, notice=notice, step=plan.do, words=plan.words)
