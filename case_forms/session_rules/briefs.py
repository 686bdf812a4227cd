"""What our own people read about a session: day, place and numbers. No name is in it, and none could be."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.languages import Texts, in_each_language, same_in_each_language
from case_forms.cases.brief_content import both
from outreach_pages.records.actions import get_counts
from outreach_pages.records.models import InformativeSession

from .models import SessionTask

TITLE = _("An informative session")
DUTY_TITLE = _("A duty is due")
TO_READ = _("Sign in and open “Informative sessions”.")


def build_brief(session: InformativeSession, words: Mapping[str, str], *, urgent: bool) -> dict[str, Any]:
    """Build the brief of a notice about a session. `words`: what the rule says."""
    rows = [*_about(session), _row("why_1", _("Reason"), dict(words))] if any(words.values()) else _about(session)
    brief = {"sections": [{"title": in_each_language(TITLE), "rows": [*rows, _to_read()]}]}
    return {"urgent": True, **brief} if urgent else brief


def build_task_brief(task: SessionTask) -> dict[str, Any]:
    """Build the brief of a notice to the owner of a task."""
    due_at = task.due_at or task.starts_at
    rows = [
        _row("duty", _("Duty"), task.label),
        _row("due", _("Due by"), both(lambda: date_format(localtime(due_at), "j F Y, H:i"))),
        *([_row("next_step", _("What to do"), task.next_step)] if task.next_step else []),
        *_about(task.session),
        _to_read(),
    ]
    return {"sections": [{"title": in_each_language(DUTY_TITLE), "rows": rows}]}


def _about(session: InformativeSession) -> list[dict[str, Any]]:
    people = sum(get_counts(session).values())
    said: list[tuple[str, str | Promise, Callable[[], str]]] = [
        ("day", pgettext_lazy("of a session", "Day"), lambda: date_format(session.date, "j F Y")),
        ("municipality", _("Municipality"), lambda: session.municipality.name),
        ("place", pgettext_lazy("of a session", "Place"), lambda: session.get_place_type_display()),
        ("audience", pgettext_lazy("of a session", "For whom"), lambda: session.get_audience_display()),
        ("participants", _("Participants"), lambda: str(people)),
        ("unit", _("Unit"), lambda: session.unit.name),
    ]
    return [_row(f"session.{key}", label, both(write)) for key, label, write in said]


def _to_read() -> dict[str, Any]:
    return _row("session.to_read", _("To read more"), in_each_language(TO_READ))


def _row(key: str, label: str | Promise, value: Texts) -> dict[str, Any]:
    return {"key": key, "label": in_each_language(label), "value": value or same_in_each_language("")}
