"""WSGI layer around Django that answers public pages from memory (docs/adr/0023).

The view says what may be cached (`markers.py`); this layer checks again what came back. A cached page counts while the
version it was built under is the current one (`version.py`), and no longer than `seconds`: a change that sent no signal
ends there.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from .markers import ENVIRON_KEY, TRACKING
from .shared import VERSION_KEY
from .store import ENCODINGS, CachedPage, Headers, PageStore
from .version import CacheVersion, cache_version, current_second

Environ = dict[str, Any]
Body = Iterable[bytes]

# Never cached: staff's pages, recipients' links, files, forms, and health checks, which must ask the service itself.
BYPASSED_PREFIXES = (
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
    "/metrics",
    "/dil/",
    "/pyet/",
    "/en/pyet/",
)
SHARED_VARY = {"accept-language", "accept-encoding"}  # the language of a public page follows its address
MAX_UNCACHEABLE = 4096
MAX_URL_LENGTH = 1000  # characters; no page of ours has a longer one, and it bounds what keys take
MAX_ACCEPT_LENGTH = 200
WAIT_SECONDS = 10.0
MAX_WAITING = 24  # for pages being built; each holds a thread of the server, and others need some too
MIN_COMPRESSED_SIZE = 600


class PageCacheMiddleware:
    """A WSGI application around Django's. Shared by the server's threads."""

    def __init__(
        self,
        inner: Callable[..., Body],
        *,
        limit: int,
        seconds: float,
        cache_version: CacheVersion = cache_version,
        count: Callable[[str, str], None] = lambda _name, _label: None,
    ) -> None:
        self.inner, self.count = inner, count
        self.store = PageStore(limit)
        self.seconds = seconds
        self.cache_version = cache_version
        self._session = settings.SESSION_COOKIE_NAME
        self._tells_proxy = bool(settings.TRUSTED_PROXIES)
        self._building: dict[Any, threading.Event] = {}
        self._uncacheable: set[Any] = set()
        self._waiting = 0
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Body:
        method = environ["REQUEST_METHOD"]
        if (
            (method != "GET" and method != "HEAD")
            or environ["PATH_INFO"].startswith(BYPASSED_PREFIXES)
            # A substring is enough and cheap: a cookie that merely contains the name costs its reader the cache,
            # nothing else.
            or self._session in environ.get("HTTP_COOKIE", "")
            or "HTTP_AUTHORIZATION" in environ
        ):
            return self.inner(environ, start_response)
        is_long = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", "")) > MAX_URL_LENGTH
        if is_long or not self.store.limit:
            # Not cached itself, but it may still use what pages share (`shared.py`), which is valid for one version.
            environ[VERSION_KEY] = self.cache_version.refresh()
            return self.inner(environ, start_response)
        key = build_key(environ)
        page = self._get_valid(key)
        self.count("page", "built" if page is None else "hit")
        if page is not None:
            return self._answer(page, environ, start_response)
        # Its answer has no body to store, so only a GET fills the cache.
        if method == "HEAD":
            environ[VERSION_KEY] = self.cache_version.refresh()
            return self.inner(environ, start_response)
        return self._build_once(key, environ, start_response)

    def _get_valid(self, key: Any) -> CachedPage | None:
        page = self.store.get(key)
        if page is None or page.version is not self.cache_version.current():
            return None
        return page if time.monotonic() - page.built_at < self.seconds else None

    def _answer(self, page: CachedPage, environ: Environ, start_response: Callable[..., Any]) -> Body:
        body = page.get_body(wanted_encoding(environ))
        known = environ.get("HTTP_IF_NONE_MATCH")
        # If-None-Match may list several tags, so the own one is looked for within the header.
        is_known = known is not None and (body.etag in known or known.strip() == "*")
        headers = body.not_modified if is_known else body.headers
        if self._tells_proxy:
            headers = [*headers, ("X-Accel-Expires", self._proxy_expiry(page))]
        start_response("304 Not Modified" if is_known else "200 OK", headers)
        return [] if is_known or environ["REQUEST_METHOD"] == "HEAD" else [body.body]

    def _proxy_expiry(self, page: CachedPage) -> str:
        """Return the value of X-Accel-Expires: until the end of this second, or "0" when nginx must not store the page.

        The page was valid when this second was 30 ms old, so nobody is shown what changed a whole second ago.
        """
        second = current_second()
        # Checked anew, after the page was built: a change may have come, or the second may have passed, meanwhile.
        is_true = page.version is not None and page.version is self.cache_version.current()
        return f"@{second}" if is_true and second == int(time.time()) else "0"

    def _build_once(self, key: Any, environ: Environ, start_response: Callable[..., Any]) -> Body:
        """Build the page once: requests that come meanwhile wait for it instead of building it too."""
        # Waiting would be for nothing: such an answer isn't stored, so each request needs its own.
        if key in self._uncacheable:
            return self._build(key, environ, start_response)
        with self._lock:
            others = self._building.get(key)
            if others is None:
                mine = self._building[key] = threading.Event()
            elif self._waiting < MAX_WAITING:
                # Counted under the same lock that found the event, so that never more than MAX_WAITING threads of the
                # server wait.
                self._waiting += 1
            else:
                return self._build(key, environ, start_response)
        if others is not None:
            try:
                # Outside the lock. Bounded: if the builder hangs, each waiting request builds the page itself.
                others.wait(WAIT_SECONDS)
            finally:
                with self._lock:
                    self._waiting -= 1
            page = self._get_valid(key)
            if page is not None:
                return self._answer(page, environ, start_response)
            return self._build(key, environ, start_response)
        try:
            return self._build(key, environ, start_response)
        finally:
            with self._lock:
                del self._building[key]
            # After an error too: those who wait would otherwise sit out WAIT_SECONDS.
            mine.set()

    def _build(self, key: Any, environ: Environ, start_response: Callable[..., Any]) -> Body:
        # Read before the page is built: a change that commits while it is built makes the entry old, never new.
        version = environ[VERSION_KEY] = self.cache_version.refresh()
        captured: list[Any] = []

        # Django must not start the response: whether the headers go out as they are is decided below.
        def capture(status: str, headers: Headers, *trouble: Any) -> None:
            captured[:] = [status, headers, *trouble]

        body = self.inner(environ, capture)
        status, headers, *trouble = captured
        if not may_be_cached(key, environ, status, headers):
            if not status.startswith("503 "):  # refused for now: the next answer may be cached again
                self._note_uncacheable(key)
            body = compress_for_reader(environ, headers, body)
            start_response(status, headers, *trouble)
            return body
        page = CachedPage(version, keep_stable_headers(headers), read_body(body))
        # Without a version (the shared cache doesn't answer) nobody could tell later whether the page is still valid.
        if version is not None:
            self.store.put(key, page)
        self._uncacheable.discard(key)
        return self._answer(page, environ, start_response)

    def _note_uncacheable(self, key: Any) -> None:
        """Remember that nobody needs to wait for this address, because its answer isn't cached."""
        if len(self._uncacheable) >= MAX_UNCACHEABLE:
            # Emptied whole, to bound memory: an address that is dropped costs one wait and is noted again.
            self._uncacheable.clear()
        self._uncacheable.add(key)


def build_key(environ: Environ) -> tuple[str, bool, str, str]:
    query = environ.get("QUERY_STRING", "")
    return (
        environ.get("HTTP_HOST", ""),
        # Django may build absolute links from host and scheme, so both belong to the key.
        environ.get("HTTP_X_FORWARDED_PROTO") == "https",
        environ["PATH_INFO"],
        _without_tracking(query) if query else "",
    )


def _without_tracking(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not name.startswith(TRACKING)])


def may_be_cached(key: tuple[str, bool, str, str], environ: Environ, status: str, headers: Headers) -> bool:
    """Return whether the view allowed it and nothing in the answer is meant for one reader only."""
    allowed = environ.get(ENVIRON_KEY)
    if allowed is None or not status.startswith("200 "):
        return False
    # The key holds the query as asked; a parameter that the view doesn't know would fill the cache with copies.
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


def keep_stable_headers(headers: Headers) -> Headers:
    """Return the headers that are the same in every encoding."""
    return [pair for pair in headers if pair[0].lower() not in ("content-length", "vary", "etag", "date")]


def read_body(body: Body) -> bytes:
    try:
        return b"".join(body)
    finally:
        # WSGI obliges whoever consumes the body: Django ends the request (and frees its connection) in `close`.
        close = getattr(body, "close", None)
        if close is not None:
            close()


def compress_for_reader(environ: Environ, headers: Headers, body: Body) -> Body:
    """Compress a public page that isn't cached for its one reader.

    It holds no secret that its compressed size could reveal.
    """
    values = {name.lower(): value for name, value in headers}
    is_page = values.get("content-type", "").startswith("text/html") and "content-encoding" not in values
    # A page that sets a cookie may carry a CSRF token: secrets compressed with a reader's input can be guessed
    # (BREACH).
    if not is_page or "set-cookie" in values or wanted_encoding(environ) == "identity":
        return body
    # A streamed answer has no length, and reading it whole would defeat streaming.
    if not values.get("content-length", "").isdigit() or int(values["content-length"]) < MIN_COMPRESSED_SIZE:
        return body
    compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
    small = compressor.compress(read_body(body)) + compressor.flush()
    headers[:] = [pair for pair in headers if pair[0].lower() not in ("content-length", "vary")]
    vary = ", ".join(filter(None, [values.get("vary", ""), "Accept-Encoding"]))
    headers += [("Content-Encoding", "gzip"), ("Vary", vary), ("Content-Length", str(len(small)))]
    return [small]


def wanted_encoding(environ: Environ) -> str:
    return encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")[:MAX_ACCEPT_LENGTH])


@lru_cache(maxsize=512)
def encoding_for(accepted: str) -> str:
    """Return the best of ENCODINGS that the browser accepts."""
    wanted = set()
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            wanted.add(name.strip())
    return next((encoding for encoding in ENCODINGS if encoding in wanted), "identity")
