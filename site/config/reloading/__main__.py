"""Entry point `python -m config.reloading`: load the site, serve it on HOST and PORT, start over when code changes.

Django is imported inside the functions: the first checkpoints stand before it.
"""

import contextlib
import gc
import importlib
import logging
import os
import socket
import sys
import threading
import traceback
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .checkpoints import Checkpoints
from .watching import watch

# Packages that need no settings: what they take is not taken again, however early the changed file is read.
LOADED_FIRST = (
    "altcha", "bs4", "cryptography.x509", "django.core.wsgi", "fido2.server", "httpcore", "icalendar", "phonenumbers",
    "PIL.Image", "psycopg", "pydantic", "redis", "rich.console", "structlog", "xlsxwriter",
)  # fmt: skip


def main() -> None:
    """Load, serve in a thread, and watch the files in this one."""
    gc.disable()  # a collection would touch, and so copy, what the checkpoints share
    address = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    listener = socket.create_server(address, backlog=128)
    for name in LOADED_FIRST:
        importlib.import_module(name)
    checkpoints = Checkpoints()
    sys.meta_path.insert(0, checkpoints)
    checkpoints.take()
    try:
        application, is_whole = load(), True
    except BaseException:  # noqa: BLE001 - half-written code may raise whatever it likes
        traceback.print_exc()
        application, is_whole = build_failure(traceback.format_exc()), False
    sys.meta_path.remove(checkpoints)
    gc.freeze()
    gc.enable()
    threading.Thread(target=serve, args=(application, listener), kwargs={"is_whole": is_whole}, daemon=True).start()
    watch(checkpoints, is_whole=is_whole)


class Server(ThreadingMixIn, WSGIServer):
    """A server on a socket that listens already: while code is loaded, requests wait there instead of being refused."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, handler: type[WSGIRequestHandler]) -> None:
        super().__init__(listener.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = listener.getsockname()[:2]
        self.setup_environ()


class SilentHandler(WSGIRequestHandler):
    """Logs no request: paths hold tokens."""

    def log_message(self, *_told: Any) -> None:
        """Say nothing."""


def serve(application: Any, listener: socket.socket, *, is_whole: bool) -> None:
    """Serve requests, and tell the supervisor that this process lives."""
    with contextlib.suppress(Exception):  # what it imports may be what is broken
        from ..liveness import pulse

        pulse.start()
    handler: type[WSGIRequestHandler] = SilentHandler
    if is_whole:
        from django.core.servers.basehttp import WSGIRequestHandler as handler  # keeps connections, parts of headers

        logging.getLogger("django.server").setLevel(logging.ERROR)  # paths hold tokens
    server = Server(listener, handler)
    server.set_app(application)
    server.serve_forever()


def load() -> Any:
    """Import all that a request could need; returns the WSGI application."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.urls import get_resolver

    from ..wsgi import application

    get_resolver()._populate()  # the first request would do it
    return application


def build_failure(text: str) -> Any:
    """Build a WSGI application that answers every request with this text: why there is no other."""

    def application(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    return application


if __name__ == "__main__":
    main()
