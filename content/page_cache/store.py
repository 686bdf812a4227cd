"""Cached pages with their compressed bodies, within a fixed number of bytes."""

import hashlib
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import brotli

Headers = list[tuple[str, str]]
ENCODINGS = ("br", "gzip", "identity")
OVERHEAD = 2048  # bytes that an entry takes beside its bodies, roughly


@dataclass(frozen=True, slots=True)
class EncodedBody:
    """The body in one encoding, with the headers that go with it."""

    etag: str
    body: bytes
    headers: Headers  # of a 200
    not_modified: Headers  # of a 304


def _compress(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        # Level 6: compressed once for each version, while a reader waits. Higher levels take far longer for a few
        # percent.
        return brotli.compress(body, mode=brotli.MODE_TEXT, quality=6)
    if encoding == "gzip":
        # Window bits 31: 15 for the largest window, and 16 for gzip's header instead of zlib's.
        compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
        return compressor.compress(body) + compressor.flush()
    return body


@dataclass(slots=True)
class CachedPage:
    """The answer to a GET.

    Valid while `version`, the object it was built under, is the current one.
    """

    version: Any
    headers: Headers  # without Content-Length, Content-Encoding, ETag
    body: bytes
    built_at: float = field(default_factory=time.monotonic)
    was_read: bool = False
    bodies: dict[str, EncodedBody] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get_body(self, encoding: str) -> EncodedBody:
        """Return the body in `encoding`, compressed when it is first asked for.

        Most pages are read in one encoding only.
        """
        found = self.bodies.get(encoding)
        if found is None:
            with self.lock:
                # Looked up again under the lock: another thread may have compressed it while this one waited.
                found = self.bodies.get(encoding) or self._encode(encoding)
                self.bodies[encoding] = found
        return found

    def _encode(self, encoding: str) -> EncodedBody:
        body = _compress(self.body, encoding)
        # A strong ETag stands for exact bytes, so each encoding has its own.
        etag = f'"{hashlib.sha256(self.body).hexdigest()[:24]}-{encoding}"'
        shared = [*self.headers, ("Vary", "Accept-Encoding"), ("ETag", etag)]
        coded = [] if encoding == "identity" else [("Content-Encoding", encoding)]
        # A 304 has no body, hence no type, length or encoding of one; the browser keeps those of its copy.
        without_type = [pair for pair in shared if pair[0].lower() != "content-type"]
        return EncodedBody(etag, body, [*shared, *coded, ("Content-Length", str(len(body)))], without_type)

    @property
    def size(self) -> int:
        """Return an estimate of the bytes that all encodings take together; fixed, so that the store can count."""
        return int(len(self.body) * 1.6) + OVERHEAD


class PageStore:
    """Pages by key, at most `limit` bytes of them. Evicts by second chance (CLOCK): what was read gets another turn.

    Reading takes no lock: a dict's look-up is one step under the interpreter, and a reader only sets a flag.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Any, CachedPage] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Any) -> CachedPage | None:
        page = self._entries.get(key)
        if page is not None:
            page.was_read = True
        return page

    def put(self, key: Any, page: CachedPage) -> None:
        # One huge page would push out most others; it is built for each reader instead.
        if page.size > self.limit // 4:
            return
        with self._lock:
            self._remove(key)
            self._entries[key] = page
            self.size += page.size
            while self.size > self.limit:
                self._evict_one()

    def drop(self, key: Any) -> None:
        with self._lock:
            self._remove(key)

    def _remove(self, key: Any) -> None:
        old = self._entries.pop(key, None)
        if old is not None:
            self.size -= old.size

    def _evict_one(self) -> None:
        key, oldest = next(iter(self._entries.items()))
        if oldest.was_read:
            oldest.was_read = False
            self._entries.move_to_end(key)
        else:
            self._remove(key)
