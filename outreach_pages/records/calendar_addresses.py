"""A person's own calendar address: created, read, revoked. The secret is shown once, when it is made."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from access.models import User
from access.rate_limits import Limit
from audit.chain import ANONYMOUS, get_actor, log_event

from .models import CalendarAddress

TARGET_KIND = "calendar_address"
# A phone comes a few times a day; whoever comes each minute isn't a calendar.
FETCHES = Limit("calendar", 60, timedelta(hours=1))


def get_valid_address(user: User) -> CalendarAddress | None:
    """Return the person's valid address, or None."""
    return CalendarAddress.objects.filter(user=user, revoked_at__isnull=True).first()


def make_address(*, user: User, with_tasks: bool = False) -> str:
    """Create a new secret for this person, which can't be read again; an earlier one stops working.

    `with_tasks`: the calendar also says when their duties are due, without a word of what they are.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two concurrent presses make one address
        _revoke(user)
        made = CalendarAddress.objects.create(
            user=user, secret_hash=CalendarAddress.hash_of(secret), with_tasks=with_tasks
        )
        log_event(
            "calendar_address.made", actor=get_actor(user), target_kind=TARGET_KIND, target_id=made.pk, tasks=with_tasks
        )
    return secret


def revoke_address(*, user: User) -> bool:
    """Revoke the address at once; True if there was one."""
    with transaction.atomic():
        return _revoke(user)


def note_fetch(address: CalendarAddress) -> bool:
    """Note that a calendar has come for it: for its person, who sees whether one still does, and in the record.

    False when it came too often within the hour, and gets nothing.
    """
    if FETCHES.hit(str(address.pk)) > FETCHES.most:
        return False
    today = timezone.localdate()
    # One entry a day: phones fetch it every few hours. Nobody knows who holds the phone, so nobody is named.
    if address.read_on != today:
        with transaction.atomic():
            if CalendarAddress.objects.filter(pk=address.pk).exclude(read_on=today).update(read_on=today):
                log_event("calendar_address.fetched", actor=ANONYMOUS, target_kind=TARGET_KIND, target_id=address.pk)
    return True


def _revoke(user: User) -> bool:
    address = CalendarAddress.objects.select_for_update().filter(user=user, revoked_at__isnull=True).first()
    if address is None:
        return False
    address.revoked_at = timezone.now()
    address.save(update_fields=["revoked_at"])
    log_event("calendar_address.revoked", actor=get_actor(user), target_kind=TARGET_KIND, target_id=address.pk)
    return True
