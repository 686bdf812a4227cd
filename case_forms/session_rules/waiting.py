"""Tasks about sessions as lines of a page."""

from collections.abc import Sequence

from django.db.models import QuerySet

from access.languages import get_current_language
from access.models import User, localize
from access.reach import get_keys_of_units_of_regions, get_unit_keys
from access.short_lists import ShortList
from audit import clock
from notifications.directory.models import Role
from outreach_pages.records.models import InformativeSession
from outreach_pages.records.waiting import WaitingLine, register_source

from .models import SessionTask


def describe_waiting(sessions: Sequence[InformativeSession]) -> list[WaitingLine]:
    """Return what waits about these sessions."""
    by_key = {session.pk: session for session in sessions}
    tasks = SessionTask.objects.waiting().filter(session__in=by_key)
    return [_build_line(task, by_key[task.session_id]) for task in tasks]


def get_tasks_of(user: User) -> "QuerySet[SessionTask]":
    """Return the waiting tasks that are this person's: their units' own, and what a coordinator of the region does."""
    waiting = SessionTask.objects.waiting()
    own = waiting.filter(owner=Role.MOBILE_UNIT, session__unit__in=get_unit_keys(user))
    asked = waiting.filter(owner=Role.COORDINATOR, session__unit__in=get_keys_of_units_of_regions(user))
    return (own | asked).order_by("starts_at", "pk")


def list_for_day(user: User, *, unit: str = "", most: int) -> ShortList[WaitingLine]:
    """Return what this person has to do about sessions, the most urgent first. `unit`: only this unit's.

    Of more than `most` the rest is counted: their sessions stand in the register of sessions.
    """
    found = get_tasks_of(user).select_related("session__unit", "session__municipality")
    if unit:
        found = found.filter(session__unit__slug=unit)
    # All of them: what is due first may have begun last.
    lines = [_build_line(task, task.session) for task in found]
    in_order = sorted(lines, key=lambda line: (line.due_at is None, line.due_at or clock.now()))
    return ShortList(in_order[:most], len(in_order))


def _build_line(task: SessionTask, session: InformativeSession) -> WaitingLine:
    due_at = task.due_at
    label = localize(task.label, get_current_language())
    return WaitingLine(session, label, due_at, due_at is not None and due_at <= clock.now())


def register() -> None:
    """Let the page of a session say what waits."""
    register_source(describe_waiting)
