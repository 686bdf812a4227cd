"""SMTP with a deadline: opening, and each sending as a whole, ends within the timeout.

smtplib's own timeout holds for each single read. A server that answers every command just before it would hold a worker
for minutes, and the lease of a batch couldn't be short.
"""

import math
import smtplib
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

clean_address = lru_cache(maxsize=256)(sanitize_address)
GOODBYE_SECONDS = 1.0  # QUIT is a courtesy; no mail depends on its answer


class TimedSMTP(smtplib.SMTP):
    """An SMTP connection whose every read and write ends before `deadline` (time.monotonic())."""

    deadline: float = math.inf

    def __init__(self, host: str = "", port: int = 0, *, timeout: float, **kwargs: Any) -> None:
        # Before smtplib's own, which connects at once.
        self.set_deadline(timeout)
        super().__init__(host, port, timeout=timeout, **kwargs)

    def set_deadline(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def send(self, s: Any) -> None:
        self._check_deadline()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        self._check_deadline()
        return super().getreply()

    def _check_deadline(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.close()
            # smtplib's own error of a lost connection, which Django's close expects; by its cause `classify_failure`
            # says "timeout".
            raise smtplib.SMTPServerDisconnected("out of time") from TimeoutError()
        if self.sock is not None:
            self.sock.settimeout(min(self.timeout, left))


class TimedSMTPOverTLS(TimedSMTP, smtplib.SMTP_SSL):
    pass


class TimedEmailBackend(EmailBackend):
    """Django's SMTP backend on a timed connection. settings.EMAIL_TIMEOUT must be set."""

    timeout: float

    @property
    def connection_class(self) -> type[Any]:
        return TimedSMTPOverTLS if self.use_ssl else TimedSMTP

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        # The channel sends messages one by one, so the time is that of one.
        self._set_deadline(self.timeout)
        return super().send_messages(email_messages)

    def _send(self, email_message: EmailMessage) -> bool:
        """Send one as Django does, with each address parsed once for all mails: that takes as long as sending."""
        recipients = email_message.recipients()
        if self.connection is None or not recipients:
            return False
        encoding = email_message.encoding or settings.DEFAULT_CHARSET
        message: Any = email_message.message()
        self.connection.sendmail(
            clean_address(email_message.from_email, encoding),
            [clean_address(each, encoding) for each in recipients],
            message.as_bytes(linesep="\r\n"),
        )
        return True

    def is_alive(self) -> bool:
        """Ask a server that was left alone for a while whether it is still there (NOOP), within a second."""
        if self.connection is None:
            return False
        self._set_deadline(GOODBYE_SECONDS)
        try:
            return bool(self.connection.noop()[0] == 250)
        except OSError:
            return False

    def close(self) -> None:
        self._set_deadline(GOODBYE_SECONDS)
        super().close()

    def _set_deadline(self, seconds: float) -> None:
        """Set the deadline, on an open connection only: one that failed while it was opened has a deadline already."""
        if isinstance(self.connection, TimedSMTP):
            self.connection.set_deadline(seconds)
