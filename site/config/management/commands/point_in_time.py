"""`manage.py point_in_time`: store what changes, each few seconds, so that a moment can be restored."""

import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups.database import CannotCopy
from config.backups.making import NoBackup
from config.backups.point_in_time.pages import Unreadable
from config.backups.point_in_time.running import run


class Command(BaseCommand):
    help = (
        "Writes a base and then each few seconds (POINT_IN_TIME_SECONDS) what has changed into BACKUP_DIR and to"
        " BACKUP_TO, until it is stopped. `restore --at` brings back a moment."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="another folder than BACKUP_DIR")

    def handle(self, *args: Any, to: Path | None, **options: Any) -> None:
        folder = to or (Path(settings.BACKUP_DIR) if settings.BACKUP_DIR else None)
        if folder is None:
            raise CommandError("BACKUP_DIR is empty: name the folder that backups go to, best another disk.")
        if settings.POINT_IN_TIME_SECONDS <= 0:
            raise CommandError("POINT_IN_TIME_SECONDS is 0: name how many seconds may be lost, such as 10.")
        is_over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: is_over.set())
        try:
            run(
                folder,
                is_over,
                seconds=settings.POINT_IN_TIME_SECONDS,
                days=settings.POINT_IN_TIME_DAYS,
                say=self.stderr.write,
            )
        except (NoBackup, CannotCopy, Unreadable) as reason:
            raise CommandError(str(reason)) from None
