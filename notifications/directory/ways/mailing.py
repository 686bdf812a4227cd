"""A mail to a contact that is no notice: about their own duty, a change of the directory, a phone that was added.

It is encrypted to the contact's key where there is one, as notices are (docs/adr/0151). Where that can't be done it
goes out readable: it says no more than before there were keys. A key that can't be used ends, and the coordinators are
notified.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.core.mail import EmailMessage
from django.utils import translation

from audit import clock
from notifications.channels.base import KeyUnusable
from notifications.channels.email import encrypt
from notifications.channels.encrypted_mail import EncryptedEmail
from notifications.texts.in_force import Wording
from notifications.texts.service_mails import ServiceMail
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..senders import choose_sender_to
from .choosing import get_mail_keys
from .ending import end_way
from .models import KEY_UNUSABLE, ContactWay

log = structlog.get_logger(__name__)


def send_to_contact(contact: int | None, address: str, language: str, word: Callable[[], ServiceMail]) -> bool:
    """Send a mail to a contact (its key) at this address; return whether the mail server took it.

    None for one of us. `word`: writes it in the active language, and the contact's sender signs it. Raises
    SMTPException and OSError, as every sending does. Not inside a transaction: a server may hang.
    """
    now = clock.now()
    sender = choose_sender_to(contact, now)
    with translation.override(language):
        subject, text = word().compose(Wording(language, now, sender=sender))
        from_email = str(sender.address)
    given: dict[str, Any] = {
        "subject": subject,
        "body": text,
        "from_email": from_email,
        "to": [address],
    }
    way = get_mail_keys([contact]).get(contact) if contact is not None else None
    encrypted = _encrypt(way, language, given) if way is not None else None
    return (encrypted or EmailMessage(**given)).send() > 0


def _encrypt(way: ContactWay, language: str, given: dict[str, Any]) -> EncryptedEmail | None:
    """Return the mail, encrypted; None where the key can't be used."""
    try:
        return encrypt(EncryptedEmail(key=way.mail_key, language=language, at=clock.now(), **given))
    except (SealBroken, KeyRingError) as error:
        log.error("mail_key_unreadable", way=way.pk, code=type(error).__name__)
    except KeyUnusable as unusable:
        log.warning("key_unusable", way=way.pk, code=unusable.code)
        end_way(way, reason=KEY_UNUSABLE, at=clock.now())
    return None
