"""Checks the audit chain from its first entry to its last."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from audit.chain import verify_chain


class Command(BaseCommand):
    help = "Checks the audit chain and names the first broken entry (exit code 1). Note the printed head off this machine."

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_chain()
        if not report.ok:
            self.stderr.write(f"broken at entry {report.broken}: {report.reason}")
            sys.exit(1)
        self.stdout.write(f"{report.entries} entries, unbroken; head {report.head}")
