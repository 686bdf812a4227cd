"""Run the web server: granian, one process in which few requests work at a time.

So SQLite has few writers to queue. Many more threads stand by: they cost little, and whoever waits, sends a slow body
or is refused needs one (`config.admission`). Each process reports to the supervisor that it lives (`config.liveness`);
one that dies or is killed is replaced by granian, the others go on.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server.mp import MPServer

from config.admission import THREADS_BESIDE
from config.liveness import pulse
from config.supervisor.instance import WEB_SOCKET

# Granian sets up handlers of its own; ours write one JSON object per line and leave out content.
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
        parser.add_argument("--workers", type=int, default=int(os.environ.get("WEB_WORKERS", "1")))

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("_granian").setLevel(logging.WARNING)
        HandedOver(
            "config.wsgi:application",
            address=os.environ.get("HOST", "127.0.0.1"),
            port=int(os.environ.get("PORT", "8000")),
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=options["workers"],
            workers_kill_timeout=4,
            respawn_failed_workers=True,
            blocking_threads=settings.WEB_THREADS + THREADS_BESIDE,
            blocking_threads_idle_timeout=60,
            backpressure=1024,  # connections, so high that config.admission decides who is served, waits or is refused
            log_level=LogLevels.warning,
            log_dictconfig=GRANIAN_LOGS,
            log_access=False,
        ).serve(target_loader=in_a_worker, wrap_loader=False)


class HandedOver(MPServer):
    """Granian on a socket that is listened on already, where the supervisor was given one."""

    def _init_shared_socket(self) -> None:
        number = os.environ.get(WEB_SOCKET, "")
        if not number:
            super()._init_shared_socket()
            return
        # All workers accept from it. Whoever connects while none does waits in it, also over a restart of the service.
        own: Any = self  # these are granian's own names, which its types leave open
        own._ssp = own._sso = None
        own._shd = SocketHolder(int(number), False, self.backlog)  # type: ignore[call-arg]
        own._sfd = int(number)


def in_a_worker() -> Callable[..., Any]:
    """Start the heartbeat and return the application; called in each new process of the server."""
    pulse.start()
    from config import wsgi  # makes the application, here and not in the process that starts the others

    wsgi.counter.start()
    return wsgi.application
