"""Notice that the time of day was set by more than a little, or that the machine stood still meanwhile.

Every term depends on it: set forward, everything seems overdue and is chased; set back, everything waits. The sweeper
compares it in each pass with the monotonic clock, which nobody sets.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from notifications.outbox.models import Heartbeat

PART = "clock.jump"  # of Heartbeat: the last jump; `facts`: {"by_s": seconds, negative where it was set back}
LEAST_SECONDS = 30.0
SAID_FOR = timedelta(hours=1)

log = structlog.get_logger(__name__)


class ClockWatch:
    """Compares the clocks of this process from look to look."""

    def __init__(self) -> None:
        self._between = _measure()

    def look(self) -> float:
        """Note a jump since the last look, and return its seconds; 0 where there was none. Raises DatabaseError."""
        between = _measure()
        by = between - self._between
        if abs(by) < LEAST_SECONDS:
            self._between = between  # what NTP corrects little by little is no jump
            return 0.0
        log.error("clock_jumped", seconds=round(by))
        Heartbeat.beat(PART, {"by_s": round(by)})
        self._between = between
        return by


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the part of `/readyz`, by its name, for a day after a jump; it is ill in the hour after it."""
    if PART not in beats:
        return {}
    age = abs(now - beats[PART].at)
    if age > timedelta(days=1):
        return {}
    return {
        "clock": {"ok": age > SAID_FOR, "by_s": beats[PART].facts.get("by_s", 0), "age_s": round(age.total_seconds())}
    }


def _measure() -> float:
    return time.time() - time.monotonic()
