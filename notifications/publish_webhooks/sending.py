"""Send what receivers are owed, outside of any request; try again for some hours, then give up until the next change.

A front end that builds itself once a day as well has missed nothing by then.
"""

import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db.models import F, Max
from django.utils import timezone

from audit import clock
from notifications.channels.base import ChannelError, PayloadError, RecipientGone, RecipientRefused, Unreached
from notifications.channels.outgoing_http import post, raise_for
from notifications.channels.webhook import build_signed_headers, write_time
from notifications.outbox.models import Heartbeat

from .models import PublishWebhook
from .receivers import Receiver, ReceiverInvalid, get_receivers
from .recording import GATHERING

TYPE = "content.changed"
LEASE = timedelta(seconds=30)  # a sending ends within outgoing_http.MAX_SECONDS
TRY_AGAIN = tuple(timedelta(minutes=each) for each in (1, 2, 5, 15, 30, 60, 120, 240))
RUN_SECONDS = 30.0
PART = "publish_webhooks"  # a part of Heartbeat, and of /readyz
FRESH = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def send_gathered(_argument: str = "") -> int:
    """Wait until what is being gathered is due, then send. A task of the bulk cluster, started by the first change."""
    latest = PublishWebhook.objects.owed().filter(tries=0).aggregate(at=Max("next_try_at"))["at"]
    if latest is not None:
        time.sleep(min(max((latest - timezone.now()).total_seconds(), 0.0), GATHERING.total_seconds()))
    return send_due()


def send_due(_argument: str = "", *, now: datetime | None = None) -> int:
    """Send each webhook that is due; also run each minute (settings.EACH_MINUTE). Return how many were taken."""
    if not settings.PUBLISH_WEBHOOKS or clock.is_imagined():
        return 0
    until = time.monotonic() + RUN_SECONDS
    try:
        receivers = {each.name: each for each in get_receivers()}
    except ReceiverInvalid:
        log.error("publish_webhooks_invalid")  # `manage.py check` says why
        return 0
    PublishWebhook.objects.exclude(name__in=receivers).delete()
    taken = 0
    for row in PublishWebhook.objects.due(now or timezone.now()).order_by("next_try_at", "pk"):
        if time.monotonic() >= until:
            break
        taken += _send_one(row.pk, receivers[row.name], now or timezone.now())
    _note_health()
    return taken


def _send_one(key: int, receiver: Receiver, now: datetime) -> bool:
    # Of two workers one takes it: the other finds it not due any more.
    leased = now + LEASE
    if not PublishWebhook.objects.due(now).filter(pk=key).update(next_try_at=leased, tries=F("tries") + 1):
        return False
    row = PublishWebhook.objects.filter(pk=key).first()
    if row is None:
        return False
    try:
        content = build_body(row)
        headers = build_signed_headers(f"msg_{row.reference}", content, list(receiver.keys), clock.now())
        raise_for(post(receiver.endpoint, content=content, headers=headers))
    except ChannelError as error:
        _try_again(row, error, now, leased)
        return False
    except DatabaseFailure:
        raise  # no receiver is to blame
    except Exception as error:  # noqa: BLE001  # one that can't be told: the others are
        _try_again(row, PayloadError(f"fault_{type(error).__name__}"[:40]), now, leased)
        return False
    _note_taken(row, now, leased)
    return True


def build_body(row: PublishWebhook) -> bytes:
    """Build the body: the same bytes at each attempt. Kinds and languages, and nothing that names a page."""
    assert row.changed_at is not None  # a constraint of the table
    body = {
        "type": TYPE,
        "timestamp": write_time(row.changed_at),
        "data": {"kinds": row.kinds, "languages": row.languages},
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=True).encode()


def _note_taken(row: PublishWebhook, now: datetime, leased: datetime) -> None:
    mine = PublishWebhook.objects.filter(pk=row.pk)
    mine.update(taken_at=now, failing_since=None, error_code="")
    if row.failing_since is not None:
        log.info("publish_webhook_mended", receiver=row.name)
    # Where something changed while it was on its way, that change has set a time of its own, and stays.
    mine.filter(next_try_at=leased).update(kinds=[], languages=[], next_try_at=None, tries=0)


def _try_again(row: PublishWebhook, error: ChannelError, now: datetime, leased: datetime) -> None:
    mine = PublishWebhook.objects.filter(pk=row.pk)
    mine.update(failing_since=row.failing_since or now, error_code=error.code[:40])
    is_over = isinstance(error, PayloadError | RecipientRefused | RecipientGone) or row.tries > len(TRY_AGAIN)
    log.warning("publish_webhook_failed", receiver=row.name, code=error.code, given_up=is_over)
    # As above: a change that came meanwhile has set its own time.
    at_its_time = mine.filter(next_try_at=leased)
    if is_over:
        # Kinds and languages stay: the next change says them too.
        at_its_time.update(next_try_at=None, tries=0)
        return
    wait = error.wait if isinstance(error, Unreached) else None
    at_its_time.update(next_try_at=now + max(TRY_AGAIN[row.tries - 1], timedelta(seconds=wait or 0)))


def _note_health() -> None:
    failing = list(PublishWebhook.objects.filter(failing_since__isnull=False).order_by("failing_since"))
    since = failing[0].failing_since if failing else None
    Heartbeat.beat(PART, {"failing": len(failing), "since": since.isoformat() if since else ""})


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the part of `/readyz`, by its name; nothing where nobody is told.

    {"ok", "age_s": since somebody looked, "failing": receivers whose last webhook wasn't taken, "failing_s"}.
    """
    if not settings.PUBLISH_WEBHOOKS:
        return {}
    beat = beats.get(PART)
    facts: dict[str, Any] = beat.facts if beat else {}
    since = datetime.fromisoformat(facts["since"]) if facts.get("since") else None
    return {
        PART: {
            "ok": beat is not None and now - beat.at <= FRESH and not facts.get("failing"),
            "age_s": _seconds(now, beat.at) if beat else None,
            "failing": facts.get("failing", 0),
            "failing_s": _seconds(now, since) if since else 0.0,
        }
    }


def _seconds(now: datetime, since: datetime) -> float:
    return round(max((now - since).total_seconds(), 0.0), 1)
