"""`manage.py to_postgres URL`: move everything from SQLite into an empty PostgreSQL (docs/operator.md)."""

import getpass
import sys
import time
from typing import Any

import environ
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.to_postgres.moving import move, prepare_target
from config.to_postgres.source import CannotMove, get_path


class Command(BaseCommand):
    help = (
        "Copies every row of the SQLite database into an empty PostgreSQL in one transaction and compares both, row by"
        " row. The SQLite database stays as it is."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", help="postgres://user:password@host/name, or - to type it (it holds a password)")
        parser.add_argument(
            "--prepare", action="store_true", help="only make the tables and look at the values, while the service runs"
        )
        parser.add_argument(
            "--replace-nul", action="store_true", help="replace NUL characters, which PostgreSQL can't hold, by U+FFFD"
        )

    def handle(self, *args: Any, url: str, prepare: bool, replace_nul: bool, **options: Any) -> None:
        began = time.monotonic()
        if connection.vendor != "sqlite":
            raise CommandError(f"DATABASE_URL names {connection.vendor} already: there is nothing to move.")
        if url == "-":
            url = getpass.getpass("postgres://… ") if sys.stdin.isatty() else sys.stdin.readline()
        url = url.strip()
        database = self._parse(url)
        source = get_path()
        try:
            if prepare:
                prepare_target(source, database, url, replaces_nul=replace_nul, say=self._say)
                return
            moved = move(source, database, url, replaces_nul=replace_nul, say=self._say)
        except CannotMove as reason:
            raise CommandError(str(reason)) from None
        for each in moved.findings:
            self._say(f"ok   {each['name']}: {each['words']}")
        if moved.replaced:
            self._say(f"{moved.replaced} values had a NUL character, which is now U+FFFD")
        self._say(
            f"{moved.rows} rows in {len(moved.tables)} tables are the same on both sides; {moved.sequences} counters"
            f" set; {time.monotonic() - began:.1f} s\n"
            "Now put the new DATABASE_URL into /etc/vatra.env and start the service. WEB_WORKERS may be more than one"
            f" from now on. {source} is as it was: once the service has run for a while and a backup was made, delete"
            " it, with what it holds."
        )

    @staticmethod
    def _parse(url: str) -> dict[str, Any]:
        if not url.startswith(("postgres://", "postgresql://")):
            raise CommandError("It takes postgres://user:password@host/name.")
        try:
            database = environ.Env.db_url_config(url)
        except ValueError:
            raise CommandError("That URL can't be read: postgres://user:password@host/name.") from None
        if not database.get("NAME"):
            raise CommandError("That URL names no database: postgres://user:password@host/name.")
        return dict(database)

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
