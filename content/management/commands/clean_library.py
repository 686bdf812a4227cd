"""Take out of the library's files who made them, where and with what."""

from typing import Any

from django.core.management.base import BaseCommand

from content.library_files import clean_stored_files, count_unexamined, list_refused

EACH = 20


class Command(BaseCommand):
    help = (
        "Cleans pictures and documents that nobody has cleaned yet: of camera and place, authors, properties, comments."
        " Workers do the same, some each minute. Names and addresses stay; sizes of pictures are made anew. Run again,"
        " it goes on. Lists what can't be cleaned: documents of these aren't given to readers."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = count_unexamined()
        self.stdout.write(f"{waiting} files weren't examined yet")
        done = clean_stored_files(tell=self._say)
        self.stdout.write(f"{done.looked_at} files looked at, {done.cleaned} cleaned, {count_unexamined()} left")
        refused = list_refused()
        if refused:
            self.stdout.write(
                f"{len(refused)} files can't be cleaned; readers aren't given documents of these. Have editors upload"
                " another one in the place of each (/cms/images/…/, /cms/documents/…/):"
            )
        for name, code in refused:
            self.stdout.write(f"  {name}: {code}")

    def _say(self, count: int) -> None:
        if count and count % EACH == 0:
            self.stdout.write(f"{count} files looked at")
