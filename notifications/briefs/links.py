"""The link of a notice: find what it opens, revoke it, and reset what hangs on it when its recipient changes."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from audit.chain import ANONYMOUS, SYSTEM, Actor, log_event
from notifications import signals
from notifications.directory.models import Contact
from notifications.outbox.actions import hash_link_token
from notifications.outbox.escalation_chain import get_followed_notices, take_next_step_at
from notifications.outbox.locking import lock_chase, lock_chases
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.sharing import may_be_read
from notifications.outbox.states import UNSENT, NoticeState

from .models import BriefSession, PinTry
from .steps import keeps_link_open

# Why a link was revoked: what the audit entry says.
NOT_ME = "not_me"
TOO_MANY_TRIES = "too_many_tries"
CONTACT_CHANGED = "contact_changed"


def get_notice_by_link(token: str) -> Notice | None:
    """Return the notice that this link opens; None for any other.

    Unknown, expired (unless steps keep it open, as those of a referral), revoked, withdrawn, its contact has left, or
    it may not be read any more (`outbox.sharing`).
    """
    found = (
        Notice.objects.select_related("contact__partner", "municipality__region")
        .filter(
            link_hash=hash_link_token(token),
            link_revoked_at__isnull=True,
            contact__is_active=True,
        )
        .exclude(state=NoticeState.CANCELLED)
        .first()
    )
    return found if found is not None and is_link_open(found, timezone.now()) else None


def is_link_open(notice: Notice, at: datetime) -> bool:
    """Say whether the notice's link still opens something then: not revoked, its time not over, and to be read."""
    if notice.link_revoked_at is not None or notice.state == NoticeState.CANCELLED:
        return False
    return (notice.link_expires_at > at or keeps_link_open(notice, at)) and may_be_read(notice, at)


@transaction.atomic
def revoke_link(*, notice: Notice, why: str, actor: Actor = ANONYMOUS, at: datetime | None = None) -> None:
    """Revoke the link, end what it opened, and escalate now: whoever comes next is notified.

    why: NOT_ME, TOO_MANY_TRIES or CONTACT_CHANGED. Doing it twice changes nothing more.
    """
    moment = at or timezone.now()
    members = lock_chase(notice)
    locked = next(member for member in members if member.pk == notice.pk)
    if locked.link_revoked_at:
        return
    locked.link_revoked_at = moment
    locked.save(update_fields=["link_revoked_at"])
    take_next_step_at([locked, *get_followed_notices(locked, members)], moment)
    log_event("brief.link_revoked", actor=actor, target_kind="notice", target_id=locked.pk, why=why)


@receiver(signals.notice_resolved, dispatch_uid="briefs.begin_anew")
def reset_for_new_recipient(notice: Notice, **kwargs: Any) -> None:
    """Clear the tries and sessions of a notice that goes to somebody else, in the transaction of that change.

    Wrong PINs were entered at another link, for another PIN: they count no more (the audit chain has each try). What a
    right one opened is closed.
    """
    PinTry.objects.filter(notice=notice).delete()
    BriefSession.objects.filter(notice=notice, closed_at__isnull=True).update(closed_at=timezone.now())


@receiver(signals.contact_changed, dispatch_uid="briefs.end_links")
def revoke_links_of_changed_contact(contact: Contact, **kwargs: Any) -> None:
    """Revoke a contact's links when its address, PIN or office changed; the notices escalate."""
    open_notices = Notice.objects.open().filter(contact=contact, link_revoked_at__isnull=True)
    lock_chases([notice.chase_id for notice in open_notices])  # all of them before the first audit entry
    for notice in open_notices:
        revoke_link(notice=notice, why=CONTACT_CHANGED, actor=SYSTEM)
    # What wasn't sent yet is due now: the worker finds that the contact doesn't count (`outbox.delivery`).
    unsent = Notice.objects.filter(contact=contact, state__in=UNSENT).exclude(purpose=Purpose.TEST)
    unsent.update(next_attempt_at=timezone.now())
    BriefSession.objects.filter(notice__contact=contact, closed_at__isnull=True).update(closed_at=timezone.now())
