"""Asserts what the whole room promises: every open notice has a next attempt, a lease, or a next step."""

from datetime import datetime

from notifications.outbox.models import Notice
from notifications.outbox.states import UNSENT, NoticeState

from .chases import has_clock, members


def stranded(now: datetime) -> list[Notice]:
    """The open notices for which nothing further would happen, oldest first; an empty list is the only good answer.

    A notice is covered by a next attempt (unsent), by a lease (being sent), or, once sent, by a clock: its own next
    step, or that of another open notice of its chase. Drills count too.
    """
    found = []
    for notice in Notice.objects.open().filter(owed_at__lte=now, next_step_at__isnull=True).order_by("owed_at"):
        if notice.state in UNSENT and notice.next_attempt_at is not None:
            continue
        if notice.state == NoticeState.SENDING and notice.lease_until is not None:
            continue
        if not has_clock(members(notice)):
            found.append(notice)
    return found
