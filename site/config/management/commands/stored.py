"""`manage.py stored`: what is stored of each kind that is tidied, and what of it doesn't fit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.watch.measuring import MEASURES


class Command(BaseCommand):
    help = (
        "Says how much is stored of each kind that is tidied each hour, which files have no row and which rows have no"
        " file. Removes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", help="name each file that doesn't fit")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for name, measure in MEASURES.items():
            try:
                held = measure(now)
            except OSError as error:
                self.stdout.write(f"{name:<16}can't be measured: {error}")
                continue
            size = "" if held.bytes is None else f"{held.bytes / 2**20:.1f} MB"
            self.stdout.write(
                f"{name:<16}{held.rows:>10} {size:>12}  {len(held.strays)} without a row, {len(held.missing)} gone"
            )
            if options["list"]:
                for title, names in (("without a row", held.strays), ("gone", held.missing)):
                    for each in names:
                        self.stdout.write(f"    {title}: {each}")
