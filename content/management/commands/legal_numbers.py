"""Print the list of numbers that public texts state of the law, as docs/legal-numbers.md has it."""

from typing import Any

from django.core.management.base import BaseCommand

from content.law.numbers import render_list


class Command(BaseCommand):
    help = "Print the numbers that public texts state of the law, with their sources (Markdown)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(render_list(), ending="")
