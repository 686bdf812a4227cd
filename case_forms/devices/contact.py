"""What happens when a phone is there: it is written down, and what has ended is answered so."""

import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import FieldToken
from audit.sealed_rows import keep_intact
from case_forms.form_builder.models import FormVersion
from vault.field_keys import get_published

from .actions import DeviceEnded, end_by_itself, extend_delivery
from .living import get_end
from .models import CONTACT_HOURS, Device

SHARE_BYTES = 32
MAX_COUNT = 9_999


@dataclass(frozen=True)
class Seen:
    """What a phone says of itself. `now`: by its clock, None where it can't be read."""

    app: str
    drafts: int
    queued: int
    is_locked: bool
    now: datetime | None


def find_device(token: str, scope: str) -> tuple[Device | None, bool]:
    """Return (the phone whose token of this scope this is, whether the token is still in its time).

    Also of a phone that has ended, and of an account that is closed: it is answered so, and delivers what it holds.
    """
    joined = Device.objects.select_related("user", "grant__user", "grant__region", "queue_token", "pack_token")
    names = ("queue_token", "earlier_token") if scope == FieldToken.Scope.QUEUE else ("pack_token",)
    for name in names:
        # of a phone whose renewal was answered and not heard, the token from before
        of_token = {f"{name}__token_hash": FieldToken.hash_of(token), f"{name}__scope": scope}
        found = joined.select_related("earlier_token").filter(**of_token).first()
        if found is not None:
            own = getattr(found, name)
            if not keep_intact([own]) or own.user_id != found.user_id:  # written past us, in the database
                return None, False
            return found, own.expires_at > timezone.now()
    return None, False


def has_renewed(device: Device, token: str) -> bool:
    """Whether this is the token of a renewal, and the one from before is still in use."""
    return device.earlier_token_id is not None and device.queue_token.token_hash == FieldToken.hash_of(token)


def is_sign_in_over(device: Device) -> bool:
    """Whether its owner has to sign in before the phone may go on: then it delivers, and is no longer seen."""
    return device.pack_token.expires_at <= timezone.now() and not get_end(device)


def make_share() -> str:
    """Return 32 random bytes, base64url. They aren't stored here: what the phone seals with them opens nowhere else."""
    return urlsafe_b64encode(os.urandom(SHARE_BYTES)).decode().rstrip("=")


def note_contact(*, device: Device, seen: Seen) -> dict[str, Any]:
    """Write down that a phone is there, and return what it needs to know.

    Raises DeviceEnded; that it knows is written down all the same.
    """
    now = timezone.now()
    with transaction.atomic():
        locked = Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
        why = get_end(device) or locked.ended_why
        if why and locked.ended_at is None:
            end_by_itself(locked, why)
        if why and locked.end_known_at is None:
            locked.end_known_at = now
        published = get_published()
        locked.last_seen_at = now
        locked.app_version = seen.app
        locked.drafts, locked.queued = min(seen.drafts, MAX_COUNT), min(seen.queued, MAX_COUNT)
        locked.is_locked = seen.is_locked
        locked.silence_mailed_at = None
        locked.clock_seconds = _measure(seen.now, now)
        if published and not why and locked.key_id != published[0]["id"]:
            locked.key_id, locked.key_since = published[0]["id"], now
        locked.save()
        if not why:
            extend_delivery(locked)
    if why:
        raise DeviceEnded(why)
    return {
        "now": now,
        "share": make_share(),
        "keys": published,
        "contact_hours": CONTACT_HOURS,
        "ends_at": device.pack_token.expires_at,
        "forms": list_forms(),
    }


def list_forms() -> list[dict[str, Any]]:
    """Return the newest version of each form that staff fill, by key."""
    newest = FormVersion.objects.newest().for_staff().order_by("form__key")
    return [{"key": each.form.key, "version": each.number, "sha256": each.sha256} for each in newest]


def _measure(theirs: datetime | None, ours: datetime) -> int | None:
    if theirs is None:
        return None
    seconds = int((ours - theirs).total_seconds())
    return max(-2_000_000_000, min(2_000_000_000, seconds))
