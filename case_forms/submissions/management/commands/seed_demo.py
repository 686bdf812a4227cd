"""Command that adds invented people, contacts and cases. Refuses in production."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from case_forms.submissions.seeding.demo import DEMO_PIN, DemoRefused, demo_accounts, seed_demo


class Command(BaseCommand):
    requires_system_checks = []  # they take longer than the seeding, and migrate has just run them
    help = "Adds demo accounts, contacts with a PIN, duty shifts and a few invented cases. Refuses in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-cases", action="store_true", help="people and contacts only")
        parser.add_argument("--quiet", action="store_true", help="don't print the table of accounts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = seed_demo(with_cases=not options["without_cases"])
        except DemoRefused as refused:
            raise CommandError(str(refused)) from refused
        added = ", ".join(f"{count} {kind}" for kind, count in made.items() if count)
        self.stdout.write(f"Demo data: added {added}." if added else "Demo data: nothing to add.")
        if not options["quiet"]:
            self.stdout.write(accounts_table())


def accounts_table() -> str:
    """Return the demo accounts and the PIN of every demo contact, as lines of text."""
    rows = [("account", "password", "role", "place")]
    rows += [(row["username"], row["password"], row["role"], row["place"]) for row in demo_accounts()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, f"PIN of every demo contact: {DEMO_PIN}"])
