"""What operators are told by a second way: each matter with its words, and how it is judged by the parts of `/readyz`.

A mail says the same at length, where mails go out (`outbox.alarm`, `backups.watch`, `escalation.chain_watch`). These
words say that something isn't well and which page of docs/runbook.md to open; nothing of a case, a person or a place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.backups.watch import is_alarming
from config.health import Parts

MAIL_SECONDS = 60.0
OVERDUE_SECONDS = 300.0
QUEUE_SECONDS = 30.0
MEDIA_SECONDS = 300.0


@dataclass(frozen=True)
class MatterKind:
    """`page`: the heading in docs/runbook.md. `is_ill(parts, now)` judges by the parts of `/readyz`."""

    name: str
    ill: str | Promise
    well: str | Promise
    page: str
    is_ill: Callable[[Parts, datetime], bool]


def _has_failed(part: str) -> Callable[[Parts, datetime], bool]:
    return lambda parts, _now: part in parts and not parts[part]["ok"]


def _is_mail_down(parts: Parts, _now: datetime) -> bool:
    return _get(parts, "smtp", "failing_s") > MAIL_SECONDS


def _is_queue_down(parts: Parts, _now: datetime) -> bool:
    return _get(parts, "broker", "failing_s") > QUEUE_SECONDS


def _is_late(parts: Parts, _now: datetime) -> bool:
    return _get(parts, "outbox", "oldest_due_s") > OVERDUE_SECONDS


def _is_record_broken(parts: Parts, _now: datetime) -> bool:
    # Not its age: after a start the whole of it is verified within the hour.
    facts = parts.get("audit_chain", {})
    return bool(
        facts.get("broken")
        or facts.get("error")
        or parts.get("sealed_cells", {}).get("put_back")
        or parts.get("sealed_rows", {}).get("unexplained")
    )


def _is_media_away(parts: Parts, _now: datetime) -> bool:
    return _get(parts, "media", "failing_s") > MEDIA_SECONDS or parts.get("media", {}).get("error") == "public"


def _get(parts: Parts, part: str, entry: str) -> float:
    found: Any = parts.get(part, {}).get(entry)
    return float(found or 0)


MATTERS: dict[str, MatterKind] = {
    kind.name: kind
    for kind in (
        MatterKind("mail", _("e-mails don’t go out"), _("e-mails go out again"), "VatraMailDown", _is_mail_down),
        MatterKind(
            "queue", _("the queue isn’t reached"), _("the queue is reached again"), "VatraQueueDown", _is_queue_down
        ),
        MatterKind("late", _("notices wait too long"), _("no notice waits too long"), "VatraNoticesWait", _is_late),
        MatterKind(
            "nobody",
            _("nobody could be notified"),
            _("everybody could be notified"),
            "VatraNobodyNotified",
            _has_failed("nobody_told"),
        ),
        MatterKind("disk", _("the disk is full"), _("the disk has room again"), "VatraDiskLow", _has_failed("disk")),
        MatterKind(
            "record",
            _("the record doesn’t fit"),
            _("the record fits again"),
            "VatraRecordBroken",
            _is_record_broken,
        ),
        MatterKind(
            "backup",
            _("a backup is missing"),
            _("backups are in order"),
            "VatraBackupMissing",
            lambda _parts, now: is_alarming(now),
        ),
        MatterKind(
            "point_in_time",
            _("changes aren’t stored for restoring"),
            _("changes are stored for restoring again"),
            "VatraPointInTimeBehind",
            _has_failed("point_in_time"),
        ),
        MatterKind(
            "certificate",
            _("the certificate ends soon"),
            _("the certificate is renewed"),
            "VatraCertificateEnds",
            _has_failed("certificate"),
        ),
        MatterKind(
            "media",
            _("pictures and documents aren’t reached"),
            _("pictures and documents are reached again"),
            "VatraMediaAway",
            _is_media_away,
        ),
    )
}
