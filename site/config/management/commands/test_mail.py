"""`manage.py test_mail ADDRESS`: send one mail over the mail server of the settings, and say what it answered."""

import smtplib
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

SUBJECT = "Vatra: test"
TEXT = (
    "Kjo është një provë e serverit të postës. Nuk ka asgjë për të bërë.\n\n"
    "This is a test of the mail server. Nothing is to be done.\n"
)


class Command(BaseCommand):
    help = "Sends one mail to ADDRESS over the mail server of the settings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        try:
            validate_email(address)
        except ValidationError:
            raise CommandError(f"{address!r} is no e-mail address.") from None
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        try:
            EmailMessage(SUBJECT, TEXT, settings.DEFAULT_FROM_EMAIL, [address]).send()
        except smtplib.SMTPAuthenticationError as error:
            raise CommandError(f"{server} refuses the name and password of EMAIL_URL ({error.smtp_code}).") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _text in error.recipients.values()})
            raise CommandError(f"{server} refuses this address ({codes[0]}).") from None
        except smtplib.SMTPSenderRefused as error:
            raise CommandError(f"{server} refuses the sender of DEFAULT_FROM_EMAIL ({error.smtp_code}).") from None
        except smtplib.SMTPException as error:
            raise CommandError(f"{server} refused ({type(error).__name__}).") from None
        except OSError as error:
            raise CommandError(
                f"{server} can't be reached ({type(error).__name__}): EMAIL_URL, or a firewall."
            ) from None
        self.stdout.write(f"{server} took it. Look whether it arrives, and not among spam.")
