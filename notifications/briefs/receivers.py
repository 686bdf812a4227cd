"""What a new recipient means for the link: they begin anew, and whoever had the notice before them is out."""

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
    """Wrong PINs were entered at another link, for another PIN: they count no more (the audit keeps each try). What a
    right one opened is closed. In the transaction of the deed."""
    PinTry.objects.filter(notice=notice).delete()
    BriefSession.objects.filter(notice=notice, closed_at__isnull=True).update(closed_at=timezone.now())


@receiver(signals.contact_changed, dispatch_uid="briefs.end_links")
def end_links(contact: Contact, **kwargs: Any) -> None:
    """The address, the PIN or the office changed: links that were sent before open nothing, and their chases go on."""
    theirs = Notice.objects.open().filter(contact=contact, link_revoked_at__isnull=True)
    lock_chases([notice.chase_id for notice in theirs])  # all of them before the first audit entry
    for notice in theirs:
        revoke_link(notice=notice, why=CONTACT_CHANGED, actor=SYSTEM)
    # What was not sent yet is looked at now: it goes to whoever counts (`outbox.delivery`).
    unsent = Notice.objects.filter(contact=contact, state__in=UNSENT).exclude(purpose=Purpose.TEST)
    unsent.update(next_attempt_at=timezone.now())
    BriefSession.objects.filter(notice__contact=contact, closed_at__isnull=True).update(closed_at=timezone.now())
