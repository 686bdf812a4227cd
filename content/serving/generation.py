"""Which pages kept by any process are still true: those of the current generation.

The generation is a random word in a cache that all processes share (files in DATA_DIR, or Redis), and today's date. A
change of what pages show writes a new word once it is committed (`changes.py`), and each process looks every tenth of
a second: web, workers, sweeper and `manage.py` alike. A word that was lost is replaced by a new one, which only means
that pages are made afresh. A cache that does not answer means that no page is kept at all.
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
KEY = "generation"
LOOK_EVERY_S = 0.1
YOUNG_S = 0.03
log = logging.getLogger(__name__)


def current_second() -> int:
    """The wall clock's second, which counts from its first 30 ms on: what is looked up in it is that much later than
    its beginning."""
    return int(time.time() - YOUNG_S)


class Generation:
    """This process's view of the current generation. Shared by its threads."""

    def __init__(self) -> None:
        self._value: tuple[str, date] | None = None
        self._look_after = 0.0
        self._second = 0
        self._was_ill = False

    def current(self) -> tuple[str, date] | None:
        """At most a tenth of a second old, and of this second; None while nobody can say. The same object until it
        changes."""
        now, second = time.monotonic(), current_second()
        if now >= self._look_after or second != self._second:
            self._look_after, self._second = now + LOOK_EVERY_S, second  # first, so that other threads don't look too
            self.look()
        return self._value

    def look(self) -> tuple[str, date] | None:
        """Asks now. What is made after this call shows everything that was committed before the word was written."""
        word = self._read()
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        value = (word, today) if word else None
        if value != self._value:
            self._value = value
        return self._value

    def _read(self) -> str:
        try:
            word = caches[ALIAS].get(KEY)
            if not word:
                caches[ALIAS].add(KEY, _new_word(), timeout=None)
                word = caches[ALIAS].get(KEY, "")
        except Exception as error:  # noqa: BLE001  # each kind of cache fails in its own way; pages go on without it
            if not self._was_ill:
                log.error("the cache of pages does not answer: %s", type(error).__name__)
            self._was_ill = True
            return ""
        self._was_ill = False
        return str(word)


generation = Generation()
_asked = threading.local()  # .wanted, .done: how many times this thread asked for a new generation, and was heard


def begin_new_generation() -> None:
    """Everything kept so far is out of date, once the transaction that runs now is committed (at once without one).

    However often a transaction asks, one word is written.
    """
    number = _asked.wanted = getattr(_asked, "wanted", 0) + 1
    on_commit(partial(_begin, number))


def _begin(number: int) -> None:
    if number <= getattr(_asked, "done", 0):
        return
    _asked.done = _asked.wanted
    try:
        caches[ALIAS].set(KEY, _new_word(), timeout=None)
    except Exception as error:  # noqa: BLE001  # the change itself is committed; kept pages end by their age
        log.error("the cache of pages could not be told of a change: %s", type(error).__name__)
    generation.look()


def _new_word() -> str:
    return secrets.token_hex(8)
