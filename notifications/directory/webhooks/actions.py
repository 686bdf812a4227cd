"""Ask for a key of a webhook, and decide about it.

Who holds a key can make an institution's system believe in notices that we never sent, so a key takes two people, and
is known to one of them only: to whoever agrees, on one page, once. It is stored sealed. For OVERLAP both the old and
the new key sign; the institution takes the new one in that time. A leaked key ends at once.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from access.models import User
from approvals.requests import Decision
from audit import clock
from audit.chain import get_actor, log_event
from notifications import signals

from ..scope import get_partners
from ..ways.models import ContactWay, WayKind
from .models import WebhookKeyRequest

OVERLAP = timedelta(days=7)
KEY_BYTES = 32
PREFIX = "whsec_"


@dataclass(frozen=True)
class KeyPeriod:
    """From when until when a key signs; None: until another one is made. Never the key."""

    since: datetime
    until: datetime | None


def may_manage(way: ContactWay, user: User) -> bool:
    """Tell whether this person may ask for and decide about the keys of this webhook."""
    return way.channel == WayKind.WEBHOOK and get_partners(user).filter(pk=way.contact.partner_id).exists()


def get_periods(way: ContactWay, at: datetime) -> list[KeyPeriod]:
    """Return the periods of the keys that sign at this time, the newest first."""
    periods = [KeyPeriod(_moment(each["since"]), _moment_or_none(each["until"])) for each in _get_keys(way)]
    valid = [each for each in periods if each.since <= at and (each.until is None or at < each.until)]
    return sorted(valid, key=lambda each: each.since, reverse=True)


@transaction.atomic
def ask_for_key(*, way: ContactWay, by: User, ends_old: bool = False, at: datetime | None = None) -> WebhookKeyRequest:
    """Ask for a new key. Raises ValidationError for a way that is no active webhook, and while another wish waits."""
    # Locked, so that two wishes at once don't both find none waiting.
    locked = ContactWay.objects.select_for_update(of=("self",), no_key=True).get(pk=way.pk)
    if locked.channel != WayKind.WEBHOOK or not locked.is_active:
        raise ValidationError(_("This way has ended. Add the webhook again."))
    if locked.key_requests.waiting().exists():
        raise ValidationError(_("A new key has been asked for already. Look again."))
    made = WebhookKeyRequest.objects.create(way=locked, ends_old=ends_old, asked_by=by, asked_at=at or clock.now())
    _log("webhook.key_asked", made, by, ends_old=ends_old)
    return made


@transaction.atomic
def agree(*, request: WebhookKeyRequest, by: User, at: datetime | None = None) -> str:
    """Agree as the second person: make the key, and return it for the one time that it is shown."""
    moment = at or clock.now()
    locked = _lock_waiting(request)
    _check_second(locked, by)
    way = ContactWay.objects.select_for_update(of=("self",), no_key=True).get(pk=locked.way_id)
    if not way.is_active:
        raise ValidationError(_("This way has ended. Add the webhook again."))
    key = PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    end = moment if locked.ends_old else moment + OVERLAP
    old = [_end_by(each, end) for each in _get_keys(way)]
    kept = [each for each in old if _moment(each["until"]) > moment]
    way.secret = {"keys": [*kept, {"key": key, "since": moment.isoformat(), "until": None}]}
    way.version += 1
    way.save(update_fields=["secret", "version"])
    locked.decide(Decision.AGREED, by, moment)
    if way.confirmed_at is None:
        # Before there was a key, nothing could be sent: the way's test goes out now.
        signals.way_untested.send(sender=ContactWay, way=way)
    _log("webhook.key_made", locked, by, asked_by=locked.asked_by_id, ends_old=locked.ends_old)
    return key


@transaction.atomic
def refuse(*, request: WebhookKeyRequest, by: User, at: datetime | None = None) -> None:
    """Refuse as the second person; withdraw as the one who asked."""
    locked = _lock_waiting(request)
    is_own = locked.asked_by_id == by.pk
    if not is_own:
        _check_second(locked, by)
    locked.decide(Decision.WITHDRAWN if is_own else Decision.REFUSED, by, at or clock.now())
    _log("webhook.key_withdrawn" if is_own else "webhook.key_refused", locked, by)


def _lock_waiting(request: WebhookKeyRequest) -> WebhookKeyRequest:
    locked = WebhookKeyRequest.objects.lock_waiting(request.pk)
    if locked is None:
        raise ValidationError(_("This has been decided meanwhile. Look again."))
    return locked


def _check_second(request: WebhookKeyRequest, by: User) -> None:
    if request.asked_by_id == by.pk or not may_manage(request.way, by):
        raise ValidationError(_("Another coordinator of this office must decide, not the one who asked."))


def _log(action: str, request: WebhookKeyRequest, by: User, **detail: Any) -> None:
    log_event(action, actor=get_actor(by), target_kind="contactway", target_id=request.way_id, **detail)


def _get_keys(way: ContactWay) -> list[dict[str, Any]]:
    secret: Any = way.secret
    return list(secret.get("keys", ())) if isinstance(secret, dict) else []


def _end_by(entry: dict[str, Any], end: datetime) -> dict[str, Any]:
    until = _moment_or_none(entry["until"])
    return {**entry, "until": (end if until is None else min(end, until)).isoformat()}


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    assert found is not None  # written by `agree`
    return found


def _moment_or_none(text: str | None) -> datetime | None:
    return _moment(text) if text else None
