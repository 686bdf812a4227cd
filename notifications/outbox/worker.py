"""The life of a worker: wait for a ring or a task, run it, say that it is done; and again.

It begins with what a dead predecessor left (`recovery`) and with all that is due: whatever rang before it listened.
"""

import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.core.signing import BadSignature
from django.db import Error as DatabaseFailure
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string
from django_q.brokers import Broker, get_broker
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf
from django_q.signals import pre_execute
from django_q.signing import SignedPackage

from notifications.channels.base import close_kept

from . import journal, worker_signs
from .cluster import BusySince
from .doorbell import MAILS, TASKS, WAYS, Doorbell
from .queueing import BROKER_FAILURES, DELIVER, DELIVER_WAYS, URGENT
from .recovery import recover

PAUSE_WITHOUT_BROKER = 1.0
CHECK_SECONDS = 1.0
# After each mail of a run, until the next look for mails; at most so many in all. A batch costs two transactions,
# however small it is, and whoever owes notices waits for them: in a burst they gather. At twenty a second none waits.
GATHER_SECONDS, MAX_GATHER_SECONDS = 0.01, 0.1
RINGS: dict[bytes, tuple[str, Sequence[Any]]] = {MAILS: (DELIVER, ([],)), WAYS: (DELIVER_WAYS, (URGENT,))}

log = structlog.get_logger(__name__)


class Worker:
    """One worker of a cluster. `busy` tells the main process since when it is at a task."""

    def __init__(self, cluster: str, busy: BusySince) -> None:
        self.cluster, self.busy = cluster, busy
        self.bell = Doorbell(cluster)
        self.broker: Broker = get_broker(cluster)
        self.done = 0
        self.asked_to_stop = False
        self._next_look = self._next_check = self._next_mails = self._next_sign = 0.0

    def run(self) -> None:
        """Work until a stop is asked for, or so many tasks are done that a fresh process takes over."""
        signal.signal(signal.SIGTERM, self._note_stop)
        if self.cluster == URGENT:
            self._run(recover)
            for ring in RINGS:
                self.bell.pass_on(ring)
        while not self.asked_to_stop and self.done < Conf.RECYCLE:
            self.look()
        self._run(lambda: worker_signs.end(self.cluster))
        close_kept(all_of_them=True)
        journal.close()

    def look(self) -> None:
        """Wait for what is next, at most until the broker is to be asked again, and do it."""
        rung = self.bell.wait(max(0.0, self._next_look - time.monotonic()))
        if time.monotonic() >= self._next_sign:
            self._next_sign = time.monotonic() + worker_signs.SIGN_SECONDS
            self._run(lambda: worker_signs.sign(self.cluster))
        if not rung:
            close_kept()
        if WAYS in rung and MAILS in rung:
            # A gateway may hang: the mails don't wait behind it, nor the other way round.
            self.bell.pass_on(WAYS)
            rung -= {WAYS}
        for ring in sorted(rung & RINGS.keys()):
            if ring == MAILS:
                time.sleep(max(0.0, self._next_mails - time.monotonic()))
            path, arguments = RINGS[ring]
            sent = self.execute(path, arguments)
            if ring == MAILS:
                self._next_mails = time.monotonic() + min(GATHER_SECONDS * (sent or 0), MAX_GATHER_SECONDS)
        if TASKS in rung or time.monotonic() >= self._next_look:
            self._take_task()

    def execute(self, path: str, arguments: Sequence[Any], words: dict[str, Any] | None = None) -> Any:
        """Run one task and return its result. What it raises is logged without its words, which may quote what is
        sealed; then None."""
        self.done += 1

        def call() -> Any:
            function = import_string(path)
            pre_execute.send(sender="django_q", func=function, task={"func": path, "args": arguments})
            return function(*arguments, **(words or {}))

        return self._run(call, task=path)

    def _run(self, call: Callable[[], Any], **named: str) -> Any:
        self.busy.set(now := time.monotonic())
        # It asks the database whether it is there: not before each ring, several in a second.
        if now >= self._next_check:
            self._next_check = now + CHECK_SECONDS
            close_old_connections()
        try:
            return call()
        except DatabaseFailure as error:
            log.error("task_failed", code=type(error).__name__, **named)
            connections.close_all()  # a server that was restarted answers on a new connection only
        except Exception:
            log.exception("task_failed", **named)
        finally:
            self.busy.set(0.0)
        return None

    def _take_task(self) -> None:
        """Take one task from the broker, run it and acknowledge it."""
        try:
            found = take(self.broker)
        except BROKER_FAILURES as error:
            log.error("broker_failed", cluster=self.cluster, code=type(error).__name__)
            connections.close_all()
            self._next_look = time.monotonic() + PAUSE_WITHOUT_BROKER
            return
        self._next_look = time.monotonic() + (0.0 if found else Conf.POLL)
        for key, package in found:
            self._execute_package(key, package)

    def _execute_package(self, key: Any, package: Any) -> None:
        try:
            task = SignedPackage.loads(package)
            path, arguments, words = str(task["func"]), task["args"], task["kwargs"]
        except (BadSignature, TypeError, KeyError, ValueError):
            # Of another key (docs/outbox.md), or damaged: nothing is in a task that isn't in a row.
            log.error("task_unreadable", cluster=self.cluster)
        else:
            self.execute(path, arguments, words)
        if key:
            try:
                self.broker.acknowledge(key)
            except BROKER_FAILURES as error:
                # It comes again after `retry`, and finds nothing to do.
                log.error("broker_failed", cluster=self.cluster, code=type(error).__name__)

    def _note_stop(self, _number: int, _frame: Any) -> None:
        """Note that a stop was asked for, no more: what is at hand is finished."""
        self.asked_to_stop = True


def take(broker: Broker) -> list[tuple[Any, Any]]:
    """Take at most one task, as (key to acknowledge it by, signed package), without waiting for one."""
    if isinstance(broker, Redis):
        package = broker.connection.lpop(broker.list_key)
        return [] if package is None else [(None, package)]
    # It waits for POLL where nothing is there, and takes BULK at once: tasks that other workers would have to wait for.
    before, Conf.POLL, Conf.BULK = (Conf.POLL, Conf.BULK), 0, 1
    try:
        return list(broker.dequeue() or ())
    finally:
        Conf.POLL, Conf.BULK = before


def work_for(cluster: str) -> Callable[[BusySince], None]:
    """Return the life of a worker of this cluster."""
    return lambda busy: Worker(cluster, busy).run()
