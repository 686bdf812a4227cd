"""Re-seals every sealed value under the first key of VAULT_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vault.canary import KeysRefused, establish_keys, forget_unused_keys
from vault.rotation import RotationStopped, rotate


class Command(BaseCommand):
    help = "Re-seals every sealed value under the first key of VAULT_KEYS. Can be stopped and started again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            establish_keys()
            counts = rotate()
        except (KeysRefused, RotationStopped) as error:
            raise CommandError(str(error)) from None
        for label, count in counts.items():
            self.stdout.write(f"{label}: {count} re-sealed")
        if unused := forget_unused_keys():
            self.stdout.write(f"No longer in use, may leave VAULT_KEYS: {', '.join(unused)}")
