"""SMTP that keeps its promise of time: opening, and each sending as a whole, ends within the timeout.

smtplib's own timeout holds for each single read. A server that answers every command just before it would hold a worker
for minutes, and the lease of a batch could not be short.
"""

import math
import smtplib
import time
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

GOODBYE_SECONDS = 1.0  # QUIT is a courtesy


class Timed:
    """Mixed into smtplib's classes: every read and write ends before `deadline` (time.monotonic())."""

    deadline: float = math.inf
    timeout: float
    sock: Any

    def __init__(self, *args: Any, timeout: float, **kwargs: Any) -> None:
        self.allow(timeout)
        super().__init__(*args, timeout=timeout, **kwargs)

    def allow(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def send(self, s: Any) -> None:
        self._hurry()
        super().send(s)  # type: ignore[misc]

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        return super().getreply()  # type: ignore[misc,no-any-return]

    def _hurry(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            self.close()  # type: ignore[attr-defined]
            raise smtplib.SMTPServerDisconnected("out of time") from TimeoutError()
        if self.sock is not None:
            self.sock.settimeout(min(self.timeout, left))


class TimedSMTP(Timed, smtplib.SMTP):
    pass


class TimedSMTPOverTLS(Timed, smtplib.SMTP_SSL):
    pass


class TimedEmailBackend(EmailBackend):
    """Django's SMTP backend on a timed connection. `timeout` is settings.EMAIL_TIMEOUT."""

    @property
    def connection_class(self) -> type[Any]:
        return TimedSMTPOverTLS if self.use_ssl else TimedSMTP

    def _send(self, email_message: EmailMessage) -> bool:
        self._allow(self.timeout)
        return bool(super()._send(email_message))

    def close(self) -> None:
        self._allow(GOODBYE_SECONDS)
        super().close()

    def _allow(self, seconds: float) -> None:
        if self.connection is not None:
            self.connection.allow(seconds)
