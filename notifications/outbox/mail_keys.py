"""Encrypt the e-mails of contacts who have a key; where it can't be, they go out as they always did.

A notice is never lost or late because of a key. What a readable e-mail says is a code, a link and a time, as before
there were keys (docs/adr/0151); a key that can't be used ends, and the coordinators are notified once.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

import structlog

from notifications.channels.base import Channel, KeyUnusable, Message
from notifications.directory.models import ContactWay
from notifications.directory.ways.choosing import get_mail_keys
from notifications.directory.ways.ending import end_way
from notifications.directory.ways.models import KEY_UNUSABLE, WayKind

from .models import Attempt, Notice

log = structlog.get_logger(__name__)


def read_keys(notices: Iterable[Notice]) -> dict[int, ContactWay]:
    """Return the keys of the contacts to whom these notices go by e-mail, by the contacts' ids. One query."""
    contacts = {notice.contact_id for notice in notices if notice.contact_id is not None and notice.way_id is None}
    return get_mail_keys(contacts) if contacts else {}


def is_test_of_key(notice: Notice) -> bool:
    """Tell whether a notice is the test of a key: it goes to the contact's address, encrypted or not at all."""
    return notice.way is not None and notice.way.channel == WayKind.MAIL_KEY


def name_key(way: ContactWay | None) -> str:
    """Return how an attempt names the key to which its e-mail is encrypted: the end of its fingerprint."""
    return way.address[-8:] if way is not None else Attempt.READABLE


def encrypt_for(message: Message, way: ContactWay, language: str) -> Message:
    return replace(message, encrypt_to=way.mail_key, language=language)


def send_mail(channel: Channel, message: Message, way: ContactWay | None, language: str) -> bool:
    """Send an e-mail, encrypted where there is a key. False when it went out readable because the key can't be used."""
    if way is None:
        channel.send(message)
        return True
    try:
        channel.send(encrypt_for(message, way, language))
    except KeyUnusable as unusable:
        log.warning("key_unusable", way=way.pk, code=unusable.code)
        channel.send(message)
        return False
    return True


def end_unusable(ways: Collection[ContactWay], at: datetime) -> None:
    """End these keys, and have the coordinators notified. In transactions of its own: no notice may be held."""
    for way in ways:
        end_way(way, reason=KEY_UNUSABLE, at=at)
