"""When tasks about sessions are due, for calendars: moments alone (`outreach_pages.records.calendar_tasks`)."""

from collections.abc import Iterator
from datetime import timedelta

from access.models import User
from audit import clock
from outreach_pages.records.calendar_tasks import MAX_TASKS, DueMoment, register_moments

from .waiting import get_tasks_of

BACK, AHEAD = timedelta(days=14), timedelta(days=400)


def iter_due_moments(user: User) -> Iterator[DueMoment]:
    """Yield when this person's tasks about sessions are due: the units' own, and what a coordinator has to do."""
    now = clock.now()
    for task in get_tasks_of(user)[: MAX_TASKS + 1]:
        if task.due_at is not None and now - BACK <= task.due_at < now + AHEAD:
            yield DueMoment(f"session task {task.pk}", task.due_at)


def register() -> None:
    """Let calendars have what is due about sessions."""
    register_moments(iter_due_moments)
