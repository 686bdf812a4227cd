"""The link of a notice: find what it opens, and revoke it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit.chain import ANONYMOUS, Actor, log_event
from notifications.outbox.actions import link_hash
from notifications.outbox.locking import lock_chase
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState

from .escalation_chain import get_chased_notices, next_step_now

# Why a link was revoked: what the audit entry says.
NOT_ME = "not_me"
TOO_MANY_TRIES = "too_many_tries"
CONTACT_CHANGED = "contact_changed"


def notice_at(token: str) -> Notice | None:
    """Return the notice that this link opens; None: unknown, expired, revoked, withdrawn, or its contact has left."""
    return (
        Notice.objects.select_related("contact__partner", "municipality__region")
        .filter(
            link_hash=link_hash(token),
            link_revoked_at__isnull=True,
            link_expires_at__gt=timezone.now(),
            contact__is_active=True,
        )
        .exclude(state=NoticeState.CANCELLED)
        .first()
    )


@transaction.atomic
def revoke_link(*, notice: Notice, why: str, actor: Actor = ANONYMOUS, at: datetime | None = None) -> None:
    """Revoke the link, end what it opened, and escalate now: whoever comes next is notified.

    why: NOT_ME, TOO_MANY_TRIES or CONTACT_CHANGED. Doing it twice changes nothing more.
    """
    moment = at or timezone.now()
    chase = lock_chase(notice)
    locked = next(member for member in chase if member.pk == notice.pk)
    if locked.link_revoked_at:
        return
    locked.link_revoked_at = moment
    locked.save(update_fields=["link_revoked_at"])
    next_step_now([locked, *get_chased_notices(locked, chase)], moment)
    log_event("brief.link_revoked", actor=actor, target_kind="notice", target_id=locked.pk, why=why)
