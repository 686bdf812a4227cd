"""Cached pages within a fixed number of bytes."""

import threading
from collections import OrderedDict
from typing import Any

from .entry import CachedPage


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
