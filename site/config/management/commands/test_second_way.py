"""`manage.py test_second_way`: send a test by OPERATOR_SMS and OPERATOR_WEBHOOK, and say what became of it."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.watch.telling import RUN_SECONDS, has_second_way, send_to_operators

TEXT = "Vatra: prove / test. Nuk ka asgje per te bere. Nothing is to be done."


class Command(BaseCommand):
    help = "Sends a test to operators by SMS and webhook, the ways that don't need the mail server."

    def handle(self, *args: Any, **options: Any) -> None:
        if not has_second_way():
            raise CommandError("OPERATOR_SMS and OPERATOR_WEBHOOK are empty: there is no second way.")
        until = time.monotonic() + RUN_SECONDS
        taken, error = send_to_operators(TEXT, {"matter": "test", "state": "test", "page": ""}, until=until)
        if error:
            raise CommandError(f"{taken} taken; the last that wasn't: {error}.")
        self.stdout.write(f"{taken} taken. Look whether they arrive.")
