"""Continue an escalation after an answer that settles nothing: nobody is asked any more, and nobody has accepted."""

from typing import Any

from django.dispatch import receiver

from notifications import signals
from notifications.briefs.choices import NOT_REACHED
from notifications.outbox.models import Notice, Reply, ReplyKind

from .clock import hand_over


@receiver(signals.notice_answered, dispatch_uid="escalation.hand_over")
def pass_on_what_was_declined(notice: Notice, reply: Reply, **kwargs: Any) -> None:
    """Start the remaining steps now, in the transaction of the answer: declined, or nobody reached by phone."""
    reached_nobody = reply.kind == ReplyKind.OUTCOME and reply.reason == NOT_REACHED
    if reply.kind == ReplyKind.DECLINED or reached_nobody:
        hand_over(notice, reply.at)
