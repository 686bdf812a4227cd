"""A cluster: a main process and its workers, each of which takes its tasks from the broker by itself.

The queue, its brokers and its signed packages are django-q2's; its processes are not (docs/adr/0153). Its workers share
locks: one that is killed may take a lock with it, so that its whole cluster had to end with it. Here nothing is shared
but a pipe that is read without waiting, so a worker that dies ends nobody else: the main process starts another at
once, which takes up what the dead one held. A main process that is killed leaves nobody behind, since every process of
the group dies with its parent.
"""

import logging
import mmap
import os
import signal
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import structlog
from django.db import connections
from django_q.conf import Conf

LOOK_SECONDS = 0.5
STOP_SECONDS = 15.0  # a last batch may take 12; what is killed then is covered by its lease
# A worker that dies as soon as it is started (a missing module, a full disk) mustn't keep a processor busy.
EARLY_SECONDS = 2.0
LONGEST_PAUSE = 5.0

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
SIGNALS = STOP | {signal.SIGCHLD}

log = structlog.get_logger(__name__)


class BusySince:
    """One number in memory that a worker shares with the main process: since when it is at its task; 0: at none.

    Without a lock: one writes, one reads, and eight bytes that are aligned are written at once.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    def set(self, moment: float) -> None:
        struct.pack_into("d", self._memory, 0, moment)

    def get(self) -> float:
        found: float = struct.unpack_from("d", self._memory, 0)[0]
        return found


@dataclass
class Place:
    """A worker's place in the cluster; filled again when its process has ended."""

    busy: BusySince
    pid: int | None = None
    started: float = 0.0
    early_deaths: int = 0
    next_start: float = 0.0

    def note_end(self, now: float) -> None:
        lived = now - self.started
        self.early_deaths = self.early_deaths + 1 if lived < EARLY_SECONDS else 0
        # The first is replaced at once; whoever dies young again and again waits.
        pause = min(0.2 * 2 ** (self.early_deaths - 2), LONGEST_PAUSE) if self.early_deaths > 1 else 0.0
        self.pid, self.next_start = None, now + pause
        self.busy.set(0.0)


class Cluster:
    """Keeps `workers` processes that run `work` until they are stopped by SIGTERM or SIGINT.

    `work(busy)` is the whole life of a worker; it returns when it was recycled or stopped. A task that overruns
    `timeout` seconds is ended with its process, whatever it waits for.
    """

    def __init__(self, work: Callable[[BusySince], None], *, workers: int, timeout: float) -> None:
        self.work, self.timeout = work, timeout
        self.places = [Place(BusySince()) for _each in range(workers)]
        self.asked_to_stop = False

    def run(self) -> None:
        """Run, and return after an orderly stop."""
        for number in STOP:
            signal.signal(number, self._note_stop)  # where another thread of this process is given it
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        while not self.asked_to_stop:
            self.fill_places()
            received = signal.sigtimedwait(SIGNALS, LOOK_SECONDS)
            if received is not None and received.si_signo in STOP:
                self.asked_to_stop = True
            self.reap()
            self.end_overdue()
        self.stop()

    def fill_places(self) -> None:
        for place in self.places:
            if place.pid is None and time.monotonic() >= place.next_start:
                place.pid, place.started = self._fork(place), time.monotonic()

    def reap(self) -> None:
        """Note who has ended; a death out of order is logged."""
        for place in self.places:
            if place.pid is None:
                continue
            pid, status = os.waitpid(place.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                if code != 0:
                    log.critical("worker_died", exit_code=code)
                place.note_end(time.monotonic())

    def end_overdue(self) -> None:
        """Kill whoever has been at one task for too long: it hangs, or nobody would know that it does."""
        now = time.monotonic()
        for place in self.places:
            since = place.busy.get()
            if place.pid is not None and since and now - since > self.timeout:
                log.critical("task_overdue", seconds=round(now - since))
                os.kill(place.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Let everyone finish the task at hand; kill who needs too long."""
        self._signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while any(place.pid for place in self.places) and time.monotonic() < until:
            signal.sigtimedwait(SIGNALS, 0.1)
            self.reap()
        if any(place.pid for place in self.places):
            log.critical("workers_killed_at_stop")
            self._signal(signal.SIGKILL)

    def _note_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _signal(self, number: int) -> None:
        for place in self.places:
            if place.pid is not None:
                os.kill(place.pid, number)

    def _fork(self, place: Place) -> int:
        pid = os.fork()
        if pid == 0:
            self._live(place)
        return pid

    def _live(self, place: Place) -> NoReturn:
        """Be a worker, and end with the process."""
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until the work has its own
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal reaches the whole group
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self.work(place.busy)
            code = 0
        except BaseException:
            log.exception("worker_failed")
        finally:
            connections.close_all()
            logging.shutdown()
            os._exit(code)


def build_cluster(work: Callable[[BusySince], None]) -> Cluster:
    """Build the cluster that the settings describe (`Q_CLUSTER`, as django-q2 reads it)."""
    return Cluster(work, workers=Conf.WORKERS, timeout=Conf.TIMEOUT)
