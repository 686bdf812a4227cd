"""Re-seals every sealed value under the first key of VAULT_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand

from vault.rotation import rotate


class Command(BaseCommand):
    help = "Re-seals every sealed value under the first key of VAULT_KEYS. Can be stopped and started again."

    def handle(self, *args: Any, **options: Any) -> None:
        for label, count in rotate().items():
            self.stdout.write(f"{label}: {count} re-sealed")
