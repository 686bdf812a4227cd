"""Part of `restore` and of `backup --prove`: look at a restored place, or settle it, with that place's settings.

The manifest comes on standard input; the last line of the output is JSON. Not meant to be called by hand.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from audit.watch import WatchedElsewhere
from config.backups import mail_log
from config.backups.archive import Manifest
from config.backups.checking import check_restored
from config.backups.settling import settle
from vault.keyring import KeyRingError


class Command(BaseCommand):
    help = "Part of `restore`; don't call it by hand."
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=("check", "settle"))
        parser.add_argument("--with-case-keys", action="store_true")
        parser.add_argument("--mail-log", type=Path)

    def handle(self, *args: Any, step: str, **options: Any) -> None:
        manifest = Manifest(**json.loads(sys.stdin.read()))
        if step == "check":
            findings = check_restored(manifest, with_case_keys=options["with_case_keys"])
            self.stdout.write(json.dumps({"findings": [asdict(each) for each in findings]}))
            return
        try:
            found: dict[str, Any] = {**settle(manifest.made_at)}
            if options["mail_log"]:
                unknown, again = mail_log.compare(options["mail_log"])
                found["unknown"] = [[str(each.notice), each.at] for each in unknown]
                found["again"] = [[str(each.notice), each.at] for each in again]
        except (WatchedElsewhere, OSError, KeyRingError, DatabaseError) as error:
            found = {"error": type(error).__name__}
        self.stdout.write(json.dumps(found))
