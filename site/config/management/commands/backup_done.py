"""Record that a backup was made by another tool, such as pg_dump."""

from typing import Any

from django.core.management.base import BaseCommand

from config.health import BACKUP
from notifications.outbox.models import Heartbeat


class Command(BaseCommand):
    help = (
        "Notes that a backup has just been made by another tool (pg_dump, a snapshot): /readyz counts its age from now."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        Heartbeat.beat(BACKUP)
        self.stdout.write("noted")
