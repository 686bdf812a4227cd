"""Add and end one's own phones; what ends them without anybody's doing."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import User
from access.sessions.actions import ROW_KEY
from access.sessions.models import StaffSession
from access.staff.mails import CHANGES, send
from audit.chain import get_actor, log_event
from notifications.channels.named_phones import ensure_new_name, read_named_phone, refuse_too_many

from .models import StaffPhone

MAX_PHONES = 5
COOKIE = "vatra_phone"  # 32 random bytes; says which of a person's phones this browser is, and opens nothing


def hash_text(text: str) -> str:
    """Hash an endpoint or a cookie for the lookup: its sha256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def get_phones(user: User, now: datetime) -> list[StaffPhone]:
    """Return the phones on which this person is woken, in the order in which they were added."""
    return list(StaffPhone.objects.counted(now).filter(user=user))


@transaction.atomic
def add_phone(
    *, user: User, session: StaffSession, name: str, values: Mapping[str, Any], only_alarms: bool, at: datetime
) -> str:
    """Add this browser, or renew it. Return the secret of its cookie. Raises CannotAdd.

    A browser that woke somebody else until now wakes this person alone: it is in other hands.
    """
    name, subscription = read_named_phone(name, values)
    # Two presses at once would otherwise both find room.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    endpoint = hash_text(subscription.endpoint.url)
    StaffPhone.objects.filter(endpoint_hash=endpoint).delete()
    mine = get_phones(user, at)
    if len(mine) >= MAX_PHONES:
        raise refuse_too_many()
    ensure_new_name(name, (each.name for each in mine))
    cookie = secrets.token_urlsafe(32)
    made = StaffPhone.objects.create(
        user=user, session=session, name=name, endpoint_hash=endpoint, browser_hash=hash_text(cookie),
        only_alarms=only_alarms, added_at=at,
    )  # fmt: skip
    made.secret = subscription.as_secret()  # bound to its row, which must have a key by then
    made.save(update_fields=["secret"])
    log_event("push.phone_added", actor=get_actor(user), target_kind="user", target_id=user.pk, phone=made.pk)
    transaction.on_commit(partial(_mail_added, user))
    return cookie


def _mail_added(user: User) -> None:
    with translation.override(user.language):
        subject = _("A phone was added to your account")
    send(user, subject, "access/mails/sign_in_changed.txt", {"what": CHANGES["phone_added"]})


@transaction.atomic
def end_phone(*, user: User, key: int) -> bool:
    """End one of this person's own phones. False when they have none of this key."""
    if not StaffPhone.objects.filter(pk=key, user=user).delete()[0]:
        return False
    log_event("push.phone_ended", actor=get_actor(user), target_kind="user", target_id=user.pk, phone=key)
    return True


@receiver(user_logged_in, dispatch_uid="staff_push.signed_in")
def bind_to_new_session(request: HttpRequest, user: User, **_more: Any) -> None:
    """Let the phone on which somebody signs in again go on with the new session.

    Not one whose session was ended: that has ended for good.
    """
    cookie = request.COOKIES.get(COOKIE, "")
    session = request.session.get(ROW_KEY)
    if not cookie or not session:
        return
    mine = StaffPhone.objects.counted(timezone.now()).filter(user=user, browser_hash=hash_text(cookie))
    for phone in mine:
        StaffPhone.objects.filter(pk=phone.pk).update(session=session)


def tidy(_argument: str = "", *, now: datetime | None = None) -> int:
    """Delete the phones that aren't woken any more (settings.HOUSEKEEPING). Return how many."""
    moment = now or timezone.now()
    kept = StaffPhone.objects.counted(moment).values("pk")
    return StaffPhone.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()[0]
