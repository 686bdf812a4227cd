"""Compare the first texts with this release's words for them."""

from difflib import unified_diff
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from content.seeding.actions import get_seeded_pages, propose_update
from content.seeding.corrections import BLOCKED, CURRENT, EDITED, UNTOUCHED, SeededPage
from content.seeding.memory import SeedMemory
from content.seeding.wording import get_stored_page_words

SAYS = {
    UNTOUCHED: "as an earlier release laid it down",
    BLOCKED: "as laid down; a draft or an approval waits, or it is hidden",
    EDITED: "changed by an editor: stays as it is",
}


class Command(BaseCommand):
    requires_system_checks = []
    help = (
        "Lists the pages whose words differ from this release's. --show KEY prints the difference; --propose KEY puts "
        "this release's words up for approval, where nobody has changed the page. Nothing is published."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--show", metavar="KEY", help="such as rights or rights:sq")
        parser.add_argument("--propose", metavar="KEY", action="append", default=[], help="such as rights or all")

    def handle(self, *args: Any, **options: Any) -> None:
        pages = [each for each in get_seeded_pages() if each.status != CURRENT]
        if options["show"]:
            for each in _named(pages, options["show"]):
                self.stdout.write(_difference(each))
        elif options["propose"]:
            self._propose([each for name in options["propose"] for each in _named(pages, name)])
        else:
            self._list(pages)

    @transaction.atomic
    def _propose(self, pages: list[SeededPage]) -> None:
        memory = SeedMemory.load()
        for each in pages:
            done = propose_update(each, memory)
            self.stdout.write(
                f"{_name(each)}: {'waits for approval' if done else 'not proposed, ' + SAYS[each.status]}"
            )
        memory.store()

    def _list(self, pages: list[SeededPage]) -> None:
        for each in sorted(pages, key=lambda page: (not page.is_legal, page.status, _name(page))):
            law = "law " if each.is_legal else "    "
            self.stdout.write(f"{law}{_name(each):32} {SAYS[each.status]}  {each.page.url or ''}")
        self.stdout.write(f"{len(pages)} pages differ from this release's words.")


def _name(each: SeededPage) -> str:
    return f"{each.spec['key']}:{each.language}"


def _named(pages: list[SeededPage], name: str) -> list[SeededPage]:
    found = [each for each in pages if name in ("all", each.spec["key"], _name(each))]
    if not found:
        raise CommandError(f"No page called {name} differs from this release's words.")
    return found


def _difference(each: SeededPage) -> str:
    before = get_stored_page_words(each.page, each.spec)
    return "\n".join(unified_diff(before, each.shipped, f"{_name(each)} here", "this release", lineterm="", n=0))
