"""What another unit, or one's own, is asked to answer: a task of the case that runs until it is answered.

It is a row of `Deadline` like every duty, so that the same clock tells its owner at once, reminds, and has a
coordinator called.
"""

from datetime import datetime, timedelta
from typing import Any

from access.languages import Texts
from access.models import User
from audit.chain import SYSTEM, get_actor
from notifications.directory.models import Role
from notifications.outbox.escalation_policy import CALL, REMIND, snapshot_ladder

from ..deadlines import find_first_mark, meet_deadlines
from ..models import Case, CaseEvent, Deadline, DeadlineKind

DAY = timedelta(days=1)
# Reminded after a day, a coordinator is asked to call after two, and each day from then on.
STEPS = (
    {"after_minutes": 1440, "do": REMIND},
    {"after_minutes": 2880, "do": CALL, "repeat_minutes": 1440},
)


def ask_for_answer(
    *,
    case: Case,
    kind: str,
    label: Texts,
    next_step: Texts,
    at: datetime,
    detail: dict[str, Any],
    due: timedelta = DAY,
    owner: str = Role.MOBILE_UNIT,
) -> Deadline:
    """Begin a task of this case, due after `due`; its owner is told by the next pass of the clock."""
    event = CaseEvent.objects.create(case=case, kind=kind, at=at, detail=detail)
    marks = {"amber_at": at, "red_at": at + due, "breach_at": at + 3 * due}
    return Deadline.objects.create(
        case=case,
        event=event,
        kind=DeadlineKind.TASK,
        key=kind,
        label=label,
        next_step=next_step,
        starts_at=at,
        owner=owner,
        ladder=snapshot_ladder(STEPS),
        next_mark_at=find_first_mark(marks),
        **marks,
    )


def note_answered(deadline: Deadline | None, at: datetime, by: User | None = None) -> None:
    """End such a task, and withdraw what was sent about it."""
    if deadline is not None:
        meet_deadlines(Deadline.objects.filter(pk=deadline.pk), at, actor=get_actor(by) if by else SYSTEM)


def end_asking(case: Case, kind: str, at: datetime, by: User | None = None) -> None:
    """End the task of this kind that asks for an answer in this case, and withdraw what was sent about it."""
    meet_deadlines(Deadline.objects.unmet().filter(case=case, key=kind), at, actor=get_actor(by) if by else SYSTEM)
