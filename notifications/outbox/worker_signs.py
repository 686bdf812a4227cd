"""Which workers live on which machine: each writes a sign of its own every few seconds, whatever it is given to do.

The canaries prove that tasks are executed, by whichever worker takes them: where one machine is quick, another may get
none for hours. A sign is a row of Heartbeat; a worker that ends in order deletes its own, one that was killed leaves it
behind.
"""

import hashlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from .models import Heartbeat
from .queueing import BULK, URGENT

PREFIX = "sign."  # of Heartbeat.part
SIGN_SECONDS = 20.0
# A worker at a task gives no sign: this long one takes at most (settings.Q_CLUSTER), and a little more.
FRESH = {URGENT: timedelta(seconds=90), BULK: timedelta(seconds=330)}
KEPT = timedelta(days=1)  # so long the page says that a machine has fallen silent


@dataclass(frozen=True)
class MachineState:
    """The workers of one cluster on one machine: how many gave a sign just now, and when the last did."""

    machine: str
    cluster: str
    alive: int
    last_at: datetime


def sign(cluster: str) -> None:
    """Write this worker's sign."""
    Heartbeat.beat(_get_part(cluster), {"machine": get_machine(), "cluster": cluster})


def end(cluster: str) -> None:
    """Delete this worker's sign: it ends in order."""
    Heartbeat.objects.filter(part=_get_part(cluster)).delete()


def get_machine() -> str:
    return socket.gethostname()[:60]


def read_machines(beats: Mapping[str, Heartbeat], now: datetime) -> list[MachineState]:
    """Return each machine's clusters, in the order of their names. `beats`: every Heartbeat by its part."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for part, beat in beats.items():
        if part.startswith(PREFIX):
            key = str(beat.facts.get("machine", "")), str(beat.facts.get("cluster", ""))
            found.setdefault(key, []).append(beat.at)
    return [
        MachineState(machine, cluster, sum(now - at <= FRESH.get(cluster, KEPT) for at in times), max(times))
        for (machine, cluster), times in sorted(found.items())
    ]


def delete_old(argument: str = "", *, now: datetime | None = None) -> int:
    """Delete the signs of workers that were killed: each hour those of a machine that has others, all after a day."""
    moment = now or timezone.now()
    deleted = 0
    for state in read_machines(Heartbeat.objects.filter(part__startswith=PREFIX).in_bulk(), moment):
        limit = FRESH.get(state.cluster, KEPT) if state.alive else KEPT
        old = Heartbeat.objects.filter(
            part__startswith=f"{PREFIX}{state.cluster}.", facts__machine=state.machine, at__lt=moment - limit
        )
        deleted += old.delete()[0]
    return deleted


def _get_part(cluster: str) -> str:
    who = hashlib.sha256(f"{get_machine()}/{os.getpid()}".encode()).hexdigest()
    return f"{PREFIX}{cluster}.{who[:16]}"
