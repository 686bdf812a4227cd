"""How long to wait before the next attempt."""

from datetime import timedelta
from secrets import SystemRandom

FIRST_BACKOFF = timedelta(seconds=2)
MAX_BACKOFF = timedelta(minutes=5)
MANY_ATTEMPTS = 300  # about a day; from there on an hour is often enough, and a month leaves no thousands of rows
UNSENDABLE_BACKOFF = timedelta(minutes=5)
MAX_UNSENDABLE_BACKOFF = timedelta(hours=1)
JITTER = 0.25

_random = SystemRandom()


def get_backoff(attempts: int, *, unsendable: bool = False) -> timedelta:
    """Return how long to wait after this many attempts: 2, 4, 8 ... 300 s, ± 25 %, so that retries spread out.

    After about a day it is an hour. What we couldn't compose waits from 5 minutes to an hour: trying again corrects
    nothing until we do.
    """
    first, longest = (UNSENDABLE_BACKOFF, MAX_UNSENDABLE_BACKOFF) if unsendable else (FIRST_BACKOFF, MAX_BACKOFF)
    if attempts > MANY_ATTEMPTS:
        longest = MAX_UNSENDABLE_BACKOFF
    # The exponent is capped because a timedelta doubled some fifty times overflows.
    doubled: timedelta = first * 2 ** min(attempts - 1, 20)
    return min(doubled, longest) * _random.uniform(1 - JITTER, 1 + JITTER)
