"""The outermost layer of the web server: public pages from memory, without entering Django (docs/adr/0023).

What may be kept is said by the view (`marks.keep_whole`); this layer looks again at what came back. Kept pages count
while the generation they were made under is the current one (`generation.py`), and no longer than `seconds`: a change
that passed our signals by ends there.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from .generation import Generation, current_second, generation
from .kept import ENCODINGS, Headers, Kept, Shelf
from .marks import MARK, TRACKING
from .shared import GENERATION

Environ = dict[str, Any]
Body = Iterable[bytes]

# Not looked at here at all: staff, secrets, files, and what asks for itself.
PASSED = (
    "/field/",
    "/cms/",
    "/api/field/",
    "/n/",
    "/accounts/",
    "/sandbox/",
    "/static/",
    "/media/",
    "/documents/",
    "/healthz",
    "/readyz",
    "/dil/",
    "/pyet/",
    "/en/pyet/",
)
SHARED_VARY = {"accept-language", "accept-encoding"}  # the language of a public page follows its address
UNKEPT_AT_MOST = 4096
LONGEST_ADDRESS = 1000  # characters; no page of ours has a longer one, and what we remember of addresses stays bounded
LONGEST_ACCEPTED = 200
WAIT_S = 10.0
WAIT_AT_MOST = 24  # for pages being made; each holds a thread of the server, and others need some too
WORTH_SQUEEZING = 600


class WholePages:
    """A WSGI application around Django's. Shared by the server's threads."""

    def __init__(
        self, inner: Callable[..., Body], *, limit: int, seconds: float, generation: Generation = generation
    ) -> None:
        self.inner = inner
        self.shelf = Shelf(limit)
        self.seconds = seconds
        self.generation = generation
        self._session = settings.SESSION_COOKIE_NAME
        self._tells_proxy = bool(settings.TRUSTED_PROXIES)
        self._making: dict[Any, threading.Event] = {}
        self._unkept: set[Any] = set()
        self._waiting = 0
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Body:
        method = environ["REQUEST_METHOD"]
        if (
            (method != "GET" and method != "HEAD")
            or environ["PATH_INFO"].startswith(PASSED)
            or self._session in environ.get("HTTP_COOKIE", "")
            or "HTTP_AUTHORIZATION" in environ
        ):
            return self.inner(environ, start_response)
        is_long = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS
        if is_long or not self.shelf.limit:
            environ[GENERATION] = self.generation.look()
            return self.inner(environ, start_response)
        key = get_key(environ)
        kept = self._still_true(key)
        if kept is not None:
            return self._answer(kept, environ, start_response)
        if method == "HEAD":
            environ[GENERATION] = self.generation.look()
            return self.inner(environ, start_response)
        return self._make_once(key, environ, start_response)

    def _still_true(self, key: Any) -> Kept | None:
        kept = self.shelf.get(key)
        if kept is None or kept.generation is not self.generation.current():
            return None
        return kept if time.monotonic() - kept.made_at < self.seconds else None

    def _answer(self, kept: Kept, environ: Environ, start_response: Callable[..., Any]) -> Body:
        form = kept.form(wanted_encoding(environ))
        known = environ.get("HTTP_IF_NONE_MATCH")
        is_known = known is not None and (form.etag in known or known.strip() == "*")
        headers = form.unchanged if is_known else form.headers
        if self._tells_proxy:
            headers = [*headers, ("X-Accel-Expires", self._for_the_proxy(kept))]
        start_response("304 Not Modified" if is_known else "200 OK", headers)
        return [] if is_known or environ["REQUEST_METHOD"] == "HEAD" else [form.body]

    def _for_the_proxy(self, kept: Kept) -> str:
        """nginx may answer with it until this second ends: it was still true when this second was 30 ms old, so nobody
        is shown what changed a second ago. What can't be said so isn't kept there."""
        second = current_second()
        is_true = kept.generation is not None and kept.generation is self.generation.current()
        return f"@{second}" if is_true and second == int(time.time()) else "0"

    def _make_once(self, key: Any, environ: Environ, start_response: Callable[..., Any]) -> Body:
        """Whoever comes while a page is being made waits for it instead of making it too."""
        if key in self._unkept:
            return self._make(key, environ, start_response)
        with self._lock:
            others = self._making.get(key)
            if others is None:
                mine = self._making[key] = threading.Event()
            elif self._waiting < WAIT_AT_MOST:
                self._waiting += 1
            else:
                return self._make(key, environ, start_response)
        if others is not None:
            try:
                others.wait(WAIT_S)
            finally:
                with self._lock:
                    self._waiting -= 1
            kept = self._still_true(key)
            if kept is not None:
                return self._answer(kept, environ, start_response)
            return self._make(key, environ, start_response)
        try:
            return self._make(key, environ, start_response)
        finally:
            with self._lock:
                del self._making[key]
            mine.set()

    def _make(self, key: Any, environ: Environ, start_response: Callable[..., Any]) -> Body:
        made_under = environ[GENERATION] = self.generation.look()
        said: list[Any] = []

        def hear(status: str, headers: Headers, *trouble: Any) -> None:
            said[:] = [status, headers, *trouble]

        body = self.inner(environ, hear)
        status, headers, *trouble = said
        if not may_be_kept(key, environ, status, headers):
            if not status.startswith("503 "):  # refused for now: the next one may be kept again
                self._note_unkept(key)
            body = squeezed(environ, headers, body)
            start_response(status, headers, *trouble)
            return body
        kept = Kept(made_under, lasting(headers), gathered(body))
        if made_under is not None:
            self.shelf.put(key, kept)
        self._unkept.discard(key)
        return self._answer(kept, environ, start_response)

    def _note_unkept(self, key: Any) -> None:
        """Nobody waits for an address whose answer isn't kept."""
        if len(self._unkept) >= UNKEPT_AT_MOST:
            self._unkept.clear()
        self._unkept.add(key)


def get_key(environ: Environ) -> tuple[str, bool, str, str]:
    query = environ.get("QUERY_STRING", "")
    return (
        environ.get("HTTP_HOST", ""),
        environ.get("HTTP_X_FORWARDED_PROTO") == "https",
        environ["PATH_INFO"],
        _without_tracking(query) if query else "",
    )


def _without_tracking(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not name.startswith(TRACKING)])


def may_be_kept(key: tuple[str, bool, str, str], environ: Environ, status: str, headers: Headers) -> bool:
    """The view said so, and nothing in the answer speaks to one reader only."""
    allowed = environ.get(MARK)
    if allowed is None or not status.startswith("200 "):
        return False
    if any(name not in allowed for name, _value in parse_qsl(key[3], keep_blank_values=True)):
        return False
    for name, value in headers:
        lowered = name.lower()
        if lowered in ("set-cookie", "content-encoding"):
            return False
        if lowered == "cache-control" and ("no-store" in value or "private" in value):
            return False
        if lowered == "vary" and not {each.strip().lower() for each in value.split(",")} <= SHARED_VARY:
            return False
    return True


def lasting(headers: Headers) -> Headers:
    """What stays true of an answer whatever its encoding."""
    return [pair for pair in headers if pair[0].lower() not in ("content-length", "vary", "etag", "date")]


def gathered(body: Body) -> bytes:
    try:
        return b"".join(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()


def squeezed(environ: Environ, headers: Headers, body: Body) -> Body:
    """A public page that isn't kept, compressed for its one reader. It holds no secret that its size could tell."""
    told = {name.lower(): value for name, value in headers}
    is_page = told.get("content-type", "").startswith("text/html") and "content-encoding" not in told
    if not is_page or "set-cookie" in told or wanted_encoding(environ) == "identity":
        return body
    if not told.get("content-length", "").isdigit() or int(told["content-length"]) < WORTH_SQUEEZING:
        return body
    squeezer = zlib.compressobj(6, zlib.DEFLATED, 31)
    small = squeezer.compress(gathered(body)) + squeezer.flush()
    headers[:] = [pair for pair in headers if pair[0].lower() not in ("content-length", "vary")]
    vary = ", ".join(filter(None, [told.get("vary", ""), "Accept-Encoding"]))
    headers += [("Content-Encoding", "gzip"), ("Vary", vary), ("Content-Length", str(len(small)))]
    return [small]


def wanted_encoding(environ: Environ) -> str:
    return encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST_ACCEPTED])


@lru_cache(maxsize=512)
def encoding_for(accepted: str) -> str:
    """The best of ours that the browser takes."""
    wanted = set()
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            wanted.add(name.strip())
    return next((encoding for encoding in ENCODINGS if encoding in wanted), "identity")
