"""Reset link, PIN tries and sessions when a notice gets a new recipient or its contact changes."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from audit.chain import SYSTEM
from notifications import signals
from notifications.directory.models import Contact
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import UNSENT

from .links import CONTACT_CHANGED, revoke_link
from .models import BriefSession, PinTry


@receiver(signals.notice_resolved, dispatch_uid="briefs.begin_anew")
def begin_anew(notice: Notice, **kwargs: Any) -> None:
    """Clear the tries and sessions of a notice that goes to somebody else, in the transaction of that change.

    Wrong PINs were entered at another link, for another PIN: they count no more (the audit chain has each try). What a
    right one opened is closed.
    """
    PinTry.objects.filter(notice=notice).delete()
    BriefSession.objects.filter(notice=notice, closed_at__isnull=True).update(closed_at=timezone.now())


@receiver(signals.contact_changed, dispatch_uid="briefs.end_links")
def end_links(contact: Contact, **kwargs: Any) -> None:
    """Revoke a contact's links when its address, PIN or office changed; the notices escalate."""
    theirs = Notice.objects.open().filter(contact=contact, link_revoked_at__isnull=True)
    lock_chases([notice.chase_id for notice in theirs])  # all of them before the first audit entry
    for notice in theirs:
        revoke_link(notice=notice, why=CONTACT_CHANGED, actor=SYSTEM)
    # What wasn't sent yet is due now: the worker finds that the contact doesn't count (`outbox.delivery`).
    unsent = Notice.objects.filter(contact=contact, state__in=UNSENT).exclude(purpose=Purpose.TEST)
    unsent.update(next_attempt_at=timezone.now())
    BriefSession.objects.filter(notice__contact=contact, closed_at__isnull=True).update(closed_at=timezone.now())
