"""`manage.py read_sms_spool`: take what Gammu SMSD has put into its folders."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.inbound.spools import read_all


class Command(BaseCommand):
    help = "Takes SMS that came in through Gammu SMSD, and what it could not send. Also runs each minute by itself."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{read_all()} files taken")
