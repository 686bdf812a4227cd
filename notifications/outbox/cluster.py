"""A django-q2 cluster that fails fast and leaves no orphans. docs/outbox.md says what happened without this.

- A worker killed while idle can leave the task queue locked for good: its successors live and never work again. So an
  unexpected death takes the whole process group down (SIGKILL, the exit code isn't 0); the supervisor starts another.
- A main process that is killed leaves its workers behind. So every process of the group dies with its parent.
"""

import os
import signal
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

import structlog
from django_q import cluster

LOOK_SECONDS = 0.2
STOP_SECONDS = 15.0  # a last batch may take 12; what is killed then is covered by its lease

log = structlog.get_logger(__name__)


def end_group(reason: str, *, process: str = "", exit_code: int | None = None) -> None:
    """Kill this process, its cluster and all of its workers, at once."""
    log.critical("cluster_ends_itself", reason=reason, process=process, exit_code=exit_code)
    os.killpg(os.getpgid(0), signal.SIGKILL)


class FailFastSentinel(cluster.Sentinel):
    """A sentinel that watches its children by SIGCHLD.

    django-q2's own guard sees nothing while it waits for a lock that its dead worker held.
    """

    def start(self) -> None:
        signal.signal(signal.SIGCHLD, self.look_after_children)
        super().start()

    def look_after_children(self, signum: int, frame: FrameType | None) -> None:
        for process in self.children():
            if died_unexpectedly(process):
                end_group("child_died", process=process.name, exit_code=process.exitcode)

    def children(self) -> Iterator[BaseProcess]:
        yield from self.pool
        yield from (process for process in (self.monitor, self.pusher) if process is not None)

    def reincarnate(self, process: Any) -> None:
        """Replace a child that ended or has overrun its timeout; the guard calls this."""
        if died_unexpectedly(process):
            end_group("child_died", process=process.name, exit_code=process.exitcode)
        super().reincarnate(process)


def died_unexpectedly(process: Any) -> bool:
    """Tell whether a process died, neither in good order (recycled, stopped: exit code 0) nor ended for its timeout."""
    if process.exitcode in (None, 0):
        return False
    timer = getattr(process, "timer", None)
    # django-q2 terminates a worker whose timer has run out to 0; a SIGTERM at any other time came from elsewhere.
    return not (process.exitcode == -signal.SIGTERM and timer is not None and timer.get_obj().value == 0)


class FailFastCluster(cluster.Cluster):
    """A cluster that runs until it is stopped by SIGTERM or SIGINT."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_to_stop = False

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        """Note that a stop was asked for, no more.

        A handler that waits for locks could meet those its own process holds.
        """
        self.asked_to_stop = True

    def run(self) -> None:
        """Run the cluster and return after an orderly stop. Any other end takes the whole group down."""
        cluster.Sentinel = FailFastSentinel  # the name that Cluster.start looks up
        self.start()
        while self.sentinel.is_alive() and not self.asked_to_stop:
            self.sentinel.join(LOOK_SECONDS)
        if self.asked_to_stop:
            self.stop_event.set()
            self.sentinel.join(STOP_SECONDS)
        # None, if it still hangs after STOP_SECONDS.
        if self.sentinel.exitcode != 0:
            end_group("sentinel_died_or_hung", exit_code=self.sentinel.exitcode)
