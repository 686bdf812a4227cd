"""Part of `to_postgres`: make the tables of a new database, or look at what was moved into it, with its settings.

Facts come on standard input; the last line of the output is JSON. Not meant to be called by hand.
"""

import json
import sys
from dataclasses import asdict
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from config.backups.checking import check_moved


class Command(BaseCommand):
    help = "Part of `to_postgres`; don't call it by hand."
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=("migrate", "look"))

    def handle(self, *args: Any, step: str, **options: Any) -> None:
        facts = json.loads(sys.stdin.read())
        found: dict[str, Any] = {}
        if step == "migrate":
            call_command("migrate", interactive=False, verbosity=0)
        else:
            call_command("update_index", verbosity=0, stdout=StringIO())
            found["findings"] = [asdict(each) for each in check_moved(facts["head"])]
        self.stdout.write(json.dumps(found))
