"""How many random examples tests try: EXAMPLES_FACTOR=3 makes three times as many as each test names (tests/run.py)."""

import os

from hypothesis import settings

MIN_EXAMPLES = 5
FACTOR = float(os.environ.get("EXAMPLES_FACTOR", "1"))


def with_factor(named: settings) -> settings:
    """The same test with as many examples as this run tries, but never fewer than a handful."""
    least = min(named.max_examples, MIN_EXAMPLES)
    return settings(named, max_examples=max(least, round(named.max_examples * FACTOR)))
