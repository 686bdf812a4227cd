"""What people do with a case's tasks: say that one is done which no form answers, and write one down by hand.

What somebody writes stands in the explanation of the case event, which is sealed with the case. The task itself, which
the queue, the clock and its owner's notice know, carries no word of it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from access.languages import LANGUAGES, in_each_language
from access.models import User
from audit import clock
from audit.chain import get_actor, log_event
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import CALL, REMIND, snapshot_ladder

from ..deadlines import lock_duties, meet_deadlines
from ..models import Case, CaseEvent, Deadline, DeadlineKind
from ..rule_events import respond_to_done
from .labels import BY_HAND, LOOK
from .reading import BY_HAND_KEY, TASK_ADDED

TASK_DONE = "task_done_by_hand"
MAX_TEXT = 500
MAX_AHEAD = timedelta(days=366)
OWNERS = (Role.MOBILE_UNIT, Role.COORDINATOR)
DAY_MINUTES = 24 * 60
# A proposal, as all hours: reminded after a day, called after two, and then each day.
STEPS = (
    {"after_minutes": DAY_MINUTES, "do": REMIND},
    {"after_minutes": 2 * DAY_MINUTES, "do": CALL, "repeat_minutes": DAY_MINUTES},
)


class CannotDo(Exception):
    """What somebody asked for about a task can't be done.

    `code`: unknown (no such task, or it is done), has_form (its form meets it), asks (an answer ends it: a decision, a
    transfer), same_person (it is for somebody else
    than them), no_text, too_long, no_owner, no_time, past, too_far, closed.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def get_task(case: Case, pk: int) -> Deadline:
    """Return a task of this case that waits and that no form answers. Raises CannotDo."""
    task = Deadline.objects.running().select_related("event").filter(case=case, pk=pk, kind=DeadlineKind.TASK).first()
    if task is None:
        raise CannotDo("unknown")
    if task.form:
        raise CannotDo("has_form")
    if not task.is_to_finish:
        raise CannotDo("asks")
    return task


@transaction.atomic
def finish_task(*, case: Case, pk: int, note: str, by: User) -> Deadline:
    """Meet a task that no form answers; rules respond as to any that is done. Raises CannotDo. Audited.

    `note`: what was done, in the worker's words; it may be empty.
    """
    note = note.strip()
    if len(note) > MAX_TEXT:
        raise CannotDo("too_long")
    lock_duties(case)
    task = get_task(case, pk)
    if task.not_by_id == by.pk:
        raise CannotDo("same_person")
    at = clock.now()
    # The event before the audit chain's lock, which `meet_deadlines` takes.
    _record(case, TASK_DONE, note, at, deadline=task.pk, key=task.key, by=by.pk)
    met = meet_deadlines(Deadline.objects.filter(pk=task.pk), at, actor=get_actor(by))
    if not met:
        raise CannotDo("unknown")
    respond_to_done(met, at, case=case)
    return met[0]


def was_said(*, case: Case, pk: int, note: str, by: User) -> bool:
    """Tell whether this person has finished the task in these words already: a second press of one page."""
    done = CaseEvent.objects.filter(case=case, kind=TASK_DONE, detail__deadline=pk, detail__by=by.pk)
    said = [entry["words"] for event in done for entry in event.explanation or []]
    return dict.fromkeys(LANGUAGES, note.strip()) in said


@transaction.atomic
def add_task(*, case: Case, text: str, owner: str, due_at: datetime | None, by: User) -> Deadline:
    """Write down a task for a role by a time, with the clock that rules' tasks have. Raises CannotDo. Audited."""
    text, now = text.strip(), clock.now()
    if not text:
        raise CannotDo("no_text")
    if len(text) > MAX_TEXT:
        raise CannotDo("too_long")
    if owner not in OWNERS:
        raise CannotDo("no_owner")
    if due_at is None:
        raise CannotDo("no_time")
    if due_at <= now:
        raise CannotDo("past")
    if due_at > now + MAX_AHEAD:
        raise CannotDo("too_far")
    locked = Case.objects.select_for_update(no_key=True, of=("self",)).get(pk=case.pk)
    if locked.closed_at is not None:
        raise CannotDo("closed")
    key = f"{BY_HAND_KEY}{uuid4().hex[:16]}"
    event = _record(locked, TASK_ADDED, text, now, key=key, by=by.pk)
    task = Deadline.objects.create(
        case=locked,
        event=event,
        kind=DeadlineKind.TASK,
        key=key,
        label=in_each_language(BY_HAND),
        next_step=in_each_language(LOOK),
        starts_at=now,
        red_at=due_at,
        next_mark_at=due_at,
        owner=owner,
        ladder=snapshot_ladder([dict(step) for step in STEPS]),
    )
    log_event(
        "task.added", actor=get_actor(by), target_kind="deadline", target_id=task.pk, case=case.pk, owner=str(owner)
    )
    return task


def _record(case: Case, kind: str, text: str, at: datetime, **detail: Any) -> CaseEvent:
    words = dict.fromkeys(LANGUAGES, text)
    explanation = [{"rule": kind, "words": words}] if text else None
    return CaseEvent.objects.create(case=case, kind=kind, at=at, detail=detail, explanation=explanation)
