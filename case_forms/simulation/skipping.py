"""Repeated calls that a story leaves out, until something touches them: their clock is moved on as the system would.

What is left out is the same call to the same people again, and what it leaves in rows: how often the call was made, how
far its clock has come, and when it comes next. The daily list that names it is left out by its pass (`passes`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from notifications.outbox.escalation_policy import get_call_minutes, get_next_step_time, is_daily
from notifications.outbox.models import Notice, Purpose


def skip_repetitions(key: UUID, until: datetime) -> int:
    """Move this notice's clock on to its last repetition that comes until then. Return how many are left out.

    The clock must have come to repeating its last step.
    """
    notice = Notice.objects.defer("brief").get(pk=key)
    step, due, skipped = notice.ladder_step, notice.next_step_at, 0
    called_at: list[datetime] = []
    if due is None:
        return 0
    while (following := get_next_step_time(notice.ladder, step + 1, notice.owed_at, due)) <= until:
        # After the first day the daily list takes the place of the call.
        if not is_daily(notice.ladder, step, notice.owed_at, due):
            called_at.append(due)
        step, due, skipped = step + 1, following, skipped + 1
    if skipped:
        Notice.objects.filter(pk=key).update(ladder_step=step, next_step_at=due)
        _count_calls(notice, called_at)
    return skipped


def _count_calls(notice: Notice, called_at: list[datetime]) -> None:
    """Let the open call of this chain, which the clock would have repeated, carry the number that it would have."""
    if not called_at:
        return
    opened = Notice.objects.open().filter(chase_id=notice.chase_id, purpose=Purpose.CALL).defer("brief")
    own = opened.filter(pk=notice.pk).first() or opened.order_by("-owed_at").first()
    if own is not None:
        # A repeated call has until the next one; its step is the last.
        minutes = get_call_minutes(notice.ladder, len(notice.ladder) - 1)
        Notice.objects.filter(pk=own.pk).update(
            repeats=F("repeats") + len(called_at),
            repeated_at=called_at[-1],
            answer_by=called_at[-1] + timedelta(minutes=minutes),
        )
