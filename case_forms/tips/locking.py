"""Locks of tips: on a tip to change it, and on the page through which new ones come.

A tip is locked in the order in which everybody locks (notifications.outbox.locking). Whoever answers a notice, and
the clock, hold its chase and then write to the tip (`receivers`). So whoever changes a tip locks the chases it stands
in first, and with them those that it is about to join. The tip's own lock lets others refer to it (FOR NO KEY
UPDATE): an event about it can be written meanwhile.
"""

import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from notifications.briefs.models import FurtherReport
from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice

from .models import Tip


def lock_tip(tip_id: UUID, *, besides: Iterable[UUID] = ()) -> Tip:
    """Lock every chase in which this tip stands, and `besides`, then the tip, in the caller's transaction.

    Raises Tip.DoesNotExist.
    """
    own = Notice.objects.filter(case_id=tip_id).values_list("chase_id", flat=True)
    joined = FurtherReport.objects.filter(source_id=tip_id).values_list("notice_id", flat=True)
    lock_chases([*own, *joined, *besides])
    return Tip.objects.select_for_update(no_key=True).get(pk=tip_id)


# ---- the order in which new tips are stored ----

MAX_WAIT = 10.0  # seconds; then it is stored beside the others rather than refused


@dataclass
class _Lane:
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


_lanes: dict[Hashable, _Lane] = {}
_table = threading.Lock()


@contextmanager
def lane(origin: Hashable) -> Iterator[None]:
    """Run one body at a time of those with the same `origin`, in this process. A lane exists while it is used.

    `origin`: the page or card that a tip comes through. A flood comes through one page in many requests at once. All of
    them would stand before the database, and what is sent through another page would come after them; in a lane of
    their own they have one place in that queue between them.
    """
    with _table:
        mine = _lanes.setdefault(origin, _Lane())
        mine.users += 1
    # Outside of `_table`: waiting in one lane must not stop the others.
    mine_now = mine.lock.acquire(timeout=MAX_WAIT)
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
