"""Receivers of what recipients do: each becomes a case event, which the sender's timeline shows.

A notice about something else than a case (another room's test, a message to a contact) is passed over. All of it runs
in the transaction of the recipient's own action.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.dispatch import receiver

from audit import clock
from notifications.outbox.escalation_policy import CALL
from notifications.outbox.models import Notice, Purpose, Reply, ReplyKind
from notifications.signals import notice_answered, notice_escalated, notice_opened, notice_resolved

from .deadlines import meet_deadlines
from .models import Case, CaseEvent, Deadline
from .referring.following import follow_reply
from .referring.untold import begin
from .rerouting import get_chain, reroute
from .rule_events import respond_to_done, respond_to_notice

OPENED = "notice_opened"
ANSWERED = "notice_answered"
ESCALATED = "notice_escalated"
RESOLVED = "notice_resolved"
# Answers to these are about no duty.
CALLS = (Purpose.CALL, Purpose.FALLBACK, Purpose.INFORM, Purpose.TALK, Purpose.OUTCOME)
EVENTS_OF_REPLIES = {
    ReplyKind.ACCEPTED.value: "notice_accepted",
    ReplyKind.ON_THE_WAY.value: "notice_accepted",
    ReplyKind.DECLINED.value: "notice_declined",
    ReplyKind.OUTCOME.value: "notice_outcome",
}
TAKES_IT = (ReplyKind.ACCEPTED, ReplyKind.ON_THE_WAY, ReplyKind.OUTCOME)


@receiver(notice_opened, dispatch_uid="cases.notice_opened")
def on_opened(sender: Any, *, notice: Notice, **kwargs: Any) -> None:
    """Record that a recipient read the brief for the first time."""
    at = notice.opened_at or clock.now()
    if _event(notice, OPENED, at) is not None and notice.purpose not in CALLS:
        respond_to_notice("notice_opened", notice, at)


@receiver(notice_escalated, dispatch_uid="cases.notice_escalated")
def on_escalated(sender: Any, *, notice: Notice, step: str, **kwargs: Any) -> None:
    """Record that the clock took a step: a reminder, the deputy, a call."""
    at = clock.now()
    if _event(notice, ESCALATED, at, step=step) is not None and step == CALL:
        respond_to_notice("notice_unanswered", notice, at)


@receiver(notice_resolved, dispatch_uid="cases.notice_resolved")
def on_resolved(sender: Any, *, notice: Notice, words: list[dict[str, str]], **kwargs: Any) -> None:
    """Record through which links of the chain the directory found somebody for a notice without a contact.

    A service's referral begins then, and its clocks.
    """
    at = clock.now()
    event = _event(notice, RESOLVED, at)
    if event is not None:
        begin(notice, event.case, at)
        event.explanation = [{"rule": RESOLVED, "words": said} for said in words]
        event.save(update_fields=["explanation"])


@receiver(notice_answered, dispatch_uid="cases.notice_answered")
def on_answered(sender: Any, *, notice: Notice, reply: Reply, **kwargs: Any) -> None:
    """Record a recipient's answer and do what follows from it.

    Taking it (accepted, on the way, an outcome) meets the deadlines that wait for this notice or for the one it chases;
    a coordinator who takes a call meets none, because the recipient still hasn't answered. A referral's state follows
    its service's answer. A wrong area sends the notice on, and the referral with it. (Who is notified after "declined"
    is decided by the ladder, in notifications.escalation.)
    """
    event = _event(notice, ANSWERED, reply.at, kind=reply.kind, reason=reply.reason, reply=str(reply.pk))
    if event is None:
        return
    if notice.purpose in CALLS:
        return
    chase = [member.pk for member in get_chain(notice)]
    if reply.kind in TAKES_IT:
        met = meet_deadlines(Deadline.objects.filter(case=event.case, notice_id__in=chase), reply.at)
        respond_to_done(met, reply.at)
    sent_on = reroute(case=event.case, notice=notice, reply=reply) if reply.kind == ReplyKind.WRONG_AREA else None
    follow_reply(event.case, chase, reply, sent_on=sent_on)
    if code := EVENTS_OF_REPLIES.get(reply.kind):
        # Accepting is said once by whoever takes it; each refusal and each outcome is one of its own.
        occurrence = None if code == "notice_accepted" else reply.pk
        respond_to_notice(code, notice, reply.at, occurrence=occurrence, reply=reply.reason)


def _event(notice: Notice, kind: str, at: datetime, /, **detail: Any) -> CaseEvent | None:
    # `case_id` means "what the notice is about": it may be a tip, which has receivers of its own (ADR 28).
    case = _find_cases(key=notice.case_id).first()
    if case is None:
        return None
    codes = {"role": notice.role, "purpose": notice.purpose, **detail}
    event = CaseEvent(case=case, kind=kind, at=at, notice_id=notice.pk, detail=codes)
    event.save(force_insert=True)
    return event


def _find_cases(key: UUID) -> QuerySet[Case]:
    return Case.objects.filter(pk=key)
