"""Mail operators when backups fail: at once, then each day until one is made and, once a month, restored to try it."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.health import BACKUP, BACKUP_FAILED, BACKUP_PROOF, describe_backup
from notifications.escalation.rounds import RETRY_AFTER, claim_round, mail_each
from notifications.outbox.alarm import get_operators_to_mail
from notifications.outbox.models import Heartbeat

MAILED = "backup.alarmed"
AGAIN = timedelta(days=1)
SUBJECT = _("Vatra: backups need you")

log = structlog.get_logger(__name__)


def each_minute(argument: str = "", *, now: datetime | None = None) -> int:
    """Mail operators when there is reason to and they weren't mailed today. Return how many mails went out."""
    moment = now or timezone.now()
    beats = {beat.part: beat for beat in Heartbeat.objects.filter(part__in=(BACKUP, BACKUP_FAILED, BACKUP_PROOF))}
    found = describe_backup(beats, moment)
    if not _is_alarming(beats, found, moment):
        Heartbeat.objects.filter(part=MAILED).delete()
        return 0
    if not claim_round(MAILED, moment, _is_due_again):
        return 0
    log.error("backup_alarm", code=found["error"] or found.get("proof_error", "") or "too_old")
    unproven = "proven_d" in found and _is_over(beats.get(BACKUP_PROOF), None, _get_proof_limit(), moment)
    words = {**found, "since": beats[BACKUP].at if BACKUP in beats else None, "unproven": unproven}
    return mail_each(MAILED, get_operators_to_mail(), lambda _person: _word(words), moment)


def is_alarming(now: datetime) -> bool:
    """Tell whether operators have to hear of backups."""
    beats = {beat.part: beat for beat in Heartbeat.objects.filter(part__in=(BACKUP, BACKUP_FAILED, BACKUP_PROOF))}
    return _is_alarming(beats, describe_backup(beats, now), now)


def _is_alarming(beats: dict[str, Heartbeat], found: dict[str, Any], now: datetime) -> bool:
    return not found["ok"] and _is_time(beats, found, now)


def _is_time(beats: dict[str, Heartbeat], found: dict[str, Any], now: datetime) -> bool:
    """Whether what is missing can have been there: a service of today has no backup of last night."""
    if found["error"] or found.get("proof_error"):
        return True
    began = (
        MigrationRecorder(connection).Migration.objects.order_by("applied").values_list("applied", flat=True).first()
    )
    return _is_over(beats.get(BACKUP), began, timedelta(hours=settings.BACKUP_MAX_HOURS), now) or (
        "proven_d" in found and _is_over(beats.get(BACKUP_PROOF), began, _get_proof_limit(), now)
    )


def _is_over(beat: Heartbeat | None, began: datetime | None, limit: timedelta, now: datetime) -> bool:
    last = beat.at if beat is not None else began
    return bool(limit) and (last is None or now - last > limit)


def _get_proof_limit() -> timedelta:
    return timedelta(days=settings.BACKUP_PROOF_MAX_DAYS)


def _word(words: dict[str, Any]) -> tuple[str, str]:
    # In the code, as the alarm about the record is: it mustn't depend on what people word.
    return str(SUBJECT), render_to_string("backups/alarm.txt", words)


def _is_due_again(beat: Heartbeat, now: datetime) -> bool:
    if beat.at > now:  # left from a clock that was set back
        return True
    return now - beat.at >= (RETRY_AFTER if beat.facts.get("unheard") else AGAIN)
