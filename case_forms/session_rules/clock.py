"""The clock of tasks about sessions: tell the owner of each when it is due, until the session is reported.

After the last mark it looks again once a day. How it turns: `cases.owner_clock`.
"""

from datetime import datetime
from uuid import uuid5

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.chain import log_event
from case_forms.cases.deadlines import find_next_mark, get_answer_minutes
from case_forms.cases.owner_clock import OwnerClock
from case_forms.procedures.chains import chain_for
from notifications.outbox.models import Notice, Purpose
from outreach_pages.records.models import InformativeSession

from .briefs import build_task_brief
from .deciding import get_subject
from .models import SessionTask
from .tasks import MET


class TaskClock(OwnerClock):
    name = "session.tasks"
    label = _("Notifying the owner of a task about a session")
    ended = MET

    def get_waiting(self) -> QuerySet[SessionTask]:
        return SessionTask.objects.waiting().select_related(
            "event__procedure_version", "session__unit", "session__municipality"
        )

    def get_over(self) -> QuerySet[SessionTask]:
        return SessionTask.objects.exclude(met_at=None, ended_at=None)

    def lock(self, key: int) -> None:
        # Before the task: whoever records the report holds its session, and then ends its tasks.
        list(InformativeSession.objects.select_for_update(of=("self",)).filter(tasks=key).values_list("pk"))

    def find_next(self, row: SessionTask, now: datetime) -> datetime:
        return find_next_mark(row.marks, now)

    def tell(self, row: SessionTask, now: datetime) -> Notice:
        return get_subject(row.session).notify(
            row.owner,
            # The same id for the same time that a chase begins: should two begin it, there is one notice.
            event_id=uuid5(row.event_id, f"{row.key}-{row.chases + 1}"),
            chain=chain_for(row.event.procedure_version.parsed, row.owner),
            brief=build_task_brief(row),
            answer_minutes=get_answer_minutes(row),
            ladder=row.ladder,
            purpose=Purpose.DUTY,
            at=now,
        )

    def log_told(self, row: SessionTask, notice: Notice) -> None:
        log_event(
            "session.task_due",
            target_kind="session",
            target_id=row.session_id,
            key=row.key,
            role=row.owner,
            notice=notice.pk,
        )

    def find_stranded(self, now: datetime) -> list[str]:
        """Return the ids of tasks that wait and have no next moment. `now` is the sweeper's; none depends on it."""
        waiting = SessionTask.objects.waiting().filter(next_mark_at__isnull=True).exclude(ladder=[])
        return [str(key) for key in waiting.values_list("pk", flat=True)]


clock = TaskClock()
advance, find_stranded = clock.due.advance, clock.find_stranded
