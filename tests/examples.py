"""How many random examples tests try: EXAMPLES_FACTOR=10 makes ten times as many as each test names (tests/run.py)."""

import os

from hypothesis import settings

FACTOR = float(os.environ.get("EXAMPLES_FACTOR", "1"))


def with_factor(named: settings) -> settings:
    return settings(named, max_examples=max(1, round(named.max_examples * FACTOR)))
