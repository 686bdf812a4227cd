"""Events about deadlines and tasks that have an owner."""

from ..messages import gettext_noop
from .later import IS_LATE, TASK, LaterEvent

DUTY = (*LaterEvent.names, TASK)


class TaskDue(LaterEvent):
    code = "task_due"
    words = gettext_noop("The first mark of a deadline or task is reached, and it isn't done.")
    names = DUTY


class TaskOverdue(LaterEvent):
    code = "task_overdue"
    words = gettext_noop(
        "The last mark of a deadline or task is reached, and it isn't done. With one mark it is due too."
    )
    names = DUTY


class TaskDone(LaterEvent):
    code = "task_done"
    words = gettext_noop("A deadline or task is done: its form was sent, or a rule met it.")
    names = (*DUTY, IS_LATE)


OF_TASKS = frozenset({TaskDue.code, TaskOverdue.code, TaskDone.code})
