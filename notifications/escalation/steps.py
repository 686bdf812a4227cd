"""One step of an escalation: plan which one can be taken, and send its notice.

    remind   a reminder to the same contact (a notice that was never sent is made due instead)
    deputy   a notice to whoever is on duty and hasn't been notified yet; with nobody there, the next step at once
    call     a notice to the coordinator with the number to call; repeated until somebody has answered

An escalation chain has one open reminder and one open call: repeated, it is the same notice under the next number
(`outbox.repeating`). `clock` says when steps are taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.utils.functional import Promise

from access.languages import Texts
from notifications.directory.models import Contact, Role
from notifications.directory.resolve import Resolution
from notifications.outbox.escalation_chain import (
    get_chain_members,
    get_notified_contacts,
    get_open_notices,
)
from notifications.outbox.escalation_policy import (
    CALL,
    DEPUTY,
    REMIND,
    Step,
    get_call_minutes,
    get_remaining_steps,
    get_step,
)
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.queueing import enqueue_on_commit
from notifications.outbox.repeating import close_replaced, repeat
from notifications.outbox.resolving import PIN_ALARM, resolve_for
from notifications.outbox.service_briefs import NO_DEPUTY, build_call_brief, explain_missing_agreement
from notifications.outbox.sharing import may_receive
from notifications.outbox.states import NO_CONTACT, UNSENT
from notifications.outbox.subjects import Subject
from notifications.outbox.ways.planning import plan_ways, ring
from notifications.outbox.ways.words import is_urgent

from .callers import (
    create_unassigned_call,
    find_coordinator,
    has_valid_recipient,
    is_created_by_event,
    is_on_duty,
)

PURPOSES = {REMIND: Purpose.REMINDER, DEPUTY: Purpose.DEPUTY, CALL: Purpose.CALL}


@dataclass
class StepPlan:
    """The next step of a notice: `index` among its steps, the `action` (the step's "do"), for whom, and why.

    `members`: the notice's escalation chain, as `get_chain_members` returns it.
    """

    index: int
    action: str
    step: Step
    members: list[Notice]
    contact: Contact | None
    reasons: list[Texts | Promise | str] = field(default_factory=list)


def plan_next_step(
    notice: Notice, now: datetime, *, reasons: Sequence[Texts | Promise | str], without: tuple[str, ...] = ()
) -> StepPlan:
    """Find the next step that can be taken, leaving out the actions `without`.

    The loop ends, because the last step of every notice is a call.
    """
    members = get_chain_members(notice)
    index, why = notice.ladder_step, list(reasons)
    while True:
        step = get_step(notice.ladder, index)
        action = step["do"]
        if action == CALL:
            return StepPlan(index, action, step, members, find_coordinator(notice, members, now), why)
        # A contact whose test is outstanding is sent nothing (`outbox.delivery`).
        is_reachable = notice.contact is not None and notice.contact.reachable_at is not None
        if action == REMIND and REMIND not in without and is_reachable:
            return StepPlan(index, action, step, members, notice.contact, why)
        if action == DEPUTY:
            contact = _find_deputy(notice, members, now)
            if contact is not None:
                return StepPlan(index, action, step, members, contact, why)
            why += [NO_DEPUTY, *explain_missing_agreement(notice, now)]
        index += 1


def _find_deputy(notice: Notice, members: Sequence[Notice], now: datetime) -> Contact | None:
    """Return who is on duty now for the same role and place and hasn't been notified yet."""
    notified = {contact.pk for contact in get_notified_contacts(members, notice.role)}
    found = resolve_for(notice, at=now)
    candidates = [found.contact, found.deputy]
    if notice.case_reference == PIN_ALARM:  # several were asked at once, each with a clock of their own
        notified |= set(Notice.objects.filter(case_id=notice.case_id).values_list("contact_id", flat=True))
        candidates += found.coordinators
    return next((one for one in candidates if one and one.pk not in notified and may_receive(notice, one, now)), None)


def send_step_notice(notice: Notice, plan: StepPlan, now: datetime, *, ladder: list[Step] | None = None) -> Notice:
    """Send the notice of this step: the open one of its kind again, when it went to the same person, else a new one.

    What the clock had open to somebody else is closed with that; a call that a case event created never is, as long as
    it reaches its coordinator (see `callers`). `ladder`: the remaining steps, for whoever carries them on.
    """
    if plan.action == DEPUTY:
        return _create_step_notice(notice, plan, now, ladder=ladder)
    if plan.action == CALL:
        # Beside the coordinator, whom it takes time to phone: whoever was notified and hasn't answered.
        ring([member for member in plan.members if member.role == notice.role], at=now)
    open_notices = get_open_notices(plan.members, PURPOSES[plan.action])
    if is_created_by_event(notice):
        # A call of a case event is repeated to its own coordinator, whoever is on duty.
        own = next((one for one in open_notices if one.pk == notice.pk and has_valid_recipient(one)), None)
        if own is not None:
            _repeat_notice(own, notice, plan, now)
            if _is_left_to_another_call(own, open_notices, now):
                return own
    if plan.action == CALL and plan.contact is None:
        return _send_call_with_nobody_on_duty(notice, plan, open_notices, now, ladder)
    existing = next((one for one in open_notices if _is_for(one, plan.contact)), None)
    replaced = [
        one.pk
        for one in open_notices
        if one is not existing and not (is_created_by_event(one) and has_valid_recipient(one))
    ]
    if notice.pk in replaced and ladder is None:  # the call that carries the clock goes on to another coordinator
        ladder = get_remaining_steps(notice.ladder, plan.index + 1, notice.owed_at, now)
    if replaced:
        close_replaced(replaced, now)
    if existing is None:
        return _create_step_notice(notice, plan, now, ladder=ladder)
    # A call of a case event that has a clock of its own is repeated by that clock, not by this one too.
    if existing.pk == notice.pk or not is_created_by_event(existing) or existing.next_step_at is None:
        _repeat_notice(existing, notice, plan, now, ladder=ladder)
    return existing


def make_due(notice: Notice, now: datetime) -> None:
    """Make a notice due that was never sent: there is nothing to remind of yet."""
    waiting = Notice.objects.filter(pk=notice.pk, state__in=UNSENT).exclude(reason=NO_CONTACT)
    if waiting.update(next_attempt_at=now):
        enqueue_on_commit(notice.pk)
        # Whom an SMS has reached is reminded by one, while the mail server is away.
        plan_ways(notice, is_urgent=is_urgent(notice), at=now)


def _repeat_notice(
    existing: Notice, notice: Notice, plan: StepPlan, now: datetime, *, ladder: list[Step] | None = None
) -> None:
    """Send the open notice of this step once more, with what is known now."""
    minutes = _get_answer_minutes(notice, plan, now)
    repeat(
        notice=existing,
        at=now,
        brief=_build_call_brief(notice, plan) if plan.action == CALL else None,
        answer_by=now + timedelta(minutes=minutes) if minutes is not None else None,
        ladder=ladder,
    )


def _is_left_to_another_call(own: Notice, calls: Sequence[Notice], now: datetime) -> bool:
    """Tell whether another open call takes care of finding somebody on duty.

    A call of a case event asks its own coordinator. When none of those who were asked so is on duty any more, the
    oldest of these calls looks for somebody who is; the others leave that to it.
    """
    of_events = [one for one in calls if is_created_by_event(one) and has_valid_recipient(one)]
    with_clock = [one for one in of_events if one.next_step_at is not None or one.pk == own.pk]
    # `calls` is newest first, so the last one is the oldest.
    return with_clock[-1].pk != own.pk or any(is_on_duty(one.contact, now) for one in with_clock)


def _send_call_with_nobody_on_duty(
    notice: Notice, plan: StepPlan, calls: Sequence[Notice], now: datetime, ladder: list[Step] | None
) -> Notice:
    """Repeat the open call when no coordinator is on duty, and create one without a recipient beside it.

    The call without a recipient alarms the operator until somebody comes on duty. When no call is open, it carries on
    the remaining steps.
    """
    open_call = next((one for one in calls if has_valid_recipient(one)), None)
    if open_call is None:
        unassigned = next((one for one in calls if _is_for(one, None)), None)
        if unassigned is None:
            return _create_step_notice(notice, plan, now, ladder=ladder)
        _repeat_notice(unassigned, notice, plan, now, ladder=ladder)
        return unassigned
    create_unassigned_call(notice, plan.members, now, why=plan.reasons, event_id=_build_event_id(notice, plan))
    if not is_created_by_event(open_call) or open_call.next_step_at is None:  # else its own clock repeats it
        _repeat_notice(open_call, notice, plan, now, ladder=ladder)
    return open_call


def _is_for(notice: Notice, contact: Contact | None) -> bool:
    """Tell whether the notice went to this person (or, with None, to nobody) and its link wasn't revoked."""
    return notice.contact_id == (contact.pk if contact else None) and notice.link_revoked_at is None


def _create_step_notice(notice: Notice, plan: StepPlan, now: datetime, *, ladder: list[Step] | None = None) -> Notice:
    is_call = plan.action == CALL
    role = Role.COORDINATOR if is_call else notice.role
    return Subject.of_notice(notice).notify(
        role,
        event_id=_build_event_id(notice, plan),
        found=Resolution(role, contact=plan.contact),
        brief=_build_call_brief(notice, plan) if is_call else notice.brief,
        answer_minutes=_get_answer_minutes(notice, plan, now),
        ladder=ladder or [],
        needs_document=notice.needs_document and not is_call,
        purpose=PURPOSES[plan.action],
        chases=notice,
        at=now,
    )


def _build_event_id(notice: Notice, plan: StepPlan) -> UUID:
    """Return the same id whenever this step is taken: two sweepers create one notice."""
    return uuid5(notice.pk, f"step-{plan.index}")


def _build_call_brief(notice: Notice, plan: StepPlan) -> dict[str, Any]:
    if notice.case_reference == PIN_ALARM:  # to be phoned is the contact it is about, not whoever was asked to call
        return dict(notice.root.brief)
    notified = get_notified_contacts(plan.members, notice.role)
    return build_call_brief(notice, why=plan.reasons, notified=notified)


def _get_answer_minutes(notice: Notice, plan: StepPlan, now: datetime) -> float | None:
    """Return the minutes to answer: a call has until the next step; a reminder keeps the time that was set.

    A deputy gets as long as the first recipient had.
    """
    if plan.action == CALL:
        return get_call_minutes(notice.ladder, plan.index)
    if notice.answer_by is None:
        return None
    since = now if plan.action == REMIND else notice.owed_at
    return (notice.answer_by - since).total_seconds() / 60
