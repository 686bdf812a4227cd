"""One way for a plain mail to a member of staff.

Sent over a connection of its own and never raised from: an address that is refused, or a mail server that is down,
stops neither the mails to the others nor the action that is committed by now.
Whether it is tried again is the caller's to say: mails about accounts are not.
"""

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

log = structlog.get_logger(__name__)


def send_staff_mail(subject: str, body: str, address: str, failed: str, **facts: str | int) -> bool:
    """Return whether the mail server took it; if not, log `failed` with these facts and never the address."""
    try:
        return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [address]).send() > 0
    # ValueError: an address or a subject that can't be written into a header.
    except (SMTPException, OSError, ValueError) as error:
        log.error(failed, code=type(error).__name__, **facts)
        return False
