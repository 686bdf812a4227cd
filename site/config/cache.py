"""A cache that fails open: a disk or a Redis that is gone, full or hung breaks no page and no sign-in.

`FailOpenCache` stands before one of Django's own stores (`OPTIONS["STORE"]`). A store that failed is left alone for
`REST_S` seconds, so that a hung one costs one wait and not one per read; Redis is given 0.1 s and asked once
(docs/adr/0049). Meanwhile each process uses a small memory of its own: limits on sign-in go on counting there, and
Wagtail finds its sites. With `OPTIONS["FALLBACK"] = False` the failure is raised, at once, for callers that must know
that nothing is shared now (the generation of the page cache, `content.page_cache.version`). What either store holds is
signed (`config.cache_signing`).
"""

import logging
import pickle
import threading
import time
import zlib
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.module_loading import import_string
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from .cache_signing import SignedFileCache, SignedSerializer

log = logging.getLogger(__name__)

# Failures of a store. A caller's mistake (an impossible key, `incr` of a missing one) is none of these.
FAILURES = (OSError, EOFError, pickle.PickleError, zlib.error, RedisError)
REST_S = 1.0
REDIS_WAIT_S = 0.1
# No retries: redis-py would ask three more times, each after a longer wait.
REDIS_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": REDIS_WAIT_S,
    "socket_timeout": REDIS_WAIT_S,
    "retry": Retry(NoBackoff(), 0),
    "serializer": SignedSerializer,
}
FALLBACK_SECONDS = 300  # the longest window of a limit that allauth still counts here
MAX_MISSED = 10_000


class StoreAway(OSError):
    """The store failed within the last second and isn't asked again yet."""


class _Health:
    """What this process knows about one store. Shared by its threads, which each have a cache object of their own."""

    def __init__(self) -> None:
        self.rests_until = 0.0
        # Keys changed meanwhile: the store holds outdated values under them.
        self.missed: set[tuple[str, int | None]] = set()
        self.lock = threading.Lock()

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self.rests_until

    def fail(self, error: BaseException) -> None:
        with self.lock:
            was_well, self.rests_until = not self.rests_until, time.monotonic() + REST_S
        if was_well:
            log.error("a cache does not answer, going on without it: %s", type(error).__name__)

    def miss(self, changed: set[tuple[str, int | None]]) -> None:
        with self.lock:
            if len(self.missed) < MAX_MISSED:
                self.missed |= changed

    def take_missed(self) -> set[tuple[str, int | None]]:
        with self.lock:
            missed, self.missed = self.missed, set()
        return missed

    def recover(self) -> None:
        with self.lock:
            was_well, self.rests_until = not self.rests_until, 0.0
        if not was_well:
            log.warning("a cache answers again")


_healths: dict[str, _Health] = {}


class FailOpenCache(BaseCache):
    """One of Django's caches, and this process's own memory while that one is down."""

    def __init__(self, location: Any, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = dict(params.get("OPTIONS") or {})
        self._store_class = import_string(options.pop("STORE"))
        may_fall_back = options.pop("FALLBACK", True)
        if self._store_class is FileBasedCache:
            self._store_class = SignedFileCache
        if self._store_class.__name__ == "RedisCache":
            options = {**REDIS_OPTIONS, **options}
        self._location = location
        self._params = {**params, "OPTIONS": options}
        self._store: BaseCache | None = None
        # One health for each store and not for each object: Django makes a cache object for every thread.
        name = f"{location} {self.key_prefix}"
        self._health = _healths.setdefault(name, _Health())
        own = {"KEY_PREFIX": self.key_prefix, "VERSION": self.version, "OPTIONS": {"MAX_ENTRIES": 5000}}
        self._own = LocMemCache(f"fallback {name}", own) if may_fall_back else None

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", key, default, version=version)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask("has_key", key, version=version))

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._change("add", key, value, timeout=timeout, version=version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._change("set", key, value, timeout=timeout, version=version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._change("touch", key, timeout=timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._change("delete", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._change("incr", key, delta, version=version))

    def clear(self) -> None:
        if self._own is not None:
            self._own.clear()
        self._ask("clear")

    def _change(self, verb: str, key: Any, *args: Any, version: int | None, **named: Any) -> Any:
        """Call a method that changes the value of `key`."""
        return self._ask(verb, key, *args, version=version, _changed=(str(key), version), **named)

    def _ask(self, verb: str, *args: Any, _changed: tuple[str, int | None] | None = None, **named: Any) -> Any:
        """Call the store's method, or this process's own memory while the store is down. Raises StoreAway."""
        health = self._health
        if not health.is_resting:
            try:
                answer = getattr(self._ready_store(), verb)(*args, **named)
            except FAILURES as error:
                health.fail(error)
                if self._own is None:
                    raise
            else:
                health.recover()
                return answer
        # Nothing was asked this time: the caller hears of the failure without waiting for it again.
        if self._own is None:
            raise StoreAway
        if _changed:
            health.miss({_changed})
        if "timeout" in named:
            named["timeout"] = _shortened(named["timeout"])
        return getattr(self._own, verb)(*args, **named)

    def _ready_store(self) -> BaseCache:
        """Return the store, rid of the keys that were changed while it was down.

        It is made at its first use: a folder that can't be created must not fail the import.
        """
        if self._store is None:
            self._store = self._store_class(self._location, self._params)
        if self._health.missed:
            missed = self._health.take_missed()
            try:
                for key, version in missed:
                    self._store.delete(key, version=version)
            except FAILURES:
                # Down again: the keys stay marked until they are deleted there.
                self._health.miss(missed)
                raise
            if self._own is not None:
                # What it holds is older than the store from now on, should the store fail again.
                self._own.clear()
        return self._store


def _shortened(timeout: Any) -> float:
    if timeout is DEFAULT_TIMEOUT or timeout is None:
        return FALLBACK_SECONDS
    return min(float(timeout), FALLBACK_SECONDS)
