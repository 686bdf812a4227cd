"""`manage.py field_key`: print a new key for FIELD_KEYS."""

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management.base import BaseCommand
from django.utils import timezone


class Command(BaseCommand):
    help = "Prints a new key for FIELD_KEYS. Keep a copy off this machine: what phones have sealed opens by it alone."
    # The checks want keys that are readable, and this makes the first of them.
    requires_system_checks: list = []

    def handle(self, *args: Any, **options: Any) -> None:
        scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        key_id = f"f{timezone.now():%Y%m%d%H%M}"
        self.stdout.write(f"{key_id}:{base64.b64encode(scalar.to_bytes(32)).decode()}")
