"""The states of a notice, the reasons for them, and the allowed transitions. docs/outbox.md draws them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class NoticeState(models.TextChoices):
    OWED = "owed", _("queued")
    SENDING = "sending", _("sending")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    OPENED = "opened", _("opened")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    CLOSED = "closed", _("closed")
    FAILED = "failed", _("failed, will be tried again")
    ESCALATED = "escalated", _("escalated")
    CANCELLED = "cancelled", _("cancelled")


S = NoticeState

# `Notice.reason` of a failed notice: the directory names nobody; or what became of the last attempt (AttemptOutcome).
NO_CONTACT = "no_contact"
REFUSED = "refused"
UNREACHED = "unreached"
UNSENDABLE = "unsendable"

# `Notice.reason` of a closed one: it was replaced by another notice to the same people; a daily list is empty.
REPLACED = "replaced"
NOTHING_LEFT = "nothing_left"
# The same, closed by an answer to another notice of its escalation chain: somebody else took it; this recipient
# answered elsewhere; it belongs to another area; a coordinator reached somebody by phone.
TAKEN = "taken"
ANSWERED = "answered"
WRONG_AREA = "wrong_area"
REACHED = "reached"

# Waiting for a (further) attempt; the sweeper watches `next_attempt_at` of these.
UNSENT = (S.OWED, S.FAILED)
# The channel took it; the recipient has not answered.
AWAITING_ANSWER = (S.SENT, S.DELIVERED, S.OPENED, S.ESCALATED)
# Something is still to happen: each of these has a next step (see escalation.findings).
OPEN = (*UNSENT, S.SENDING, *AWAITING_ANSWER)
# Nothing further happens.
SETTLED = (S.ACCEPTED, S.DECLINED, S.CLOSED, S.CANCELLED)
# All others than AWAITING_ANSWER.
NOT_AWAITING = (*UNSENT, S.SENDING, *SETTLED)

TRANSITIONS: dict[str, frozenset[str]] = {
    S.OWED: frozenset({S.SENDING, S.OPENED, S.CANCELLED, S.CLOSED}),
    S.FAILED: frozenset({S.SENDING, S.OWED, S.OPENED, S.CANCELLED, S.CLOSED}),
    # `sending` again: the lease ran out, and another worker claims it.
    S.SENDING: frozenset({S.SENDING, S.SENT, S.FAILED, S.OWED, S.OPENED, S.CANCELLED, S.CLOSED}),
    S.SENT: frozenset({S.OWED, S.DELIVERED, S.OPENED, S.ESCALATED, S.CANCELLED, S.CLOSED, S.ACCEPTED, S.DECLINED}),
    S.DELIVERED: frozenset({S.OWED, S.OPENED, S.ESCALATED, S.CANCELLED, S.CLOSED, S.ACCEPTED, S.DECLINED}),
    S.OPENED: frozenset({S.OWED, S.ACCEPTED, S.DECLINED, S.ESCALATED, S.CANCELLED, S.CLOSED}),
    S.ESCALATED: frozenset({S.OWED, S.OPENED, S.ACCEPTED, S.DECLINED, S.CANCELLED, S.CLOSED}),
    # `declined` after accepting: it belongs to another area, or the recipient can't take it after all.
    S.ACCEPTED: frozenset({S.CLOSED, S.DECLINED}),
    S.DECLINED: frozenset(),
    S.CLOSED: frozenset(),
    S.CANCELLED: frozenset(),
}
