"""Ask a watch outside, once a minute, while the sweeper and a worker work: when we fall silent, somebody else says so.

The address (settings.OUTSIDE_WATCH_URL) is a "dead man's switch" of somebody else's: it raises an alarm when it hasn't
been asked for some minutes. It gets a bare GET, so it learns this server's address and that it lives, nothing else.

It runs in a thread of its own beside the sweeper and ends within OUTSIDE_SECONDS: what hangs there holds up nothing.
Of several sweepers one asks. The address is a secret: results, logs and screens name codes, never it.
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from notifications.channels.base import ChannelError
from notifications.channels.outgoing_http import get, parse_endpoint, raise_for
from notifications.outbox.models import Heartbeat

PART = "outside_watch"  # of Heartbeat: `at` is when it was last tried, `facts` as Facts below
OUTSIDE_SECONDS = 5.0
LOOK_SECONDS = 5.0
EACH = timedelta(seconds=60)
CANARY, CANARY_FRESH = "canary.urgent", timedelta(seconds=60)
SWEEPER, SWEEPER_FRESH = "sweeper", timedelta(seconds=30)
REACHED_FRESH = timedelta(minutes=5)
NOT_WORKING = "not_working"  # why it wasn't asked: a worker or the sweeper's round is late

# {"reached_at": when it last answered, "failing_since": "" while it does, "error": a code}
Facts = dict[str, str]

log = structlog.get_logger(__name__)


class OutsideWatch:
    """The thread. A daemon: a request that hangs mustn't keep the process from ending."""

    def start(self, stopped: threading.Event) -> None:
        """Start it where an address is set."""
        if settings.OUTSIDE_WATCH_URL:
            threading.Thread(target=self._run, args=(stopped,), name="outside-watch", daemon=True).start()

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(LOOK_SECONDS):
            try:
                ask_if_due(timezone.now())
            except (DatabaseError, InterfaceError) as error:
                log.error("outside_watch_without_database", code=type(error).__name__)
            finally:
                # A connection of this thread, which nobody else would close.
                connections.close_all()


def ask_if_due(now: datetime) -> bool:
    """Ask the watch if a minute has passed since anybody did. Return whether it was asked and answered."""
    beats = Heartbeat.objects.in_bulk([PART, CANARY, SWEEPER])
    last = beats.get(PART)
    if not _claim(last, now):
        return False
    error = _ask() if is_working(beats, now) else NOT_WORKING
    _note(dict(last.facts) if last else {}, error, now)
    return not error


def is_working(beats: Mapping[str, Heartbeat], now: datetime) -> bool:
    """Tell whether a worker has executed a canary, and the sweeper finished a round, just now."""
    wanted = ((CANARY, CANARY_FRESH), (SWEEPER, SWEEPER_FRESH))
    return all(part in beats and now - beats[part].at <= fresh for part, fresh in wanted)


def _claim(last: Heartbeat | None, now: datetime) -> bool:
    """Claim this minute's asking: of two sweepers one asks."""
    if last is None:
        _beat, made = Heartbeat.objects.get_or_create(part=PART, defaults={"at": now})
        return made
    if timedelta(0) <= now - last.at < EACH:  # a time ahead of now is left from a clock that was set back
        return False
    return Heartbeat.objects.filter(part=PART, at=last.at).update(at=now) == 1


def _ask() -> str:
    """Ask it. Return "", or the code of what went wrong; never raises, and never says the address."""
    try:
        raise_for(get(parse_endpoint(settings.OUTSIDE_WATCH_URL), seconds=OUTSIDE_SECONDS))
    except ChannelError as failure:
        return failure.code
    except Exception as failure:  # noqa: BLE001  # whatever it is, nothing may stop for it
        return type(failure).__name__
    return ""


def _note(before: Facts, error: str, now: datetime) -> None:
    was_failing = bool(before.get("failing_since"))
    facts = {
        "reached_at": before.get("reached_at", "") if error else now.isoformat(),
        "failing_since": (before.get("failing_since") or now.isoformat()) if error else "",
        "error": error,
    }
    Heartbeat.objects.filter(part=PART, at=now).update(facts=facts)
    if bool(error) != was_failing:
        (log.error if error else log.info)("outside_watch_failed" if error else "outside_watch_mended", code=error)


def describe_outside_watch(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the part of `/readyz`, by its name; nothing where no address is set.

    {"ok", "age_s": since it last answered, "failing_s", "error": a code}. Not well once it hasn't answered for
    REACHED_FRESH: by then it has raised its alarm, or will.
    """
    if not settings.OUTSIDE_WATCH_URL:
        return {}
    beat = beats.get(PART)
    facts: dict[str, Any] = beat.facts if beat else {}
    reached, failing = _read(facts.get("reached_at")), _read(facts.get("failing_since"))
    return {
        PART: {
            "ok": reached is not None and now - reached <= REACHED_FRESH,
            "age_s": _seconds(now, reached) if reached else None,
            "failing_s": _seconds(now, failing) if failing else 0.0,
            "error": facts.get("error", ""),
        }
    }


def _read(moment: str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if moment else None


def _seconds(now: datetime, since: datetime) -> float:
    return round(max((now - since).total_seconds(), 0.0), 1)
