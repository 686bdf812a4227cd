"""The notices of a referral: settled when the answer was given on the phone, and ended with the referral."""

from datetime import datetime

from django.db.models import F

from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice
from notifications.outbox.states import OPEN, REACHED, NoticeState

from ..deadlines import meet_deadlines
from ..models import Deadline, Referral, ReferralState
from ..rule_events import respond_to_done
from .models import ReferralStep, StepKind
from .moves import TAKEN

BY_PHONE, NO_ANSWER = "declined_by_phone", "nobody_answered"  # why the open notices of a referral are withdrawn


def get_notices(referral: Referral) -> "list[Notice]":
    """Return the notices by which the service was asked, the oldest first, without what is sealed."""
    found = Notice.objects.filter(chase_id=referral.notice_id) if referral.notice_id else Notice.objects.none()
    return list(found.defer("brief", "ladder", "link_token").order_by("owed_at", "pk"))


def settle_notices(referral: Referral, step: ReferralStep, *, before: str, at: datetime) -> None:
    """Do to the referral's notices what a step says that didn't come as the answer to one. The chain is locked.

    A yes on the phone: nobody is asked any more, the duties that waited for the answer are met, and the link that the
    service has goes on. A no, or that nobody answered: what is open is withdrawn. At the end the notice is closed.
    """
    # Without a notice nothing is settled; an empty key would find notices that belong to no chain.
    if referral.notice_id is None:
        return
    if before == ReferralState.PENDING and referral.state in TAKEN:
        _close_open(referral, at)
        waiting = Deadline.objects.filter(
            case=referral.case_id, notice_id__in=[each.pk for each in get_notices(referral)]
        )
        respond_to_done(meet_deadlines(waiting, at), at)
    elif step.kind in (StepKind.DECLINED, StepKind.NO_ANSWER):
        withdraw_open(referral, BY_PHONE if step.kind == StepKind.DECLINED else NO_ANSWER)
        end_waiting(referral, at)
    elif referral.state == ReferralState.FINISHED:
        accepted = Notice.objects.filter(chase_id=referral.notice_id, state=NoticeState.ACCEPTED)
        accepted.update(state=NoticeState.CLOSED, closed_at=at)


def withdraw_open(referral: Referral, reason: str) -> None:
    """Withdraw what is still open of the referral's chain, the calls about it among them."""
    for notice in get_notices(referral):
        if notice.state in OPEN:
            cancel(notice=notice, reason=reason)


def end_waiting(referral: Referral, at: datetime) -> None:
    """End the duties that wait for an answer which won't come, without calling them met."""
    keys = [each.pk for each in get_notices(referral)]
    Deadline.objects.unmet().filter(case=referral.case_id, notice_id__in=keys).update(ended_at=at, next_mark_at=None)


def _close_open(referral: Referral, at: datetime) -> None:
    """Close what was sent and stop what wasn't: somebody was reached, in another way than by the notice."""
    ended = {"lease_until": None, "next_attempt_at": None, "next_step_at": None}
    open_ones = Notice.objects.filter(chase_id=referral.notice_id, state__in=OPEN)
    sent = open_ones.filter(sent_at__isnull=False)
    sent.update(state=NoticeState.CLOSED, reason=REACHED, closed_at=at, token=F("token") + 1, **ended)
    open_ones.update(state=NoticeState.CANCELLED, reason=REACHED, cancelled_at=at, token=F("token") + 1, **ended)
