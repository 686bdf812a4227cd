"""Tasks about sessions end: met by the session's report, or ended because it was not held after all."""

from datetime import datetime
from functools import partial

from django.db import transaction

from audit.chain import log_event
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice
from notifications.outbox.states import OPEN
from outreach_pages.records.models import InformativeSession

from .models import SessionTask

MET, NOT_HELD = "duty_met", "session_not_held"  # why a notice about a task is withdrawn


def meet_tasks(session: InformativeSession, at: datetime) -> int:
    """Meet what waited for the session's report. Return how many tasks there were."""
    done = _finish(session, "met_at", at, MET)
    for task in done:
        log_event("session.task_met", target_kind="session", target_id=session.pk, key=task.key)
    return len(done)


def end_tasks(session: InformativeSession, at: datetime) -> int:
    """End what waited for the report of a session that was not held after all. Return how many tasks there were."""
    done = _finish(session, "ended_at", at, NOT_HELD)
    for task in done:
        log_event("session.task_ended", target_kind="session", target_id=session.pk, key=task.key)
    return len(done)


def _finish(session: InformativeSession, column: str, at: datetime, reason: str) -> list[SessionTask]:
    done = []
    for task in SessionTask.objects.waiting().filter(session=session):
        if not SessionTask.objects.waiting().filter(pk=task.pk).update(**{column: at, "next_mark_at": None}):
            continue
        # Not now: the audit chain is held already (`outbox.locking`). If the process ends meanwhile, the clock does it.
        transaction.on_commit(partial(withdraw_chase, task.pk, reason))
        done.append(task)
    return done


def withdraw_chase(key: int, reason: str = MET) -> bool:
    """Withdraw the notices that tell the owner of this task, with all that followed them. False when none is open."""
    chase = SessionTask.objects.filter(pk=key).values_list("chase_id", flat=True).first()
    if chase is None or not Notice.objects.filter(chase_id=chase, state__in=OPEN).exists():
        return False
    first = Notice.objects.filter(pk=chase).defer("brief", "ladder", "link_token").first()
    return first is not None and cancel(notice=first, reason=reason)
