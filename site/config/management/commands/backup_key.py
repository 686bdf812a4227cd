"""`manage.py backup_key`: make the pair of keys for backups, and print it. Nothing is stored."""

from typing import Any

from django.core.management.base import BaseCommand
from pyrage.x25519 import Identity


class Command(BaseCommand):
    help = "Prints a new pair of keys for backups, once. `age-keygen` on your own computer does the same."
    requires_system_checks: list = []

    def handle(self, *args: Any, **options: Any) -> None:
        identity = Identity.generate()
        self.stdout.write("Into the settings of the service (opens nothing):")
        self.stdout.write(f"BACKUP_RECIPIENTS={identity.to_public()}")
        self.stdout.write("The identity. It opens every backup: store it off this machine, twice, and show it nobody:")
        self.stdout.write(str(identity))
