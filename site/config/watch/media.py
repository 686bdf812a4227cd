"""Look each minute whether the bucket of the media can be used (settings.MEDIA_BUCKET_URL)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.utils import timezone

from content.media_storage.files import get_bucket
from content.media_storage.location import has_bucket
from notifications.outbox.models import Heartbeat

PART = "media"  # of `/readyz`, and of Heartbeat; `facts`: {"error": a code, "since": ISO time or ""}
FRESH = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def each_minute(argument: str = "", *, now: datetime | None = None) -> bool:
    """Try it. Return whether there is one to try."""
    if not has_bucket():
        return False
    from content.media_storage.probe import NotUsable, try_bucket  # and with it botocore

    moment, code = now or timezone.now(), ""
    try:
        try_bucket(get_bucket())
    except NotUsable as reason:
        code = reason.code
        log.error("media_bucket_not_usable", code=code)
    last = Heartbeat.objects.filter(part=PART).first()
    since = (last.facts.get("since") if last is not None else "") or moment.isoformat()
    facts = {"error": code, "since": since if code else ""}
    Heartbeat.objects.update_or_create(part=PART, defaults={"at": moment, "facts": facts})
    return True


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the part of `/readyz`, by its name; nothing without a bucket, or before the first look."""
    if not has_bucket() or PART not in beats:
        return {}
    facts, age = beats[PART].facts, max((now - beats[PART].at).total_seconds(), 0.0)
    since = facts.get("since")
    failing = max((now - datetime.fromisoformat(since)).total_seconds(), 0.0) if since else 0.0
    return {
        PART: {
            "ok": not facts.get("error") and age <= FRESH.total_seconds(),
            "age_s": round(age, 1),
            "failing_s": round(failing, 1),
            "error": facts.get("error", ""),
        }
    }
