"""`manage.py index_identities`: put the persons of earlier submissions into the blind index."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from case_forms.submissions.identity_index import BATCH, index_existing


class Command(BaseCommand):
    help = "Indexes the persons of submissions received before there was an index. Can be stopped and started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--after", type=UUID, help="go on behind this submission, as the last run printed it")
        parser.add_argument("--at-most", type=int, help="how many submissions to look at in this run")
        parser.add_argument("--batch", type=int, default=BATCH, help="how many in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        done = index_existing(
            after=options["after"], at_most=options["at_most"], batch=max(1, min(options["batch"], 1000))
        )
        self.stdout.write(f"{done.looked_at} looked at, {done.indexed} read, {done.unreadable} unreadable")
        if done.last is not None:
            self.stdout.write(f"To go on: --after {done.last}")
