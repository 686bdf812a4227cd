"""What is recorded of a session becomes an event for rules, in the same transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.dispatch import receiver

from outreach_pages.records.models import InformativeSession
from outreach_pages.records.signals import session_held, session_not_held, session_reported

from .deciding import HELD, REPORTED, respond
from .reports import load_report
from .tasks import end_tasks, meet_tasks


@receiver(session_held, dispatch_uid="session_rules.held")
def on_held(sender: Any, *, session: InformativeSession, at: datetime, **kwargs: Any) -> None:
    """Let rules respond to a session that was held. One that is put back on the plan and held again is held anew."""
    respond(HELD, session, at=at, occurrence=uuid5(session.pk, f"{HELD} {at.isoformat()}"))


@receiver(session_reported, dispatch_uid="session_rules.reported")
def on_reported(sender: Any, *, session: InformativeSession, submission_id: UUID, at: datetime, **kwargs: Any) -> None:
    """Meet what waited for the report, and let rules respond to it."""
    meet_tasks(session, at)
    report = load_report(submission_id)
    if report is not None:
        respond(
            REPORTED,
            session,
            at=at,
            occurrence=uuid5(submission_id, REPORTED),
            form=report.form,
            form_key=report.form_key,
            answers=report.answers,
        )


@receiver(session_not_held, dispatch_uid="session_rules.not_held")
def on_not_held(sender: Any, *, session: InformativeSession, at: datetime, **kwargs: Any) -> None:
    """End what waited for the report of a session that was recorded as held by mistake."""
    end_tasks(session, at)
