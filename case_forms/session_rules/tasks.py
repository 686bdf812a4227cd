"""Tasks about sessions end: met by the session's report, or ended because it was not held after all."""

from datetime import datetime
from functools import partial

from django.db import transaction

from audit.chain import log_event
from case_forms.cases.deadlines import withdraw_chase
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
        transaction.on_commit(partial(withdraw_chase, task, reason))
        done.append(task)
    return done
