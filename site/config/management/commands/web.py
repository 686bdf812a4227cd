"""The web server: granian, one process with a few threads, so that SQLite has few writers to queue."""

import logging
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

# Granian sets up handlers of its own; ours write one JSON object a line and leave out what mustn't be kept.
GRANIAN_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {},
    "handlers": {},
    "loggers": {
        "_granian": {"handlers": [], "propagate": True},
        "granian.access": {"handlers": [], "propagate": False},
    },
}


class Command(BaseCommand):
    help = "Serves the site on HOST and PORT (default 127.0.0.1:8000). No access log: paths hold tokens."
    requires_system_checks: list = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=int(os.environ.get("WEB_THREADS", "6")))
        parser.add_argument("--workers", type=int, default=int(os.environ.get("WEB_WORKERS", "1")))

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("_granian").setLevel(logging.WARNING)
        Server(
            "config.wsgi:application",
            address=os.environ.get("HOST", "127.0.0.1"),
            port=int(os.environ.get("PORT", "8000")),
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=options["workers"],
            workers_kill_timeout=4,
            blocking_threads=options["threads"],
            blocking_threads_idle_timeout=600,
            backpressure=options["threads"] * 16,
            log_level=LogLevels.warning,
            log_dictconfig=GRANIAN_LOGS,
            log_access=False,
        ).serve()
