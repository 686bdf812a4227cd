"""`manage.py vault_rotate`: re-seal every value under the first key, and print what each key still opens."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vault import blind_index, lasting
from vault.canary import KeysRefused, count_values_of_old_keys, delete_unused_keys, establish_keys
from vault.rotation import RotationStopped, rotate


class Command(BaseCommand):
    help = "Re-seals every sealed value under the first key of VAULT_KEYS. Can be stopped and started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, help="stop after so many seconds; the next run goes on")
        parser.add_argument("--look", action="store_true", help="change nothing, only print what hangs on each key")
        parser.add_argument(
            "--renew",
            choices=sorted(lasting.FROM_THE_RING),
            action="append",
            default=[],
            help="after a leak: hashes of this purpose are made with a new key from now on, earlier ones stay good",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["look"]:
            self._print_old_keys()
            return
        try:
            establish_keys()
            counts = rotate(seconds=options["seconds"])
        except (KeysRefused, RotationStopped) as error:
            raise CommandError(str(error)) from None
        for label, count in counts.items():
            self.stdout.write(f"{label}: {count} re-sealed")
        for name, count in blind_index.rebuild_indexes().items():
            if count:
                self.stdout.write(f"{name}: {count} indexed anew")
        for purpose in options["renew"]:
            self.stdout.write(f"{purpose}: new key {lasting.renew(purpose)}")
        self._print_old_keys()
        if unused := delete_unused_keys():
            self.stdout.write(f"No longer in use, may leave VAULT_KEYS: {', '.join(unused)}")

    def _print_old_keys(self) -> None:
        for key_id, places in count_values_of_old_keys().items():
            counts = ", ".join(f"{place} {count}" for place, count in places.items())
            self.stdout.write(f"{key_id}: {counts or 'nothing hangs on it'}")
        for name, key_id, count in blind_index.count_keys_in_use():
            self.stdout.write(f"{name}, under {key_id}: {count}")
        for purpose, key_id, count in lasting.count_keys_in_use():
            self.stdout.write(f"{purpose}, own key {key_id}: {count}")
