"""`manage.py sweeper`: the loop that repairs what was left behind, and moves the clocks."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils import timezone
from django.utils.module_loading import import_string

from audit.due import advance_clocks, find_stranded_rows
from audit.put_aside import delete_unmet, for_each_row, rows_aside_read_once
from notifications.briefs.further import send_due_alarms
from notifications.escalation.clock import advance
from notifications.escalation.clock_watch import ClockWatch
from notifications.escalation.digest import send_digests
from notifications.escalation.findings import (
    AUDIT,
    FINDINGS,
    collect_findings,
    delete_settled_rows,
    get_stranded_notices,
)
from notifications.escalation.leading import Lead, delete_gone
from notifications.escalation.outside_watch import OutsideWatch
from notifications.escalation.probes import Probes
from notifications.outbox.alarm import ring
from notifications.outbox.models import Heartbeat
from notifications.outbox.queueing import (
    CROWDED,
    enqueue_canary,
    enqueue_each_minute,
    enqueue_housekeeping,
    queue_length,
)
from notifications.outbox.repeating import backfill_chase_ids, merge_repeated_notices
from notifications.outbox.sweep import sweep

BEAT_SECONDS = 2.0
CLOCKS_SECONDS = 5.0  # tasks, talks, requests: their moments are minutes apart
CANARY_SECONDS = 10.0
FINDINGS_SECONDS = 5.0
AUDIT_SECONDS = 60.0
DIGEST_SECONDS = 600.0
MINUTE_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 3600.0
MAX_PAUSE = 15.0

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Wakes workers for notices that are due, and takes the steps of their ladders. Runs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two passes (1.0)")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopped = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._stop)
        sweeper = Sweeper(options["interval"])
        sweeper.probes.start(self.stopped)
        OutsideWatch().start(self.stopped)
        sweeper.run(self.stopped)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopped.set()


class Sweeper:
    """The loop: one pass each `interval` seconds while this sweeper leads (`leading`).

    After a database error a pause of up to 15 s, and a new connection.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.failures = 0
        self.probes = Probes()
        self.lead = Lead()
        self.clock_watch = ClockWatch()
        self._last: dict[str, float] = {}

    def run(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            pause = self.interval
            try:
                # Django does this around each request; a loop has none.
                close_old_connections()
                self.clock_watch.look()
                if self.lead.hold():
                    self.run_once()
                self.failures = 0
            except (DatabaseError, InterfaceError) as error:
                self.failures += 1
                pause = min(self.interval * 2**self.failures, MAX_PAUSE)
                log.error("sweep_failed", code=type(error).__name__, failures=self.failures)
                connections.close_all()
            stopped.wait(pause)
        self.lead.release()

    def run_once(self) -> None:
        """Run one pass. The heartbeat comes last: it says that all of it was done."""
        now = timezone.now()
        with rows_aside_read_once():
            advance(now)
            if self._is_due("clocks", CLOCKS_SECONDS):
                advance_clocks(now)
                send_due_alarms(now)
            sweep(now)
        if self._is_due("canary", CANARY_SECONDS):
            for part, crowded in CROWDED.items():
                waiting = queue_length(part)
                # Among so many waiting tasks canaries would only pile up.
                if waiting is None or waiting < crowded:
                    enqueue_canary(part)
        self._run_slow_steps(now)
        if self._is_due("minute", MINUTE_SECONDS):
            self._enqueue_minute_tasks(now)
        if self._is_due("housekeeping", HOUSEKEEPING_SECONDS):
            enqueue_housekeeping()
        self._beat()

    def _enqueue_minute_tasks(self, now: datetime) -> None:
        """Enqueue the tasks of the minute; without a broker or bulk workers, raise the operator's alarm from here."""
        if not enqueue_each_minute():
            for_each_row("housekeeping", ["sweeper.alarm"], lambda name: ring(heartbeat=self._beat), at=now)
            for_each_row("housekeeping", settings.WITHOUT_WORKERS, lambda path: import_string(path)(), at=now)

    def _run_slow_steps(self, now: datetime) -> None:
        """Run what is due of the slower steps, each by itself: what fails here keeps no clock from moving."""
        steps: dict[str, tuple[float, Callable[[], Any]]] = {
            "sweeper.find": (FINDINGS_SECONDS, lambda: Heartbeat.beat(FINDINGS, collect_findings(now))),
            "sweeper.audit": (AUDIT_SECONDS, lambda: self._audit(now)),
            "sweeper.digest": (DIGEST_SECONDS, lambda: send_digests(now, heartbeat=self._beat)),
        }
        due = [name for name, (seconds, _do) in steps.items() if self._is_due(name, seconds)]
        if due:
            for_each_row("housekeeping", due, lambda name: steps[name][1](), at=now)

    def _audit(self, now: datetime) -> None:
        """Check that every open notice has a next step, and clean up, in portions, what an older release left."""
        backfill_chase_ids()
        merge_repeated_notices(now)
        delete_settled_rows(now)
        delete_unmet(now)
        delete_gone(now)
        found = get_stranded_notices(now)
        for notice in found:
            log.error("notice_stranded", notice=str(notice.pk), state=notice.state)
        without_step = find_stranded_rows(now)
        for clock, key in without_step:
            log.error("clock_stranded", clock=clock, row=key)
        Heartbeat.beat(AUDIT, {"stranded": len(found) + len(without_step)})

    def _beat(self) -> None:
        if self.lead.leads:
            self.lead.hold()  # a long step mustn't cost the lease
        if self._is_due("beat", BEAT_SECONDS):
            Heartbeat.beat("sweeper", {"probes": self.probes.results()})

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        # By the monotonic clock: setting the machine's time back mustn't stop the heartbeat.
        if now - self._last.get(what, -seconds) < seconds:
            return False
        self._last[what] = now
        return True
