"""`manage.py vapid_key`: print a new key for VAPID_PRIVATE_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.channels.vapid import make_private_key


class Command(BaseCommand):
    help = "Prints a new key for VAPID_PRIVATE_KEY. With another key every phone must be added again."
    requires_system_checks: list = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(make_private_key())
