"""A planned session whose asker has withdrawn the request: its page says so."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from outreach_pages.records.models import InformativeSession
from outreach_pages.records.waiting import WaitingLine, register_source

from .models import SessionRequest


def describe_withdrawn(sessions: Sequence[InformativeSession]) -> list[WaitingLine]:
    """Return a line for each of these sessions that nobody asks for any more."""
    by_key = {session.pk: session for session in sessions}
    found = SessionRequest.objects.without_asker().filter(session__in=by_key).order_by("pk")
    label = _("Whoever asked for this session has withdrawn the request. Cancel it, or hold it if others expect you.")
    return [
        WaitingLine(by_key[key], label, None, True) for key in found.values_list("session", flat=True) if key in by_key
    ]


def register() -> None:
    """Let the page of a session say it."""
    register_source(describe_withdrawn)
