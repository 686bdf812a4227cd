"""`manage.py verify_audit`: verify the audit chain on from where it was verified before; with `--whole` all of it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.chain import SYSTEM
from audit.verified_head import WHOLE_EACH, Verified, verify_from_head
from audit.watch import WatchedElsewhere, reset_watch
from vault import witness


class Command(BaseCommand):
    help = (
        "Checks the audit chain from the entry up to which it was checked before, names the first broken entry (exit"
        f" code 1). All of it with --whole, and by itself {WHOLE_EACH.days} days after the last time. Note the head off"
        " this machine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--noted", default="", help="a head noted earlier, or from a mail: it must still be there")
        parser.add_argument("--whole", action="store_true", help="read the chain from its first entry on")
        parser.add_argument(
            "--after-restore",
            action="store_true",
            help="the database was put back from a copy: let go what was noted before; that is recorded",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # What was noted of a database that was put back from a copy vouches for nothing in the copy.
            whole = options["whole"] or options["after_restore"]
            found = verify_from_head(noted=options["noted"], whole=whole, now=timezone.now())
        except ValueError as error:
            raise CommandError(str(error)) from None
        report = found.report
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
        self._tell_how(found, is_restored=options["after_restore"])

    def _tell_how(self, found: Verified, *, is_restored: bool) -> None:
        if found.read_from:
            self.stdout.write(
                f"read from entry {found.read_from} on; all before it was read last on {found.verified_at[:10]}"
                " (--whole reads it again)"
            )
        if not found.is_noted and not is_restored:
            self.stderr.write("how far it was read could not be noted beside the data; see the log")
