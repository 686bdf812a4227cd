"""One lane for each page or card that tips come through: those of one lane are stored one after the other.

A flood comes through one page in many requests at once. All of them would stand before the database, and what is sent
through another page would come after them; in a lane of their own they have one place in that queue between them.
"""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE = 10.0  # seconds; then it is stored beside the others rather than refused


@dataclass
class _Lane:
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


_lanes: dict[Hashable, _Lane] = {}
_table = threading.Lock()


@contextmanager
def lane(origin: Hashable) -> Iterator[None]:
    """Run one body at a time of those with the same `origin`, in this process. A lane exists while it is used."""
    with _table:
        mine = _lanes.setdefault(origin, _Lane())
        mine.users += 1
    # Outside of `_table`: waiting in one lane must not stop the others.
    mine_now = mine.lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        # Whoever ran out of patience goes on without the lock and has none to release.
        if mine_now:
            mine.lock.release()
        with _table:
            mine.users -= 1
            if not mine.users:
                del _lanes[origin]
