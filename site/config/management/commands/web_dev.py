"""Run the web server of `make dev`: Django's own, restarted whenever a Python file changes. Never for real cases.

The outer process only waits and starts the inner one (RUN_MAIN, as Django's reloader calls it), which serves and
watches. The supervisor forks parts from a process that has all code loaded; only a new interpreter sees new code.
"""

import logging
import os
import subprocess
import sys
import time
from typing import Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import run
from django.utils import autoreload

from config.liveness import PULSE, pulse

INNER = "RUN_MAIN"
CHANGED = 3  # the exit status by which Django's reloader asks to be started again
PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Serves the site for development on HOST and PORT, and starts again when code changes. Needs DEBUG=1."
    requires_system_checks: list = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("web_dev is for development: it needs DEBUG=1 and the local profile.")
        if os.environ.get(INNER) == "true":
            autoreload.start_django(autoreload.get_reloader(), serve)
        else:
            self.keep_starting()

    def keep_starting(self) -> None:
        """Start the inner process again and again; after an error of its own (a half-written file) with a pause."""
        command = [sys.executable, str(settings.ROOT / "manage.py"), "web_dev"]
        pipe = os.environ.get(PULSE, "")
        passed_on = (int(pipe),) if pipe.isdigit() else ()
        while True:
            status = subprocess.run(command, env={**os.environ, INNER: "true"}, pass_fds=passed_on).returncode  # noqa: S603
            if status < 0:
                sys.exit(-status)
            if status != CHANGED:
                time.sleep(PAUSE_SECONDS)


def serve() -> None:
    """Serve the site, in a thread of the inner process; its main thread watches the files."""
    from config.wsgi import application  # makes it, in the inner process alone

    pulse.start()
    logging.getLogger("django.server").setLevel(logging.ERROR)  # paths hold tokens
    address = os.environ.get("HOST", "127.0.0.1")
    # Any WSGI application will do, whatever Django's stubs say.
    run(address, int(os.environ.get("PORT", "8000")), cast(Any, application), threading=True)
