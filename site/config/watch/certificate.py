"""Look at the certificate of PUBLIC_URL, as a browser sees it: four times a day, and each quarter of an hour where none
is seen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.utils import timezone

from config.certificates import CERTIFICATE_DAYS, get_certificate_end
from notifications.outbox.models import Heartbeat

PART = "certificate"  # of Heartbeat; `facts`: {"ends_at": ISO time or "", "error": a code}
EACH = timedelta(hours=6)
AGAIN = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def each_minute(argument: str = "", *, now: datetime | None = None) -> bool:
    """Look if it is time to. Return whether it was looked at."""
    moment = now or timezone.now()
    host, port = get_place()
    last = Heartbeat.objects.filter(part=PART).first()
    if not host or (last is not None and not _is_due(last, moment)):
        return False
    found = get_certificate_end(host, port)
    # What was refused is said in words with the host's name; a code is enough here, `vatra check` says the words.
    facts = (
        {"ends_at": "", "error": "unseen"} if isinstance(found, str) else {"ends_at": found.isoformat(), "error": ""}
    )
    if facts["error"]:
        log.error("certificate_unseen")
    Heartbeat.objects.update_or_create(part=PART, defaults={"at": moment, "facts": facts})
    return True


def get_place() -> tuple[str, int]:
    """Return the host and port that readers connect to; "" where PUBLIC_URL isn't https."""
    url = urlsplit(settings.PUBLIC_URL)
    return (url.hostname or "", url.port or 443) if url.scheme == "https" else ("", 0)


def measure_days_left(beats: Mapping[str, Heartbeat], now: datetime) -> float | None:
    """Return for how many days it is still good, by the last look; None where it wasn't seen."""
    ends = beats[PART].facts.get("ends_at") if PART in beats else ""
    return (datetime.fromisoformat(ends) - now).total_seconds() / 86400 if ends else None


def describe_health(beats: Mapping[str, Heartbeat], now: datetime) -> dict[str, dict[str, Any]]:
    """Return the part of `/readyz`, by its name; nothing without https, or before the first look."""
    if not get_place()[0] or PART not in beats:
        return {}
    days = measure_days_left(beats, now)
    return {
        PART: {
            "ok": days is not None and days >= CERTIFICATE_DAYS,
            "days": None if days is None else round(days, 1),
            "error": beats[PART].facts.get("error", ""),
        }
    }


def _is_due(beat: Heartbeat, now: datetime) -> bool:
    if beat.at > now:  # left from a clock that was set back
        return True
    return now - beat.at >= (AGAIN if beat.facts.get("error") else EACH)
