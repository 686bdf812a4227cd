"""Operators are mailed when backups fail: at once, then each day, and not before anything can be missing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from access.models import Assignment, StaffRole, User
from config.backups.watch import each_minute
from config.health import BACKUP, BACKUP_FAILED, BACKUP_PROOF
from notifications.outbox.models import Heartbeat

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def service(settings: Any) -> None:
    settings.BACKUP_MAX_HOURS, settings.BACKUP_DIR, settings.BACKUP_PROOF_MAX_DAYS = 26, "/backup", 35
    begun(NOW - timedelta(days=100))
    for number, language in enumerate(("en", "sq")):
        user = User.objects.create_user(f"op{number}", email=f"op{number}@vatra.test", password="x", language=language)
        Assignment.objects.create(user=user, role=StaffRole.OPERATOR)


def begun(at: datetime) -> None:
    MigrationRecorder(connection).Migration.objects.update(applied=at)


def beat(part: str, *, ago: timedelta, **facts: Any) -> None:
    Heartbeat.beat(part, facts)
    Heartbeat.objects.filter(part=part).update(at=NOW - ago)


def all_well() -> None:
    beat(BACKUP, ago=timedelta(hours=3))
    beat(BACKUP_PROOF, ago=timedelta(days=3), error="")


def test_nothing_is_said_while_all_is_well() -> None:
    all_well()
    assert each_minute(now=NOW) == 0


def test_a_failure_is_mailed_at_once_and_then_each_day_in_each_ones_language() -> None:
    all_well()
    beat(BACKUP_FAILED, ago=timedelta(minutes=1), code="disk_full")
    assert each_minute(now=NOW) == 2
    assert "failed (disk_full)" in mail.outbox[0].body
    assert "dështoi (disk_full)" in mail.outbox[1].body
    assert each_minute(now=NOW + timedelta(hours=2)) == 0
    assert each_minute(now=NOW + timedelta(hours=25)) == 2
    Heartbeat.objects.filter(part=BACKUP_FAILED).delete()
    beat(BACKUP, ago=timedelta(0))
    assert each_minute(now=NOW) == 0
    beat(BACKUP_FAILED, ago=timedelta(0), code="hook")
    assert each_minute(now=NOW + timedelta(minutes=1)) == 2, "a new failure is said at once"


def test_one_that_is_too_old_is_mailed() -> None:
    all_well()
    beat(BACKUP, ago=timedelta(hours=30))
    assert each_minute(now=NOW) == 2
    assert "The last backup that was made is of" in mail.outbox[0].body


def test_a_proof_that_failed_or_is_too_old_is_mailed() -> None:
    all_well()
    beat(BACKUP_PROOF, ago=timedelta(hours=1), error="chain")
    assert each_minute(now=NOW) == 2
    assert "was not well (chain)" in mail.outbox[0].body
    Heartbeat.objects.filter(part="backup.alarmed").delete()
    beat(BACKUP_PROOF, ago=timedelta(days=40), error="")
    assert each_minute(now=NOW) == 2
    assert "vatra backup --prove" in mail.outbox[2].body


def test_a_service_of_today_is_left_in_peace() -> None:
    begun(NOW - timedelta(hours=2))
    assert each_minute(now=NOW) == 0
    begun(NOW - timedelta(hours=30))
    assert each_minute(now=NOW) == 2
    assert "No backup was ever made." in mail.outbox[0].body


def test_without_a_folder_nobody_waits_for_a_proof(settings: Any) -> None:
    settings.BACKUP_DIR = ""
    beat(BACKUP, ago=timedelta(hours=3))
    assert each_minute(now=NOW) == 0


def test_where_none_is_asked_for_none_is_missed(settings: Any) -> None:
    settings.BACKUP_MAX_HOURS, settings.BACKUP_DIR = 0, ""
    assert each_minute(now=NOW) == 0
