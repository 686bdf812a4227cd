"""What all public pages share, read once for each generation: numbers, menu, words explained, the site itself.

A page made anew then asks only for what is its own. It counts while the generation is the current one, and no longer
than a few seconds, for what changes without a signal (`changes.py`). Requests that didn't come through `WholePages`
(staff, previews, workers, tests) remember nothing and read everything afresh.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from django.http import HttpRequest

GENERATION = "vatra.generation"  # set in the request's environment by `WholePages`
SECONDS = 15.0
AT_MOST = 500
T = TypeVar("T")

_known: dict[Hashable, tuple[Any, float, Any]] = {}  # name: (generation, until, value)


def is_remembering(request: HttpRequest | None) -> bool:
    return request is not None and request.META.get(GENERATION) is not None


def remembered(request: HttpRequest | None, name: Hashable, make: Callable[[], T]) -> T:
    """The value made earlier in this generation, or a new one. Readers share it: nobody changes what is in it."""
    generation = request.META.get(GENERATION) if request is not None else None
    if generation is None:
        return make()
    found = _known.get(name)
    now = time.monotonic()
    if found is not None and found[0] is generation and now < found[1]:
        return cast(T, found[2])
    value = make()
    if len(_known) >= AT_MOST:
        _known.clear()
    _known[name] = (generation, now + SECONDS, value)
    return value
