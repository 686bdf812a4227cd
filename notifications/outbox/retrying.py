"""Try a failed notice again before its time."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit.chain import Actor, log_event

from .models import Notice
from .queueing import wake
from .states import NO_CONTACT, NoticeState


def try_again(*, notice: Notice, actor: Actor, at: datetime | None = None) -> bool:
    """Make the next attempt of a failed notice due now. False when it isn't waiting after a failure any more.

    Nothing is sent here: the time is set and a worker gets a task, so whoever claims the row sends it, once, as always.
    For a notice without a contact the sweeper asks the directory again in its next round.
    """
    moment = at or timezone.now()
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
            wake(locked.pk)
    return True
