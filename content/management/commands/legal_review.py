"""Print what the public pages say of the law, for a lawyer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.languages import LANGUAGES
from content.law.claims import get_unmarked_texts
from content.law.report import render_review


class Command(BaseCommand):
    requires_system_checks = []
    help = (
        "Prints, in Markdown, every live text that speaks of the law: its sentences, what they rest on, when they were "
        "held against it, and what a lawyer is asked. In both languages unless one is chosen."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", choices=LANGUAGES, action="append")
        parser.add_argument("--whole", action="store_true", help="every sentence of these texts, not only of the law")
        parser.add_argument("--check", action="store_true", help="print nothing; fail when a text lacks its mark")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            lacking = [f"{where}: {', '.join(missing)}" for where, missing in get_unmarked_texts()]
            if lacking:
                raise CommandError("These texts speak of the law without saying so:\n" + "\n".join(lacking))
            return
        chosen = options["language"] or LANGUAGES
        self.stdout.write(
            "\n\n".join(render_review(language, whole=options["whole"]) for language in dict.fromkeys(chosen))
        )
