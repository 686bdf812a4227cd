"""A person's own calendar address: created, read, revoked. The secret is shown once, when it is made."""

import secrets

from django.db import transaction
from django.utils import timezone

from access.models import User
from audit.chain import get_actor, log_event

from .models import CalendarAddress

TARGET_KIND = "calendar_address"


def get_valid_address(user: User) -> CalendarAddress | None:
    """Return the person's valid address, or None."""
    return CalendarAddress.objects.filter(user=user, revoked_at__isnull=True).first()


def make_address(*, user: User) -> str:
    """Create a new secret for this person, which can't be read again; an earlier one stops working."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two concurrent presses make one address
        _revoke(user)
        made = CalendarAddress.objects.create(user=user, secret_hash=CalendarAddress.hash_of(secret))
        log_event("calendar_address.made", actor=get_actor(user), target_kind=TARGET_KIND, target_id=made.pk)
    return secret


def revoke_address(*, user: User) -> bool:
    """Revoke the address at once; True if there was one."""
    with transaction.atomic():
        return _revoke(user)


def note_fetch(address: CalendarAddress) -> None:
    """Store the day on which a calendar last fetched it, so that its person sees whether one still does."""
    today = timezone.localdate()
    # One write a day: phones fetch it every few hours.
    if address.read_on != today:
        CalendarAddress.objects.filter(pk=address.pk).update(read_on=today)


def _revoke(user: User) -> bool:
    address = CalendarAddress.objects.select_for_update().filter(user=user, revoked_at__isnull=True).first()
    if address is None:
        return False
    address.revoked_at = timezone.now()
    address.save(update_fields=["revoked_at"])
    log_event("calendar_address.revoked", actor=get_actor(user), target_kind=TARGET_KIND, target_id=address.pk)
    return True
