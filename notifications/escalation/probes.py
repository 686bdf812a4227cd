"""Probes of what notices need besides the database: the cache, the broker, the mail server, gateways for SMS and calls.

Each runs in a thread of its own beside the sweeper: what hangs there holds up no clock. A probe that doesn't come back
is recognised by the age of its last result.
"""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django_q.brokers import get_broker

from notifications.channels.base import ChannelError, get_channel
from notifications.channels.gateways.reachability import check_gateways
from notifications.outbox.queueing import URGENT

PROBE_SECONDS = 5.0
# A mail server isn't to be greeted each five seconds; one that failed is asked again that soon.
SMTP_SECONDS = 60.0

log = structlog.get_logger(__name__)


def probe_cache() -> None:
    """Write and read one value. Raises OSError when another one comes back."""
    mark = uuid.uuid4().hex
    cache.set("probe", mark, 30)
    if cache.get("probe") != mark:
        raise OSError("not kept")


def probe_broker() -> None:
    """Ask the broker for the length of the urgent queue."""
    try:
        get_broker(URGENT).queue_size()
    finally:
        # The ORM broker opens a connection for this thread, which nobody else would close.
        connections.close_all()


def probe_mail() -> None:
    """Open the connection that mails take, as far as a greeting. Sends nothing."""
    channel = get_channel("email")
    try:
        channel.open()
    finally:
        channel.close()


class Probes:
    """The last result of each probe: {"ok", "age_s", "failing_s", "error"}.

    `error` is a code or the class of the error.
    """

    def __init__(self) -> None:
        self._probes: dict[str, tuple[Callable[[], None], float]] = {
            "cache": (probe_cache, PROBE_SECONDS),
            "broker": (probe_broker, PROBE_SECONDS),
            "smtp": (probe_mail, SMTP_SECONDS),
        }
        if settings.NOTIFICATION_GATEWAYS:
            self._probes["gateways"] = (check_gateways, SMTP_SECONDS)
        self._results: dict[str, dict[str, Any]] = {}
        self._threads: list[threading.Thread] = []

    def start(self, stopped: threading.Event) -> None:
        """Start one thread for each probe, so that none waits for another."""
        for name in self._probes:
            # Daemons: a probe that hangs mustn't keep the process from ending.
            thread = threading.Thread(
                target=self._run_repeatedly, args=(name, stopped), name=f"probe-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def results(self) -> dict[str, dict[str, Any]]:
        """Return the results with their ages as of now, so that a probe that hangs grows old."""
        now = time.monotonic()
        return {
            name: {
                "ok": result["error"] == "",
                "age_s": round(now - result["at"], 1),
                "failing_s": round(now - result["failing_since"], 1) if result["error"] else 0.0,
                "error": result["error"],
            }
            # A copy, because the probes' threads write meanwhile.
            for name, result in dict(self._results).items()
        }

    def run_probe(self, name: str) -> bool:
        """Run one probe once. Return whether it succeeded; never raises."""
        began = time.monotonic()
        error = ""
        try:
            self._probes[name][0]()
        except ChannelError as failure:
            error = failure.code
        except Exception as failure:  # noqa: BLE001  # any failure is a result of the probe
            error = type(failure).__name__
        before = self._results.get(name)
        was_failing = before is not None and bool(before["error"])
        since = before["failing_since"] if before is not None and was_failing else began
        self._results[name] = {"at": time.monotonic(), "error": error, "failing_since": since}
        if bool(error) != was_failing:
            (log.error if error else log.info)("probe_failed" if error else "probe_mended", probe=name, code=error)
        return error == ""

    def _run_repeatedly(self, name: str, stopped: threading.Event) -> None:
        while not stopped.is_set():
            succeeded = self.run_probe(name)
            stopped.wait(self._probes[name][1] if succeeded else PROBE_SECONDS)
