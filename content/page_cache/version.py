"""The version of the cached pages: entries of any process count only while their version is the current one.

The version is a random word in a cache that all processes share (files in DATA_DIR, or Redis), and today's date. A
change of what pages show writes a new word once it is committed (`invalidation.py`), and each process looks every tenth
of a second: web, workers, sweeper and `manage.py` alike. A word that was lost is replaced by a new one, which only
means that pages are built afresh. A cache that does not answer means that no page is cached at all.
"""

import logging
import secrets
import threading
import time
from datetime import date
from functools import partial

from django.core.cache import caches
from django.db.transaction import on_commit
from django.utils import timezone

ALIAS = "pages"
KEY = "generation"  # an installed release reads the same key during an upgrade
REFRESH_SECONDS = 0.1
SETTLING_SECONDS = 0.03
log = logging.getLogger(__name__)


def current_second() -> int:
    """Return the wall clock's second, counted from its first 30 ms on.

    What is looked up in it is thus at least 30 ms younger than the second's beginning.
    """
    return int(time.time() - SETTLING_SECONDS)


class CacheVersion:
    """This process's view of the current version. Shared by its threads."""

    def __init__(self) -> None:
        self._value: tuple[str, date] | None = None
        self._refresh_after = 0.0
        self._second = 0
        self._was_failing = False

    def current(self) -> tuple[str, date] | None:
        """Return the version, at most a tenth of a second old and of this second.

        None while the cache does not answer.

        The same object until it changes, so that callers compare with `is`.
        """
        now, second = time.monotonic(), current_second()
        if now >= self._refresh_after or second != self._second:
            # Set before asking, so that other threads don't ask too.
            self._refresh_after, self._second = now + REFRESH_SECONDS, second
            self.refresh()
        return self._value

    def refresh(self) -> tuple[str, date] | None:
        """Ask the cache now. What is built after this call shows everything committed before the word was written."""
        word = self._read()
        # Hotlines grow old by days, so a page built yesterday may name one that is hidden today (docs/adr/0020). The
        # default time zone, not the active one: all processes must agree on midnight.
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        value = (word, today) if word else None
        # Replaced only when it differs: callers compare by identity.
        if value != self._value:
            self._value = value
        return self._value

    def _read(self) -> str:
        try:
            word = caches[ALIAS].get(KEY)
            if not word:
                # `add`, then read again: of two processes that find no word, both go on with the one that was first.
                caches[ALIAS].add(KEY, _new_word(), timeout=None)
                word = caches[ALIAS].get(KEY, "")
        except Exception as error:  # noqa: BLE001  # each kind of cache fails in its own way; pages are built without it
            if not self._was_failing:
                log.error("the cache of pages does not answer: %s", type(error).__name__)
            self._was_failing = True
            return ""
        self._was_failing = False
        return str(word)


cache_version = CacheVersion()
_requests = threading.local()  # .wanted, .done: how often this thread asked for a new version, and was served


def invalidate_pages() -> None:
    """Declare every cached page out of date, once the current transaction is committed (at once without one).

    However often a transaction asks, one word is written.
    """
    # Not before the commit: another process would rebuild its pages from rows that are still the old ones.
    number = _requests.wanted = getattr(_requests, "wanted", 0) + 1
    on_commit(partial(_write_new_word, number))


def _write_new_word(number: int) -> None:
    if number <= getattr(_requests, "done", 0):
        return
    # The first callback of a transaction serves all its requests; later ones find their number done.
    _requests.done = _requests.wanted
    try:
        caches[ALIAS].set(KEY, _new_word(), timeout=None)
    except Exception as error:  # noqa: BLE001  # the change itself is committed; cached pages end by their age
        log.error("the cache of pages could not be told of a change: %s", type(error).__name__)
    cache_version.refresh()


def _new_word() -> str:
    return secrets.token_hex(8)
