"""Wake workers on commit: by a ring where they are on this machine, else by one task for each transaction.

A task carries UUIDs only. The sweeper repairs what was lost.
"""

import time
from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connections, router, transaction
from django_q.brokers import get_broker
from django_q.tasks import async_task
from redis.exceptions import RedisError

from audit import clock

from . import doorbell
from .doorbell import MAILS, TASKS, WAYS
from .models import Notice

URGENT = "urgent"
BULK = "bulk"
DELIVER = "notifications.outbox.tasks.deliver"
DELIVER_WAYS = "notifications.outbox.tasks.deliver_ways"
# In the room above, so by its path: this room imports nothing from there.
RENDER_DOCUMENT = "notifications.briefs.tasks.render_document"
# With so many tasks waiting, workers are busy or dead; further tasks and canaries would only pile up.
CROWDED = {URGENT: 25, BULK: 5000}
# Each minute's tasks are small and all alike: with so many tasks before them, more would only pile up.
MAX_WAITING_MINUTE_TASKS = 200
# The ORM broker fails as the database does, Redis by errors of its own or the network's.
BROKER_FAILURES = (DatabaseFailure, RedisError, OSError)

log = structlog.get_logger(__name__)


class _Flush:
    """Callback on commit that enqueues what its transaction has gathered. The first one to run enqueues everything."""

    def __init__(self, pending: dict[str, None]) -> None:
        self.pending = pending

    def __call__(self) -> None:
        gathered = dict(self.pending)
        self.pending.clear()
        if gathered:
            enqueue_delivery(gathered)


def enqueue_on_commit(notice_id: UUID) -> None:
    """Enqueue this notice when the running transaction commits, together with all others of that transaction."""
    connection: Any = connections[router.db_for_write(Notice)]
    # Gathered on the connection, because the transaction belongs to it.
    pending: dict[str, None] = connection.__dict__.setdefault("vatra_notices_to_wake", {})
    if not any(isinstance(entry[1], _Flush) for entry in connection.run_on_commit):
        # Django drops the callbacks of a transaction that is rolled back, but not what was gathered for them.
        pending.clear()
    pending[str(notice_id)] = None
    transaction.on_commit(_Flush(pending), using=connection.alias)


def enqueue_document_on_commit(notice_id: UUID) -> None:
    """Have the notice's PDF made and kept when the running transaction commits: somebody has opened it."""
    transaction.on_commit(partial(enqueue_bulk, RENDER_DOCUMENT, str(notice_id)))


def enqueue_ways_on_commit() -> None:
    """Enqueue, once for the running transaction, that what is owed along other ways than e-mail is sent."""
    connection: Any = connections[router.db_for_write(Notice)]
    if not any(entry[1] is enqueue_ways for entry in connection.run_on_commit):
        transaction.on_commit(enqueue_ways, using=connection.alias)


def enqueue_ways() -> bool:
    """Have what is due by other ways than e-mail sent: by a ring, else by a task. False: by neither."""
    return _ring(WAYS) or _enqueue(DELIVER_WAYS, URGENT, cluster=URGENT)


def enqueue_delivery(notice_ids: Iterable[str]) -> bool:
    """Have these sent, and whatever else is due: by a ring, else by a task on the urgent cluster.

    False when no broker took it: logged, and the sweeper covers it.
    """
    return _ring(MAILS) or _enqueue(DELIVER, list(notice_ids), cluster=URGENT)


def _ring(what: bytes) -> bool:
    """Wake a worker of this machine. True for a simulation, which wakes nobody."""
    return clock.is_imagined() or doorbell.ring(URGENT, what)


def enqueue_canary(part: str) -> bool:
    """Enqueue one canary task on this cluster; executing it proves that a worker works."""
    return _enqueue("notifications.outbox.tasks.canary", part, cluster=part)


def enqueue_bulk(path: str, argument: str) -> bool:
    """Enqueue one task of another room, by its path, on the bulk cluster; `argument` is an id. False: no broker."""
    return _enqueue(path, argument, cluster=BULK)


def enqueue_housekeeping() -> None:
    """Enqueue the hourly tasks of each room (settings.HOUSEKEEPING) on the bulk cluster, unless it is behind anyway."""
    _enqueue_each(settings.HOUSEKEEPING, "hourly", unless_waiting=CROWDED[BULK])


def enqueue_each_minute() -> bool:
    """Enqueue the tasks that people set a clock for (settings.EACH_MINUTE) on the bulk cluster.

    A queue that still holds tasks of the last minutes gets no more: whoever comes late does all that is due. False when
    not all were taken: no broker, or no worker for a long time.
    """
    return _enqueue_each(settings.EACH_MINUTE, "each minute", unless_waiting=MAX_WAITING_MINUTE_TASKS)


def _enqueue_each(paths: Iterable[str], argument: str, *, unless_waiting: int) -> bool:
    waiting = queue_length(BULK)
    if waiting is not None and waiting >= unless_waiting:
        return False
    taken = [enqueue_bulk(path, argument) for path in paths]  # each is tried, whatever became of the one before
    return all(taken)


def queue_length(cluster: str) -> int | None:
    """Return how many tasks wait for this cluster, or None when the broker doesn't say."""
    if _is_broker_paused():
        return None
    began = time.monotonic()
    try:
        return int(get_broker(cluster).queue_size())
    except BROKER_FAILURES as error:
        _pause_broker_if_slow(began)
        log.error("broker_failed", cluster=cluster, code=type(error).__name__)
        return None


def _enqueue(path: str, argument: Any, *, cluster: str) -> bool:
    # Redis keeps what a rolled-back transaction has put there: nothing of a simulation gets so far.
    if clock.is_imagined():
        return True
    if _is_broker_paused():
        return False
    began = time.monotonic()
    try:
        async_task(path, argument, cluster=cluster)
    except BROKER_FAILURES as error:
        _pause_broker_if_slow(began)
        log.error("wake_up_failed", cluster=cluster, code=type(error).__name__)
        return False
    doorbell.ring(cluster, TASKS)  # or it is found when the broker is asked next
    return True


# A broker that hangs costs whoever asks it a timeout, and a submission asks several times: once is enough for a while.
SLOW_BROKER_SECONDS = 0.5
BROKER_PAUSE_SECONDS = 10.0
_broker_paused_until = 0.0


def _is_broker_paused() -> bool:
    return time.monotonic() < _broker_paused_until


def _pause_broker_if_slow(began: float) -> None:
    global _broker_paused_until
    if time.monotonic() - began >= SLOW_BROKER_SECONDS:
        _broker_paused_until = time.monotonic() + BROKER_PAUSE_SECONDS
