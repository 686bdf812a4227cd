"""The clock of tasks about sessions: tell the owner of each when it is due, until the session is reported.

As the clock of a case's duties (`cases.deadline_clock`): each row in a transaction of its own, begun by a conditional
UPDATE of its next moment, so that of two sweepers one tells the owner; one open chase for each task; after the last
mark it looks again once a day.
"""

from datetime import datetime
from uuid import uuid5

from django.db import transaction

from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.cases.deadlines import find_next_mark, get_answer_minutes, is_being_chased, withdraw_chase
from case_forms.procedures.chains import chain_for
from notifications.directory.chain import resolve_chain
from notifications.escalation.passes import Clock, register_clock
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from outreach_pages.records.models import InformativeSession

from .briefs import build_task_brief
from .deciding import get_reference
from .models import SessionTask
from .tasks import MET

CLOCK = "session.tasks"  # the name of the clock, and the kind under which a row is put aside
MAX_TASKS = 200  # in one pass


def advance(now: datetime) -> int:
    """Look at every task whose next mark has come. Return how many owners were told here."""
    _withdraw_of_met()
    due = SessionTask.objects.waiting().filter(next_mark_at__lte=now)
    keys = due.exclude(pk__in=get_put_aside_keys(CLOCK, now)).order_by("next_mark_at").values_list("pk", flat=True)
    return for_each_row(CLOCK, list(keys[:MAX_TASKS]), lambda key: _take_mark(key, now), at=now)


def _withdraw_of_met() -> None:
    """Withdraw what is still open about tasks that are over: the process that ended them may have died before."""
    asked = Notice.objects.open().filter(purpose=Purpose.DUTY).order_by().values("chase_id")
    over = SessionTask.objects.filter(next_mark_at__isnull=True, chase_id__in=asked)
    for task in over.exclude(met_at=None, ended_at=None).order_by("pk")[:MAX_TASKS]:
        withdraw_chase(task, MET)


def _take_mark(key: int, now: datetime) -> bool:
    with transaction.atomic():
        # Before the task: whoever records the report holds its session, and then ends its tasks.
        list(InformativeSession.objects.select_for_update(of=("self",)).filter(tasks=key).values_list("pk"))
        due = SessionTask.objects.waiting().filter(pk=key, next_mark_at__lte=now)
        task = due.select_related("event__procedure_version", "session__unit", "session__municipality").first()
        if task is None:
            return False
        # As it was read: whoever comes second changes nothing.
        same = SessionTask.objects.waiting().filter(pk=key, next_mark_at=task.next_mark_at)
        if not same.update(next_mark_at=find_next_mark(task.marks, now)) or is_being_chased(task):
            return False
        notice = _tell_owner(task, now)
        SessionTask.objects.filter(pk=key).update(chase_id=notice.pk, chases=task.chases + 1)
        log_event(
            "session.task_due",
            target_kind="session",
            target_id=task.session_id,
            key=task.key,
            role=task.owner,
            notice=notice.pk,
        )
        return True


def _tell_owner(task: SessionTask, now: datetime) -> Notice:
    session = task.session
    chain = chain_for(task.event.procedure_version.parsed, task.owner)
    found = resolve_chain(role=task.owner, municipality=session.municipality, at=now, unit=session.unit, chain=chain)
    return create_notice(
        NoticeRequest(
            # The same id for the same time that a chase begins: should two begin it, there is one notice.
            event_id=uuid5(task.event_id, f"{task.key}-{task.chases + 1}"),
            case_id=session.pk,
            case_reference=get_reference(session),
            role=task.owner,
            contact=found.contact,
            partner=found.partner,
            municipality=session.municipality,
            unit=session.unit,
            chain=chain,
            brief=build_task_brief(task),
            answer_minutes=get_answer_minutes(task),
            ladder=task.ladder,
            purpose=Purpose.DUTY,
            at=now,
        )
    )


def find_stranded(now: datetime) -> list[str]:
    """Return the ids of tasks that wait and have no next moment. `now` is the sweeper's; none depends on it."""
    waiting = SessionTask.objects.waiting().filter(next_mark_at__isnull=True).exclude(ladder=[])
    return [str(key) for key in waiting.values_list("pk", flat=True)]


def register() -> None:
    """Let the sweeper turn this clock."""
    register_clock(Clock(CLOCK, advance, find_stranded))
