"""`manage.py verify_audit`: verify the audit chain from its first entry to its last."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.chain import SYSTEM
from audit.verification import verify_chain
from audit.watch import WatchedElsewhere, reset_watch
from vault import witness


class Command(BaseCommand):
    help = "Checks the audit chain, names the first broken entry (exit code 1). Note the head off this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--noted", default="", help="a head noted earlier, or from a mail: it must still be there")
        parser.add_argument(
            "--after-restore",
            action="store_true",
            help="the database was put back from a copy: let go what was noted before; that is recorded",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = verify_chain(noted=options["noted"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not report.ok:
            self.stderr.write(f"broken at entry {report.broken}: {report.reason}")
            sys.exit(1)
        if options["after_restore"]:
            try:
                reset_watch(actor=SYSTEM)
                witness.reset()
            except WatchedElsewhere:
                raise CommandError("The chain is being looked at just now. Try again in a few seconds.") from None
        self.stdout.write(f"{report.entries} entries, unbroken; head {report.entries}:{report.head}")
