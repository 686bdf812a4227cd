"""An escalation chain: a first notice and everything that was sent because of it.

What one answer does to the rest of its chain (`settle_others`):

accepted by the officer or a deputy -> nobody else is asked (sent notices close, unsent ones are cancelled)
wrong area                          -> the same: the notice goes to another office as a new case event
declined                            -> the notice it follows up on, while that is open, takes its next step now
coordinator takes the call          -> the other calls close; the first notice waits one more round for its answer
coordinator reports the outcome     -> reached: the escalation is over; not reached: the next step is due now
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from notifications.directory.models import Contact

from .escalation_policy import REMIND
from .models import Notice, Purpose, Reply, ReplyKind
from .states import ANSWERED, OPEN, REACHED, REPLACED, TAKEN, WRONG_AREA, NoticeState

CALLS = (Purpose.CALL, Purpose.FALLBACK)
NOT_REACHED = "not_reached"  # `Reply.reason` of a call: the only outcome after which the escalation goes on
DEFAULT_REPEAT_MINUTES = 30  # between two calls, when the steps name no other time
# What `release` changes: for `save(update_fields=...)`.
RELEASED_FIELDS = ["token", "lease_until", "next_attempt_at", "next_step_at"]


def get_chain_members(notice: Notice) -> list[Notice]:
    """Return every notice of the chain but those that were replaced, oldest first; without their briefs and steps."""
    return list(_find_members(chase=notice.chase_id))


def has_clock(members: Sequence[Notice]) -> bool:
    """Tell whether an open notice of the chain has a next step."""
    return any(member.is_open and member.next_step_at is not None for member in members)


def get_open_notices(members: Sequence[Notice], purpose: str) -> list[Notice]:
    """Return the chain's open notices of this purpose, the newest first."""
    return [member for member in reversed(members) if member.purpose == purpose and member.is_open]


def get_notified_contacts(members: Sequence[Notice], role: str) -> list[Contact]:
    """Return the contacts of this role who were notified, each once, in that order."""
    return list(
        {member.contact_id: member.contact for member in members if member.contact and member.role == role}.values()
    )


def get_contacts_who_declined(members: Sequence[Notice]) -> set[int]:
    """Return the contacts (ids) of the chain who have declined."""
    asked = [member.pk for member in members if member.contact_id]
    by_notice = set(_find_declined(asked=asked)) if asked else set()
    return {member.contact_id for member in members if member.contact_id and member.pk in by_notice}


def get_ladder_owner(notice: Notice) -> Notice:
    """Return the notice whose escalation steps apply: this one, or the nearest it follows up on that has some."""
    owner = notice
    while not owner.ladder and owner.chases is not None:
        owner = owner.chases
    return owner


def get_followed_notices(notice: Notice, members: Sequence[Notice]) -> list[Notice]:
    """Return the notices that this one follows up on, the nearest first, as they are in the locked chain."""
    by_pk = {member.pk: member for member in members}
    found = []
    while notice.chases_id:
        notice = by_pk[notice.chases_id]
        found.append(notice)
    return found


def release(notice: Notice) -> None:
    """Clear attempt, lease and next step of this notice, unsaved; whoever is sending it can't write to it any more."""
    # Only then does a worker hold the token.
    if notice.state == NoticeState.SENDING:
        notice.token += 1
    notice.lease_until = None
    notice.next_attempt_at = None
    notice.next_step_at = None


def settle_others(notice: Notice, members: Sequence[Notice], kind: str, reason: str, moment: datetime) -> None:
    """Apply an answer to `notice` to the rest of its locked escalation chain (the table above)."""
    others = [other for other in members if other.pk != notice.pk and other.state in OPEN]
    if notice.purpose in CALLS:
        _settle_after_call(notice, members, others, kind, reason, moment)
    elif kind == ReplyKind.DECLINED:
        for other in others:
            if other.purpose == Purpose.REMINDER and other.contact_id == notice.contact_id:
                _close(other, ANSWERED, moment)
        take_next_step_at(get_followed_notices(notice, members), moment)
    else:
        for other in others:
            is_same_contact = other.contact_id == notice.contact_id
            why = ANSWERED if is_same_contact else WRONG_AREA if kind == ReplyKind.WRONG_AREA else TAKEN
            _close(other, why, moment)


def take_next_step_at(candidates: Sequence[Notice], moment: datetime) -> None:
    """Make the next step of the first of these notices that is open and has steps due at this moment.

    It goes past the reminders, to the next person. When there is none, the receiver of `notice_answered` passes the
    remaining steps on (`escalation.clock.hand_over`).
    """
    owner = next((notice for notice in candidates if notice.state in OPEN and notice.ladder), None)
    if owner is None:
        return
    last = len(owner.ladder) - 1
    while owner.ladder_step < last and owner.ladder[owner.ladder_step]["do"] == REMIND:
        owner.ladder_step += 1
    owner.next_step_at = moment
    owner.save(update_fields=["ladder_step", "next_step_at"])


def _settle_after_call(
    notice: Notice, members: Sequence[Notice], others: Sequence[Notice], kind: str, reason: str, moment: datetime
) -> None:
    if kind == ReplyKind.OUTCOME and reason != NOT_REACHED:
        for other in others:
            _close(other, REACHED, moment)
    elif kind in (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY):
        for other in others:
            if other.purpose in CALLS:
                _close(other, TAKEN, moment)
        take_next_step_at(get_followed_notices(notice, members), moment + _get_repeat_interval(notice))
    else:
        take_next_step_at(get_followed_notices(notice, members), moment)


def _get_repeat_interval(notice: Notice) -> timedelta:
    """Return how long after a call the next one comes: as the first notice's last step says."""
    named = [step["repeat_minutes"] for step in notice.root.ladder if step.get("repeat_minutes")]
    return timedelta(minutes=named[-1] if named else DEFAULT_REPEAT_MINUTES)


def _close(notice: Notice, reason: str, moment: datetime) -> None:
    """Close a notice that was sent, cancel one that wasn't."""
    was_sent = notice.sent_at is not None
    release(notice)
    notice.state = NoticeState.CLOSED if was_sent else NoticeState.CANCELLED
    notice.reason = reason
    if was_sent:
        notice.closed_at = moment
    else:
        notice.cancelled_at = moment
    notice.save(update_fields=["state", "reason", "closed_at", "cancelled_at", *RELEASED_FIELDS])


def _find_members(chase: UUID | None) -> QuerySet[Notice]:
    return (
        Notice.objects.filter(chase_id=chase)
        .exclude(reason=REPLACED)
        .select_related("contact__partner")
        # Deferred, so that a chain with one damaged brief can still be walked.
        .defer("brief", "ladder", "link_token")
        .order_by("owed_at", "pk")
    )


def _find_declined(asked: Collection[UUID]) -> QuerySet[Reply, UUID]:
    return Reply.objects.filter(notice__in=asked, kind=ReplyKind.DECLINED).order_by().values_list("notice", flat=True)
