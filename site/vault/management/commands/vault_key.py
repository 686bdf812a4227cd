"""`manage.py vault_key`: print a new key for VAULT_KEYS."""

import base64
import os
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone


class Command(BaseCommand):
    help = "Prints a new key for VAULT_KEYS. Keep a copy off this machine: without it sealed data is gone for good."
    # The checks want a ring that is readable, and this makes the first key of one.
    requires_system_checks: list = []

    def handle(self, *args: Any, **options: Any) -> None:
        key_id = f"k{timezone.now():%Y%m%d%H%M}"
        self.stdout.write(f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}")
