"""Check the outbox's guarantee: every open notice has a next attempt, a lease, or a next step."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN, UNSENT, NoticeState


def stranded(now: datetime) -> list[Notice]:
    """Return the open notices for which nothing further would happen, oldest first, in one statement.

    There should be none.
    A notice is covered by a next attempt (unsent), by a lease (being sent), or, once sent, by a clock: its own next
    step, or that of another open notice of its escalation chain. Drills count too.
    """
    with_clock = Notice.objects.filter(chase_id=OuterRef("chase_id"), state__in=OPEN, next_step_at__isnull=False)
    found = (
        Notice.objects.open()
        .filter(owed_at__lte=now, next_step_at__isnull=True)
        .exclude(purpose=Purpose.TEST)  # a test never escalates
        .exclude(state__in=UNSENT, next_attempt_at__isnull=False)
        .exclude(state=NoticeState.SENDING, lease_until__isnull=False)
        .exclude(Exists(with_clock))
        .order_by("owed_at")
        .only("pk", "code", "role", "state")
    )
    return list(found)
