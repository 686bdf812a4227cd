"""Settle an escalation chain after one answer: the first notice, reminders, the deputy, the coordinator who calls.

accepted by the officer or a deputy -> nobody else is asked (sent notices close, unsent ones are cancelled)
wrong area                          -> the same: the notice goes to another office as a new case event
declined                            -> the notice it follows up on, while that is open, takes its next step now
coordinator takes the call          -> the other calls close; the first notice waits one more round for its answer
coordinator reports the outcome     -> reached: the escalation is over; not reached: the next step is due now
"""

from datetime import datetime, timedelta

from notifications.outbox.escalation_policy import REMIND
from notifications.outbox.models import Notice, Purpose, ReplyKind
from notifications.outbox.states import OPEN, NoticeState

from .choices import NOT_REACHED, WRONG_AREA

CALLS = (Purpose.CALL, Purpose.FALLBACK)
ROUND_MINUTES = 30  # between two calls, when the steps name no other time
# Why a notice of the chain was closed by somebody's answer to another one (`Notice.reason`).
TAKEN = "taken"
ANSWERED = "answered"

RELEASED = ["token", "lease_until", "next_attempt_at", "next_step_at"]  # what `release` writes


def release(notice: Notice) -> None:
    """Clear attempt, lease and next step of this notice, unsaved; whoever is sending it can't write to it any more."""
    # Only then does a worker hold the token.
    if notice.state == NoticeState.SENDING:
        notice.token += 1
    notice.lease_until = None
    notice.next_attempt_at = None
    notice.next_step_at = None


def settle_others(notice: Notice, chase: list[Notice], kind: str, reason: str, moment: datetime) -> None:
    """Apply an answer to `notice` to the rest of its locked escalation chain (the table above)."""
    others = [other for other in chase if other.pk != notice.pk and other.state in OPEN]
    if notice.purpose in CALLS:
        _after_a_call(notice, chase, others, kind, reason, moment)
    elif kind == ReplyKind.DECLINED:
        for other in others:
            if other.purpose == Purpose.REMINDER and other.contact_id == notice.contact_id:
                _close(other, ANSWERED, moment)
        next_step_now(get_chased_notices(notice, chase), moment)
    else:
        for other in others:
            same_person = other.contact_id == notice.contact_id
            why = ANSWERED if same_person else WRONG_AREA if kind == ReplyKind.WRONG_AREA else TAKEN
            _close(other, why, moment)


def get_chased_notices(notice: Notice, chase: list[Notice]) -> list[Notice]:
    """Return the notices that this one follows up on, the nearest first, as they are in the locked chain."""
    by_pk = {member.pk: member for member in chase}
    found = []
    while notice.chases_id:
        notice = by_pk[notice.chases_id]
        found.append(notice)
    return found


def next_step_now(line: list[Notice], moment: datetime) -> None:
    """Make the next step of the nearest of these notices that is open and has steps due at this moment.

    It goes past the reminders, to the next person. When there is none, the receiver of `notice_answered` passes the
    remaining steps on (see escalation).
    """
    bearer = next((notice for notice in line if notice.state in OPEN and notice.ladder), None)
    if bearer is None:
        return
    last = len(bearer.ladder) - 1
    while bearer.ladder_step < last and bearer.ladder[bearer.ladder_step]["do"] == REMIND:
        bearer.ladder_step += 1
    bearer.next_step_at = moment
    bearer.save(update_fields=["ladder_step", "next_step_at"])


def _after_a_call(
    notice: Notice, chase: list[Notice], others: list[Notice], kind: str, reason: str, moment: datetime
) -> None:
    if kind == ReplyKind.OUTCOME and reason != NOT_REACHED:
        for other in others:
            _close(other, "reached", moment)
    elif kind in (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY):
        for other in others:
            if other.purpose in CALLS:
                _close(other, TAKEN, moment)
        next_step_now(get_chased_notices(notice, chase), moment + _round(notice))
    else:
        next_step_now(get_chased_notices(notice, chase), moment)


def _round(notice: Notice) -> timedelta:
    named = [step["repeat_minutes"] for step in notice.root.ladder if step.get("repeat_minutes")]
    return timedelta(minutes=named[-1] if named else ROUND_MINUTES)


def _close(notice: Notice, reason: str, moment: datetime) -> None:
    sent = notice.sent_at is not None
    release(notice)
    notice.state = NoticeState.CLOSED if sent else NoticeState.CANCELLED
    notice.reason = reason
    if sent:
        notice.closed_at = moment
    else:
        notice.cancelled_at = moment
    notice.save(update_fields=["state", "reason", "closed_at", "cancelled_at", *RELEASED])
