"""The tasks that the workers run. Arguments are UUIDs and names of clusters, nothing else."""

import time

from .delivery import send_due
from .models import Heartbeat
from .queueing import URGENT
from .recovery import record_own
from .ways.sending import send_due_ways

BEAT_SECONDS = 5.0

_last_beat = -BEAT_SECONDS


def deliver(notice_ids: list[str]) -> int:
    """Send these notices and whatever else is due. Return how many a channel accepted."""
    heartbeat()
    record_own()
    return send_due(notice_ids, heartbeat=heartbeat)


def deliver_ways(cluster: str) -> int:
    """Send what is due by other ways than e-mail. Return how many a channel accepted."""
    heartbeat()
    record_own()
    return send_due_ways(heartbeat=heartbeat)


def canary(part: str) -> None:
    """Write the heartbeat that proves that a worker of this cluster executes tasks."""
    Heartbeat.beat(f"canary.{part}")


def heartbeat() -> None:
    """Write the urgent canary's heartbeat while delivering, at most each 5 s of this process.

    A busy worker proves as much as a canary.
    """
    global _last_beat
    now = time.monotonic()
    if now - _last_beat >= BEAT_SECONDS:
        _last_beat = now
        canary(URGENT)
