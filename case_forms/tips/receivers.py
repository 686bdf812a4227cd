"""Receivers of what recipients do with a tip's notices: each becomes a tip event.

Notices about anything else are passed over. All of it runs in the transaction of the recipient's own action.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.dispatch import receiver

from audit import clock
from notifications.briefs.models import FurtherReport
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.signals import notice_answered, notice_escalated, notice_opened

from .models import Tip, TipEvent, TipState
from .rerouting import reroute

OPENED, ANSWERED, ESCALATED = "notice_opened", "notice_answered", "notice_escalated"
TAKES_IT = (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY, ReplyKind.OUTCOME)
CALLS = (Purpose.CALL, Purpose.FALLBACK)


@receiver(notice_opened, dispatch_uid="signals.notice_opened")
def on_opened(sender: Any, *, notice: Notice, **kwargs: Any) -> None:
    """Record that a recipient read the brief for the first time."""
    _event(notice, OPENED, notice.opened_at or clock.now())


@receiver(notice_escalated, dispatch_uid="signals.notice_escalated")
def on_escalated(sender: Any, *, notice: Notice, step: str, **kwargs: Any) -> None:
    """Record that the clock took a step: a reminder, the other worker, a call."""
    _event(notice, ESCALATED, clock.now(), step=step)


@receiver(notice_answered, dispatch_uid="signals.notice_answered")
def on_answered(sender: Any, *, notice: Notice, reply: Reply, **kwargs: Any) -> None:
    """Record an answer. A worker who takes the unit's notice takes care of the tip; a wrong area sends it on."""
    tip = _event(notice, ANSWERED, reply.at, kind=reply.kind, reason=reply.reason, reply=str(reply.pk))
    if tip is None or notice.purpose in CALLS:
        return
    if notice.role == Role.MOBILE_UNIT and reply.kind in TAKES_IT:
        # Whoever takes the notice takes everything that stands in it.
        further = FurtherReport.objects.filter(notice=notice.chase_id, settled_at__isnull=True)
        keys = [tip.pk, *further.values_list("source_id", flat=True)]
        further.update(settled_at=reply.at, alarm_due_at=None)
        # With the state in its condition: a tip that somebody has taken meanwhile stays as it is.
        Tip.objects.filter(pk__in=keys, state=TipState.NEW).update(
            state=TipState.READ, taken_at=reply.at, changed_at=reply.at
        )
    if reply.kind == ReplyKind.WRONG_AREA:
        reroute(tip=tip, notice=notice, reply=reply)


def _event(notice: Notice, kind: str, at: datetime, /, **detail: Any) -> Tip | None:
    # Most notices are about cases: what belongs to a tip is read only where there is one.
    tip = _find_tips(key=notice.case_id).first()
    if tip is not None:
        codes = {"role": notice.role, "purpose": notice.purpose, **detail}
        TipEvent.objects.create(tip=tip, kind=kind, at=at, notice_id=notice.pk, detail=codes)
    return tip


def _find_tips(key: UUID) -> QuerySet[Tip]:
    return Tip.objects.filter(pk=key)
