"""Checks the audit chain from its first entry to its last."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.chain import verify_chain


class Command(BaseCommand):
    help = "Checks the audit chain, names the first broken entry (exit code 1). Note the head off this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--noted", default="", help="a head noted earlier: it must still be in the chain")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = verify_chain(noted=options["noted"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not report.ok:
            self.stderr.write(f"broken at entry {report.broken}: {report.reason}")
            sys.exit(1)
        self.stdout.write(f"{report.entries} entries, unbroken; head {report.entries}:{report.head}")
