"""Copy the SQLite database while the service runs."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.health import BACKUP
from notifications.outbox.models import Heartbeat


class Command(BaseCommand):
    help = "Writes a consistent copy of the SQLite database to FILE while the house runs. VAULT_KEYS are not in it."
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("This database isn't SQLite: use its own tool (pg_dump --format=custom).")
        if file.exists():
            raise CommandError(f"{file} exists already.")
        unfinished = file.with_name(f"{file.name}.unfinished")
        # Created with its mode first: sqlite3 would create it readable for others, as the umask allows.
        os.close(os.open(unfinished, os.O_CREAT | os.O_TRUNC, 0o600))
        connection.ensure_connection()
        copy = sqlite3.connect(unfinished)
        try:
            connection.connection.backup(copy)
            (state,) = copy.execute("PRAGMA integrity_check").fetchone()
        finally:
            copy.close()
        if state != "ok":
            raise CommandError(f"The copy is damaged: {state}")
        # Only a checked copy gets the name, so a backup that is there is whole.
        unfinished.replace(file)
        Heartbeat.beat(BACKUP)
        self.stdout.write(f"{file}: {file.stat().st_size} bytes, integrity ok")
