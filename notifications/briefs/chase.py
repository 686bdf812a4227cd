"""The chase around one answer: the first notice, the reminders, the deputy, the coordinator who calls.

accepted by the officer or a deputy -> nobody else is chased (sent notices close, unsent ones are cancelled)
wrong area                          -> the same: the notice goes to another office as a new case event
declined                            -> the first notice, while it is open, takes its next step now
coordinator takes the call          -> the other calls close; the first notice waits one more round for its answer
coordinator tells the outcome       -> reached: the chase is over; not reached: the next step is due now
"""

from datetime import datetime, timedelta

from notifications.outbox.models import Notice, Purpose, ReplyKind
from notifications.outbox.states import OPEN, TRANSITIONS, NoticeState

from .choices import NOT_REACHED

CALLS = (Purpose.CALL, Purpose.FALLBACK)
ROUND_MINUTES = 30  # between two calls, when the ladder names no other time

CHASE_FIELDS = [
    "state",
    "reason",
    "closed_at",
    "cancelled_at",
    "token",
    "lease_until",
    "next_attempt_at",
    "next_step_at",
]


def release(notice: Notice) -> None:
    """No attempt and no step is left for this notice, and whoever is sending it now may not write to it any more."""
    if notice.state == NoticeState.SENDING:
        notice.token += 1
    notice.lease_until = None
    notice.next_attempt_at = None
    notice.next_step_at = None


def lock_chase(notice: Notice) -> list[Notice]:
    """Every notice of the chase, the first one first. Locked in that order, so two answers never wait for each other."""
    found = {notice.root.pk}
    ring = set(found)
    while ring:
        ring = set(Notice.objects.filter(chases__in=ring).values_list("pk", flat=True)) - found
        found |= ring
    return list(Notice.objects.select_for_update().filter(pk__in=found).order_by("owed_at", "pk"))


def settle_others(notice: Notice, chase: list[Notice], kind: str, reason: str, moment: datetime) -> None:
    """What an answer to `notice` means for the rest of its locked chase (the table above)."""
    root_pk = notice.root.pk
    others = [other for other in chase if other.pk != notice.pk and other.state in OPEN]
    if notice.purpose in CALLS:
        _after_a_call(notice, others, root_pk, kind, reason, moment)
    elif kind == ReplyKind.DECLINED:
        _step_now(others, root_pk, moment)
    else:
        for other in others:
            _close(other, "wrong_area" if kind == ReplyKind.WRONG_AREA else "taken", moment)


def _after_a_call(
    notice: Notice, others: list[Notice], root_pk: object, kind: str, reason: str, moment: datetime
) -> None:
    if kind == ReplyKind.OUTCOME and reason != NOT_REACHED:
        for other in others:
            _close(other, "reached", moment)
        return
    if kind in (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY):
        for other in others:
            if other.purpose in CALLS:
                _close(other, "taken", moment)
        minutes = next((step["repeat_minutes"] for step in notice.ladder if step.get("repeat_minutes")), ROUND_MINUTES)
        _step_now(others, root_pk, moment + timedelta(minutes=minutes))
        return
    _step_now(others, root_pk, moment)


def _step_now(others: list[Notice], root_pk: object, moment: datetime) -> None:
    """The first notice, while it is open, takes its next step at this moment."""
    for other in others:
        if other.pk == root_pk:
            other.next_step_at = moment
            other.save(update_fields=["next_step_at"])


def _close(notice: Notice, reason: str, moment: datetime) -> None:
    sent = NoticeState.CLOSED in TRANSITIONS[NoticeState(notice.state)]
    release(notice)
    notice.state = NoticeState.CLOSED if sent else NoticeState.CANCELLED
    notice.reason = reason
    if sent:
        notice.closed_at = moment
    else:
        notice.cancelled_at = moment
    notice.save(update_fields=["state", "reason", "closed_at", "cancelled_at", *RELEASED])
