"""How many random examples tests try: EXAMPLES_FACTOR=3 makes three times as many as each test names (tests/legs.py).

EXAMPLES_MINUTES bounds it: a test that begins later tries as many as it names, and the run says how many tests did.
"""

import os
import time
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, settings

MIN_EXAMPLES = 5
FACTOR = float(os.environ.get("EXAMPLES_FACTOR", "1"))
MINUTES = float(os.environ.get("EXAMPLES_MINUTES", "inf"))
REQUESTS = int(os.environ.get("CONTRACT_EXAMPLES", "8"))  # right and wrong ones of each documented operation
BEGAN = time.monotonic()
AS_NAMED = "as many examples as named"  # a test's property: the time for more was over
_named: dict[Any, settings] = {}


def with_factor(named: settings) -> settings:
    """The same test with as many examples as this run tries, but never fewer than a handful."""
    factor = 1.0 if _is_time_over() else FACTOR
    least = min(named.max_examples, MIN_EXAMPLES)
    return settings(named, max_examples=max(least, round(named.max_examples * factor)))


def _is_time_over() -> bool:
    """Whether there is no time for more examples than each test names. Fewer than these are tried to the end."""
    return FACTOR > 1 and time.monotonic() - BEGAN > MINUTES * 60


def pytest_runtest_setup(item: pytest.Item) -> None:
    test = getattr(item, "obj", None)
    if FACTOR == 1 or not is_hypothesis_test(test):
        return
    function: Any = getattr(test, "__func__", test)
    named = _named.setdefault(function, function._hypothesis_internal_use_settings)
    function._hypothesis_internal_use_settings = with_factor(named)
    if _is_time_over():
        item.user_properties.append((AS_NAMED, True))
