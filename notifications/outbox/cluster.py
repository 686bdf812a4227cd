"""A django-q2 cluster that fails fast, and leaves no orphans. docs/outbox.md tells what was seen without this.

- A worker killed while idle can leave the task queue locked for good: its successors live and never work again. So an
  unexpected death takes the whole process group down (SIGKILL, the exit code is not 0), and the supervisor starts anew.
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
    """Ends this process, its cluster and all of its workers, at once."""
    log.critical("cluster_ends_itself", reason=reason, process=process, exit_code=exit_code)
    os.killpg(os.getpgid(0), signal.SIGKILL)


class FailFastSentinel(cluster.Sentinel):
    """Watches its children by SIGCHLD: a guard that waits for a lock its dead worker held would see nothing."""

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
        """Called by the guard for a child that ended, or that has overrun its timeout."""
        if died_unexpectedly(process):
            end_group("child_died", process=process.name, exit_code=process.exitcode)
        super().reincarnate(process)


def died_unexpectedly(process: Any) -> bool:
    """Not alive, and neither in good order (recycled, stopped: exit code 0) nor ended for its timeout."""
    if process.exitcode in (None, 0):
        return False
    timer = getattr(process, "timer", None)
    return not (process.exitcode == -signal.SIGTERM and timer is not None and timer.get_obj().value == 0)


class FailFastCluster(cluster.Cluster):
    """Runs until it is stopped by SIGTERM or SIGINT."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_to_stop = False

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        """Only notes it: a handler that waits for locks could meet the ones its own process holds."""
        self.asked_to_stop = True

    def run(self) -> None:
        """Returns after an orderly stop. Any other end takes the whole group down."""
        cluster.Sentinel = FailFastSentinel  # the name that Cluster.start looks up
        self.start()
        while self.sentinel.is_alive() and not self.asked_to_stop:
            self.sentinel.join(LOOK_SECONDS)
        if self.asked_to_stop:
            self.stop_event.set()
            self.sentinel.join(STOP_SECONDS)
        if self.sentinel.exitcode != 0:
            end_group("sentinel_died_or_hung", exit_code=self.sentinel.exitcode)
