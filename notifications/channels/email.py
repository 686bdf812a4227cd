"""E-mail over the project's mail backend: one connection for a whole batch."""

import smtplib
import socket
import ssl
from contextlib import suppress
from email.errors import MessageError
from typing import Any

from django.conf import settings
from django.core import mail

from .base import EndpointError, Message, PayloadError, RecipientRefused, Unreached

# Django's SMTP backend gets a connection with a deadline; every other backend is used as it is.
BACKENDS_WITH_DEADLINE = {
    "django.core.mail.backends.smtp.EmailBackend": "notifications.channels.smtp.TimedEmailBackend"
}


class EmailChannel:
    """A channel that sends plain text e-mail. The server's answer becomes a code; its text is dropped."""

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
        email = mail.EmailMessage(
            subject=message.subject,
            body=message.text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[message.address],
            # Auto-Submitted keeps out-of-office replies from answering (RFC 3834).
            headers={"Message-ID": message.id, "Auto-Submitted": "auto-generated", **message.headers},
            connection=self.connection,
        )
        try:
            self.connection.send_messages([email])
        except OSError as error:
            raise classify_failure(error) from None
        except (ValueError, MessageError):
            raise PayloadError("not_composed") from None

    def close(self) -> None:
        with suppress(OSError):
            self.connection.close()


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
