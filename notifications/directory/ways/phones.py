"""Phones that a contact's notices wake (web push): added and ended by the contact, behind link and PIN.

A phone that is added counts at once, since only its owner could add it, and the contact is mailed that it was. Whoever
got hold of link and PIN once could add a phone of theirs and be led to every later notice; so all phones end with the
PIN, the address or the office that they were added under, and so does what a lost phone could open.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPException
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.dispatch import receiver

from audit import clock
from audit.chain import Actor, log_event
from notifications import signals
from notifications.channels.named_phones import ensure_new_name, read_named_phone, refuse_too_many
from notifications.texts.service_mails import word_phone_added
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Contact
from .mailing import send_to_contact
from .models import ContactWay, WayKind

MAX_PHONES = 10
MAX_ADDED_A_DAY = 20  # each leaves a row

STOPPED = "stopped"
CONTACT_CHANGED = "contact_changed"

log = structlog.get_logger(__name__)


def get_phones(contact: Contact) -> list[ContactWay]:
    """Return the phones that this contact's notices wake, in the order in which they were added."""
    return list(ContactWay.objects.filter(contact=contact, channel=WayKind.PUSH, is_active=True).order_by("added_at"))


@transaction.atomic
def add_phone(*, contact: Contact, name: str, values: Mapping[str, Any], at: datetime) -> ContactWay:
    """Add a phone, or renew it where this very subscription is known. Raises CannotAdd.

    `values`: endpoint, p256dh and auth, as the browser gave them.
    """
    name, subscription = read_named_phone(name, values)
    # Two presses at once would otherwise both find the phone missing.
    locked = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
    phones = get_phones(locked)
    known = next((each for each in phones if _get_endpoint(each) == subscription.endpoint.url), None)
    ensure_new_name(name, (each.address for each in phones if each is not known))
    if known is None:
        _check_room(locked, phones, at)
        known = ContactWay(contact=locked, channel=WayKind.PUSH, added_at=at)
    known.address, known.confirmed_at = name, at
    known.version += 1
    is_new = known.pk is None
    if is_new:
        known.save()  # a sealed value is bound to its row, which must have a key by then
    known.secret = subscription.as_secret()
    known.save()
    if is_new:
        log_event("push.phone_added", actor=_actor(locked), target_kind="contactway", target_id=known.pk)
        transaction.on_commit(partial(_mail_added, locked, name))
    return known


def _check_room(contact: Contact, phones: list[ContactWay], at: datetime) -> None:
    added = ContactWay.objects.filter(contact=contact, channel=WayKind.PUSH, added_at__gt=at - timedelta(days=1))
    if len(phones) >= MAX_PHONES or added.count() >= MAX_ADDED_A_DAY:
        raise refuse_too_many()


def _get_endpoint(way: ContactWay) -> str:
    try:
        secret: Any = way.secret
    except (SealBroken, KeyRingError):
        return ""  # one that can't be opened is none that is known
    return str(secret.get("endpoint", "")) if isinstance(secret, dict) else ""


@transaction.atomic
def end_phone(*, contact: Contact, key: int, at: datetime) -> bool:
    """End one of this contact's own phones: nothing is sent to it any more. False when it has none of this key."""
    mine = ContactWay.objects.filter(pk=key, contact=contact, channel=WayKind.PUSH, is_active=True)
    if not _end(mine, STOPPED, at):
        return False
    log_event("push.phone_ended", actor=_actor(contact), target_kind="contactway", target_id=key)
    return True


def _end(ways: Any, reason: str, at: datetime) -> int:
    # The subscription goes, too: it is of no use to us, and of some use to a thief of the database and the keys.
    ended: int = ways.update(is_active=False, ended_at=at, end_reason=reason, version=F("version") + 1, secret=None)
    return ended


@receiver(signals.contact_changed, dispatch_uid="directory.end_phones")
def end_phones_of_changed_contact(contact: Contact, **kwargs: Any) -> None:
    """End a contact's phones when their address, PIN or office changed: they were added under the old one.

    Writes no entry of the record: other receivers lock escalation chains after this one, and the chain's lock is last.
    """
    _end(ContactWay.objects.filter(contact=contact, channel=WayKind.PUSH, is_active=True), CONTACT_CHANGED, clock.now())


def _actor(contact: Contact) -> Actor:
    return Actor("contact", str(contact.pk))


def _mail_added(contact: Contact, name: str) -> None:
    try:
        send_to_contact(contact.pk, contact.email, contact.language, partial(word_phone_added, phone_name=name))
    except (SMTPException, OSError) as error:
        log.error("phone_mail_failed", code=type(error).__name__, contact=contact.pk)
