"""Values that all public pages share, read once for each version: helplines, menu, glossary, the site itself.

A page built anew then queries only what is its own. A value counts while its version is the current one, and no longer
than a few seconds, for what changes without a signal (`invalidation.py`). Requests that didn't come through
`PageCacheMiddleware` (staff, previews, workers, tests) share nothing and read everything afresh.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from django.http import HttpRequest

VERSION_KEY = "vatra.generation"  # set in the request's environment by `PageCacheMiddleware`
MAX_SECONDS = 15.0
MAX_SHARED = 500
T = TypeVar("T")

_values: dict[Hashable, tuple[Any, float, Any]] = {}  # name: (version, until, value)


def is_sharing(request: HttpRequest | None) -> bool:
    return request is not None and request.META.get(VERSION_KEY) is not None


def get_shared(request: HttpRequest | None, name: Hashable, make: Callable[[], T]) -> T:
    """Return the value built earlier in this version, or build it. Callers share it and must not change it."""
    version = request.META.get(VERSION_KEY) if request is not None else None
    if version is None:
        return make()
    # No lock: at worst two threads build the same value, and the later one stays.
    found = _values.get(name)
    now = time.monotonic()
    if found is not None and found[0] is version and now < found[1]:
        return cast(T, found[2])
    value = make()
    if len(_values) >= MAX_SHARED:
        _values.clear()
    _values[name] = (version, now + MAX_SECONDS, value)
    return value
