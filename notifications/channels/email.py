"""E-mail over the project's mail backend: one connection for a whole batch."""

import smtplib
import socket
import ssl
from contextlib import suppress
from email.errors import MessageError
from typing import Any

from django.conf import settings
from django.core import mail

from audit import clock

from .base import EndpointError, KeyUnusable, Message, PayloadError, RecipientRefused, Unreached
from .encrypted_mail import EncryptedEmail
from .mail_keys.keys import BadKey
from .plain_mail import PlainEmail

# Django's SMTP backend gets a connection with a deadline; every other backend is used as it is.
BACKENDS_WITH_DEADLINE = {
    "django.core.mail.backends.smtp.EmailBackend": "notifications.channels.smtp.TimedEmailBackend"
}


class EmailChannel:
    """A channel that sends plain text e-mail, encrypted where the message names a key (`encrypted_mail`).

    The server's answer becomes a code; its text is dropped.
    """

    def __init__(self) -> None:
        backend = BACKENDS_WITH_DEADLINE.get(settings.EMAIL_BACKEND, settings.EMAIL_BACKEND)
        self.connection: Any = mail.get_connection(backend)

    def open(self) -> None:
        try:
            self.connection.open()
        except OSError as error:
            # Without its cause: the server's own text may quote an address.
            raise Unreached(classify_failure(error).code) from None

    def send(self, message: Message) -> None:
        email = self._build(message)
        try:
            self.connection.send_messages([email])
        except OSError as error:
            raise classify_failure(error) from None
        except (ValueError, MessageError):
            raise PayloadError("not_composed") from None

    def is_alive(self) -> bool:
        is_alive = getattr(self.connection, "is_alive", None)
        return bool(is_alive is not None and is_alive())

    def _build(self, message: Message) -> mail.EmailMessage:
        sender = message.sender or settings.DEFAULT_FROM_EMAIL
        given = {
            "subject": message.subject,
            "body": message.text,
            # The envelope's sender, to which a mail that can't be delivered comes back; the header names who writes.
            "from_email": message.return_path or sender,
            "to": [message.address],
            # Auto-Submitted keeps out-of-office replies from answering (RFC 3834).
            "headers": {
                "From": sender,
                "Message-ID": message.id,
                "Auto-Submitted": "auto-generated",
                **message.headers,
            },
            "connection": self.connection,
        }
        if not message.encrypt_to:
            return PlainEmail(**given)
        return encrypt(EncryptedEmail(key=message.encrypt_to, language=message.language, at=clock.now(), **given))

    def close(self) -> None:
        with suppress(OSError):
            self.connection.close()


def encrypt(email: EncryptedEmail) -> EncryptedEmail:
    """Encrypt it now, before anything is sent. Raises KeyUnusable for whatever keeps it from being encrypted."""
    try:
        email.encrypt()
    except BadKey as bad:
        raise KeyUnusable(f"key_{bad.problem}") from None
    except Exception as error:  # noqa: BLE001  # a notice is never lost or late because of a key: it goes out readable
        raise KeyUnusable(f"key_{type(error).__name__}") from None
    return email


def classify_failure(error: OSError) -> EndpointError:
    """Map a failed connection or sending to an error. smtplib's exceptions are OSErrors too."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _classify_reply("rcpt", next(iter(error.recipients.values()))[0])
    if isinstance(error, smtplib.SMTPHeloError | smtplib.SMTPConnectError | smtplib.SMTPAuthenticationError):
        return Unreached(f"greeting_{error.smtp_code}")
    if isinstance(error, smtplib.SMTPResponseException):
        return _classify_reply("smtp", error.smtp_code)
    if isinstance(error, TimeoutError) or isinstance(error.__cause__ or error.__context__, TimeoutError):
        return Unreached("timeout")
    # In this order: a refused connection is a ConnectionError as well.
    for kind, code in _NETWORK_CODES:
        if isinstance(error, kind):
            return Unreached(code)
    return Unreached("network")


_NETWORK_CODES: tuple[tuple[type[OSError], str], ...] = (
    (ConnectionRefusedError, "connection_refused"),
    (smtplib.SMTPServerDisconnected, "disconnected"),
    (ConnectionError, "disconnected"),
    (socket.gaierror, "name_unknown"),
    (ssl.SSLError, "tls"),
    (smtplib.SMTPNotSupportedError, "not_supported"),
)


def _classify_reply(step: str, code: int) -> EndpointError:
    """Map a reply code: 5xx is a refusal; everything else means "later".

    After 421 or nonsense the connection is gone.
    """
    if 500 <= code <= 599:
        return RecipientRefused(f"{step}_{code}")
    return Unreached(f"{step}_{code}", connection_lost=code == 421 or not 400 <= code <= 499)
