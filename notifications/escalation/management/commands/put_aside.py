"""`manage.py put_aside`: list the rows that a loop had to put aside."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.chain import log_event
from audit.models import PutAside
from audit.put_aside import retry_all


class Command(BaseCommand):
    help = "Lists the rows that could not be read or changed and were put aside. --retry: has all of them tried again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry", action="store_true", help="all of them are due again in the next round")

    def handle(self, *args: Any, retry: bool = False, **options: Any) -> None:
        for row in PutAside.objects.iterator():
            self.stdout.write(
                f"{row.kind} {row.row} {row.code}: {row.times} time(s) since {row.first_at:%d.%m.%Y %H:%M}"
            )
        count = PutAside.objects.count()
        if retry and count:
            log_event("put_aside.retried", target_kind="putaside", rows=retry_all())
        self.stdout.write(f"{count} row(s) put aside" + (", tried again now" if retry and count else ""))
