"""Asking the outermost layer as a server does."""

from dataclasses import dataclass
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from tests.connections import connections_stay_open

from ..whole_pages import WholePages


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    pairs: list[tuple[str, str]]
    body: bytes


class Counting:
    """Django, and how often it was asked."""

    def __init__(self, inner: Any = None) -> None:
        self.inner = inner or get_wsgi_application()
        self.asked = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.asked += 1
        return self.inner(environ, start_response)


def ask(application: WholePages, path: str, *, method: str = "GET", **headers: str) -> Answer:
    said: list[Any] = []

    def start(status: str, pairs: Any, *trouble: Any) -> None:
        said[:] = [status, list(pairs)]

    environ = (
        RequestFactory().generic(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()}).environ
    )
    with connections_stay_open():
        body = application(environ, start)
        try:
            whole = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
    status, pairs = said
    return Answer(int(status.split()[0]), {name.title(): value for name, value in pairs}, pairs, whole)
