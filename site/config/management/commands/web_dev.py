"""Run the web server of `make dev`, with code as it is now (`config.reloading`). Never for real cases.

The supervisor forks parts from a process that has all code loaded; only a new interpreter sees new code.
"""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.liveness import PULSE


class Command(BaseCommand):
    help = "Serves the site for development on HOST and PORT, with code as it is now. Needs DEBUG=1."
    requires_system_checks: list = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("web_dev is for development: it needs DEBUG=1 and the local profile.")
        pipe = os.environ.get(PULSE, "")
        if pipe.isdigit():
            os.set_inheritable(int(pipe), True)
        search = [str(settings.ROOT / "site"), str(settings.ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(search))}
        os.execve(sys.executable, [sys.executable, "-m", "config.reloading"], environment)  # noqa: S606
