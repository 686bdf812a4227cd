"""The acknowledgement clock: whoever does not answer in time is chased, then passed over for the deputy, then called.

    remind   a reminder to the same contact (a notice that was never sent is pushed instead)
    deputy   a notice to whoever is on duty and has not been told yet; with nobody there, the next step at once
    call     a notice to the coordinator with the number to call; repeated until somebody has answered

A step is taken by one conditional UPDATE that moves the ladder on, and its notice carries an event id made from the
chased notice and the step's index: two sweepers, or one that died half-way, take it once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid5

import structlog
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce

from audit.chain import record
from notifications import signals
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import owe
from notifications.outbox.coordinator_briefs import DECLINED, NO_ANSWER, NO_DEPUTY, Words, call_brief
from notifications.outbox.ladders import CALL, DEPUTY, REMIND, Step, next_time, rest_of, step_at
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.resolving import resolve_for
from notifications.outbox.states import AWAITING_ANSWER, NO_CONTACT, UNSENT, NoticeState
from notifications.outbox.waking import wake

from .chases import has_clock, keeper_of, members, refusers, told

AT_MOST = 200  # steps in one pass

log = structlog.get_logger(__name__)


@dataclass
class Plan:
    """The step that comes next for a notice: `index` in its ladder, the deed, to whom, and why in words."""

    index: int
    do: str
    step: Step
    chase: list[Notice]
    contact: Contact | None
    words: list[Words] = field(default_factory=list)


def advance(now: datetime) -> int:
    """Takes every step whose time has come. Returns how many were taken here."""
    due = Notice.objects.open().filter(next_step_at__lte=now).select_related("contact", "municipality", "partner")
    return sum(_take_step(notice, now) for notice in due.order_by("next_step_at")[:AT_MOST])


def hand_over(notice: Notice, now: datetime) -> Notice | None:
    """Whoever carried the clock has declined, or reached nobody: the deputy or the coordinator is told now, with the
    rest of the ladder. None when something else of the chase still has a clock.
    """
    if has_clock(members(notice)):
        return None
    keeper = keeper_of(notice)
    plan = _plan(keeper, now, without=(REMIND,), words=[DECLINED])
    with transaction.atomic():
        Notice.objects.filter(pk=keeper.pk).update(ladder_step=plan.index + 1)
        rest = rest_of(keeper.ladder, plan.index + 1, keeper.owed_at, now)
        heir = _owe_step(keeper, plan, now, ladder=rest)
        _tell(keeper, plan)
    return heir


def _take_step(notice: Notice, now: datetime) -> bool:
    plan = _plan(notice, now, words=[NO_ANSWER])
    changes: dict[str, Any] = {
        "ladder_step": plan.index + 1,
        "next_step_at": next_time(notice.ladder, plan.index + 1, notice.owed_at, now),
    }
    if plan.do != REMIND:
        changes["escalated_at"] = Coalesce("escalated_at", Value(now))
        changes["state"] = Case(
            When(state__in=AWAITING_ANSWER, then=Value(NoticeState.ESCALATED.value)), default=F("state")
        )
    with transaction.atomic():
        mine = (
            Notice.objects.open()
            .filter(pk=notice.pk, ladder_step=notice.ladder_step, next_step_at=notice.next_step_at)
            .update(**changes)
        )
        if not mine:
            return False
        if plan.do == REMIND and notice.state not in AWAITING_ANSWER:
            _push(notice, now)
        else:
            _owe_step(notice, plan, now)
        _tell(notice, plan)
    return True


def _plan(notice: Notice, now: datetime, *, words: list[Words], without: tuple[str, ...] = ()) -> Plan:
    """The next step that can be taken. It ends, because the last step of every ladder is a call."""
    chase = members(notice)
    index, why = notice.ladder_step, list(words)
    while True:
        step = step_at(notice.ladder, index)
        do = step["do"]
        if do == CALL:
            return Plan(index, do, step, chase, _coordinator(notice, chase, now), why)
        if do == REMIND and REMIND not in without and notice.contact is not None:
            return Plan(index, do, step, chase, notice.contact, why)
        if do == DEPUTY:
            contact = _deputy(notice, chase, now)
            if contact is not None:
                return Plan(index, do, step, chase, contact, why)
            why.append(NO_DEPUTY)
        index += 1


def _deputy(notice: Notice, chase: list[Notice], now: datetime) -> Contact | None:
    """On duty now for the same role and place, and not told yet."""
    known = {contact.pk for contact in told(chase, notice.role)}
    found = resolve_for(notice, at=now)
    return next((each for each in (found.contact, found.deputy) if each and each.pk not in known), None)


def _coordinator(notice: Notice, chase: list[Notice], now: datetime) -> Contact | None:
    """The coordinator on duty; the deputy when that one has declined a call of this chase."""
    found = resolve_for(notice, at=now, role=Role.COORDINATOR)
    declined = refusers(chase)
    asked = (found.contact, found.deputy, *found.coordinators)
    willing = [each for each in asked if each and each.pk not in declined]
    return willing[0] if willing else found.contact


def _owe_step(notice: Notice, plan: Plan, now: datetime, *, ladder: list[Step] | None = None) -> Notice:
    kept: dict[str, Any] = {"ladder": ladder or [], "chases": notice, "is_drill": notice.is_drill, "at": now}
    which: dict[str, Any] = {
        "event_id": uuid5(notice.pk, f"step-{plan.index}"),
        "case_id": notice.case_id,
        "case_reference": notice.case_reference,
        "municipality": notice.municipality,
        "contact": plan.contact,
    }
    if plan.do == CALL:
        return owe(
            **which,
            **kept,
            role=Role.COORDINATOR,
            brief=call_brief(notice, why=plan.words, told=told(plan.chase, notice.role)),
            answer_minutes=plan.step["repeat_minutes"],
            purpose=Purpose.CALL,
        )
    return owe(
        **which,
        **kept,
        role=notice.role,
        brief=notice.brief,
        answer_minutes=_answer_minutes(notice, plan, now),
        needs_document=notice.needs_document,
        purpose=Purpose.REMINDER if plan.do == REMIND else Purpose.DEPUTY,
    )


def _answer_minutes(notice: Notice, plan: Plan, now: datetime) -> float | None:
    """A reminder keeps the time that was set; a deputy gets as long as the first contact had."""
    if notice.answer_by is None:
        return None
    since = now if plan.do == REMIND else notice.owed_at
    return (notice.answer_by - since).total_seconds() / 60


def _push(notice: Notice, now: datetime) -> None:
    """There is nothing to remind of yet: what was never sent is due now."""
    waiting = Notice.objects.filter(pk=notice.pk, state__in=UNSENT).exclude(reason=NO_CONTACT)
    if waiting.update(next_attempt_at=now):
        wake(notice.pk)


def _tell(notice: Notice, plan: Plan) -> None:
    notice.refresh_from_db()
    record(
        "notice.escalated",
        target_kind="notice",
        target_id=notice.pk,
        step=plan.do,
        index=plan.index,
        no_deputy=NO_DEPUTY in plan.words,
        case=notice.case_id,
    )
    signals.notice_escalated.send(sender=Notice, notice=notice, step=plan.do, words=plan.words)
