"""What the workers run. Arguments are UUIDs and names of parts, nothing else."""

import time

from .delivery import send_due
from .models import Heartbeat
from .queueing import URGENT

BEAT_SECONDS = 5.0

_last_beat = -BEAT_SECONDS


def deliver(notice_ids: list[str]) -> int:
    """Sends these notices and whatever else is due. Returns how many a channel accepted."""
    show_life()
    return send_due(notice_ids, show_life=show_life)


def canary(part: str) -> None:
    """Proves that a worker of this cluster executes tasks."""
    Heartbeat.beat(f"canary.{part}")


def show_life() -> None:
    """A worker that is busy delivering shows as well as a canary that it works; at most each 5 s of this process."""
    global _last_beat
    now = time.monotonic()
    if now - _last_beat >= BEAT_SECONDS:
        _last_beat = now
        canary(URGENT)
