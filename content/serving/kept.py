"""Answers kept whole in memory: each with its compressed forms, all of them within a fixed number of bytes."""

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
OVERHEAD = 2048  # what an entry takes beside its bodies, roughly


@dataclass(frozen=True, slots=True)
class Form:
    """One encoding of an answer, with everything that is sent for it made beforehand."""

    etag: str
    body: bytes
    headers: Headers  # of a 200
    unchanged: Headers  # of a 304


def _compressed(body: bytes, encoding: str) -> bytes:
    if encoding == "br":
        return brotli.compress(body, mode=brotli.MODE_TEXT, quality=6)
    if encoding == "gzip":
        squeezer = zlib.compressobj(6, zlib.DEFLATED, 31)
        return squeezer.compress(body) + squeezer.flush()
    return body


@dataclass(slots=True)
class Kept:
    """An answer to a GET. `generation` is the object it was made under; it counts while that one is current."""

    generation: Any
    headers: Headers  # without Content-Length, Content-Encoding, ETag
    body: bytes
    made_at: float = field(default_factory=time.monotonic)
    was_read: bool = False
    forms: dict[str, Form] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def form(self, encoding: str) -> Form:
        """Made when first asked for: many pages are only ever read in one encoding."""
        made = self.forms.get(encoding)
        if made is None:
            with self.lock:
                made = self.forms.get(encoding) or self._make(encoding)
                self.forms[encoding] = made
        return made

    def _make(self, encoding: str) -> Form:
        body = _compressed(self.body, encoding)
        etag = f'"{hashlib.sha256(self.body).hexdigest()[:24]}-{encoding}"'
        shared = [*self.headers, ("Vary", "Accept-Encoding"), ("ETag", etag)]
        coded = [] if encoding == "identity" else [("Content-Encoding", encoding)]
        without_type = [pair for pair in shared if pair[0].lower() != "content-type"]
        return Form(etag, body, [*shared, *coded, ("Content-Length", str(len(body)))], without_type)

    @property
    def size(self) -> int:
        """Counted when it is put in: about what all forms will take together."""
        return int(len(self.body) * 1.6) + OVERHEAD


class Shelf:
    """Answers by key, at most `limit` bytes of them. What was not read since its last turn goes first.

    Reading takes no lock: a dict's look-up is one step under the interpreter, and a reader only sets a flag.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Any, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Any) -> Kept | None:
        kept = self._entries.get(key)
        if kept is not None:
            kept.was_read = True
        return kept

    def put(self, key: Any, kept: Kept) -> None:
        if kept.size > self.limit // 4:
            return
        with self._lock:
            self._take_out(key)
            self._entries[key] = kept
            self.size += kept.size
            while self.size > self.limit:
                self._make_room()

    def drop(self, key: Any) -> None:
        with self._lock:
            self._take_out(key)

    def _take_out(self, key: Any) -> None:
        old = self._entries.pop(key, None)
        if old is not None:
            self.size -= old.size

    def _make_room(self) -> None:
        key, oldest = next(iter(self._entries.items()))
        if oldest.was_read:
            oldest.was_read = False
            self._entries.move_to_end(key)
        else:
            self._take_out(key)
