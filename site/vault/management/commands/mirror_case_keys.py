"""`manage.py mirror_case_keys FOLDER`: make FOLDER the same as VAULT_CASE_KEY_DIR, with what was destroyed removed."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vault import data_keys


class Command(BaseCommand):
    help = "Copies the cases' keys (sealed by VAULT_KEYS) to FOLDER, and destroys there those that are destroyed here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            copied, removed = data_keys.mirror(folder)
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}") from None
        self.stdout.write(f"{folder}: {copied} keys copied, {removed} destroyed")
