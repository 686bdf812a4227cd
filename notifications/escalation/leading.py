"""Of several sweepers one leads, and the others stand by (docs/adr/0210).

The lease is one row, in which its holder changes a number every two seconds. Whoever stands by takes it over once the
row hasn't moved for LEASE_SECONDS of its own monotonic clock: what time a machine or the database believes it is, and a
clock that jumps, change nothing. A sweeper that ends in order gives it back, and one whose process is gone is followed
at once on its own machine.

Two that lead at once, as after a long pause of one, do no harm: each step is claimed in the database by itself.
"""

import os
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error as DatabaseFailure
from django.utils import timezone

from notifications.outbox.models import Heartbeat
from notifications.outbox.worker_signs import get_machine

LEAD = "sweeper.lead"  # of Heartbeat; `facts`: {"holder", "number", "machine", "pid"}
STANDBY = "standby."  # each that stands by has a row of its own, by which it is counted
RENEW_SECONDS = 2.0
LEASE_SECONDS = 6.0
FRESH = timedelta(seconds=30)

log = structlog.get_logger(__name__)


class Lead:
    """The part of one sweeper in the lease. `leads`: whether it led when it last asked."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex[:16]
        self.leads = False
        self._number = 0
        self._asked = -RENEW_SECONDS
        self._seen: tuple[str, int] | None = None
        self._seen_at = 0.0

    def hold(self) -> bool:
        """Renew the lease every two seconds, or take it where its holder is gone. Return whether this one leads."""
        now = time.monotonic()
        if now - self._asked < (RENEW_SECONDS if self.leads else RENEW_SECONDS / 4):
            return self.leads
        self._asked = now
        led, self.leads = self.leads, self._renew() or self._take_over(now)
        if self.leads and not led:
            log.info("sweeper_leads", machine=get_machine())
            Heartbeat.objects.filter(part=STANDBY + self.id).delete()
        elif led and not self.leads:
            log.warning("sweeper_stands_by", machine=get_machine())
        return self.leads

    def release(self) -> None:
        """Give the lease back, so that another takes it at once; also where nothing was held."""
        with suppress(DatabaseFailure):
            Heartbeat.objects.filter(part=STANDBY + self.id).delete()
            held = Heartbeat.objects.filter(part=LEAD, facts__holder=self.id)
            held.update(facts={**self._describe(), "holder": ""})
        self.leads = False

    def _describe(self) -> dict[str, Any]:
        return {"holder": self.id, "number": self._number, "machine": get_machine(), "pid": os.getpid()}

    def _renew(self) -> bool:
        if not self.leads:
            return False
        self._number += 1
        held = Heartbeat.objects.filter(part=LEAD, facts__holder=self.id)
        return bool(held.update(at=timezone.now(), facts=self._describe()))

    def _take_over(self, now: float) -> bool:
        """Take the lease where nobody holds it any more; else note what was seen of it, and stand by."""
        row, is_new = Heartbeat.objects.get_or_create(part=LEAD, defaults={"facts": self._describe()})
        if is_new:
            return True
        seen = str(row.facts.get("holder", "")), int(row.facts.get("number", 0))
        if seen != self._seen:
            self._seen, self._seen_at = seen, now
        if seen[0] and now - self._seen_at < LEASE_SECONDS and not _has_ended(row.facts):
            Heartbeat.beat(STANDBY + self.id, {"machine": get_machine()})
            return False
        # In one statement: of two that stand by, one finds the row as both have seen it.
        as_seen = Heartbeat.objects.filter(part=LEAD, facts__holder=seen[0], facts__number=seen[1])
        self._number = seen[1] + 1
        return bool(as_seen.update(at=timezone.now(), facts=self._describe()))


def _has_ended(facts: Mapping[str, Any]) -> bool:
    """Whether the holder's process was on this machine, and is gone."""
    pid = facts.get("pid")
    if facts.get("machine") != get_machine() or not isinstance(pid, int):
        return False
    # In a container that was started again, it may be this process's own number.
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def count_standing_by(beats: Mapping[str, Heartbeat], now: datetime) -> int:
    """Return how many sweepers stood by just now."""
    return sum(part.startswith(STANDBY) and abs(now - beat.at) <= FRESH for part, beat in beats.items())


def delete_gone(now: datetime) -> int:
    """Delete the rows of sweepers that were killed while they stood by."""
    return Heartbeat.objects.filter(part__startswith=STANDBY, at__lt=now - timedelta(days=1)).delete()[0]
