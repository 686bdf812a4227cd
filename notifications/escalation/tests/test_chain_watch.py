"""The chain's alarm and the mail of the day, through the job that runs each minute."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import Assignment, StaffRole, User
from audit.chain import log_event
from audit.models import AuditEntry
from audit.triggers import AUDIT_ENTRIES
from audit.verification import verify_chain
from notifications.outbox.models import Heartbeat
from vault.witness import Seen

from .. import chain_watch, rounds
from ..chain_watch import CHAIN, each_minute

pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self) -> None:
        self.now = timezone.make_aware(datetime.combine(timezone.localdate(), time(9)))

    def tick(self, **more: float) -> None:
        self.now += timedelta(**more)
        each_minute()


@pytest.fixture
def clock(monkeypatch, settings, tmp_path):
    settings.VAULT_WITNESS_FILE = tmp_path / "cells.sqlite3"
    settings.AUDIT_WATCH_FILE = tmp_path / "chain"
    clock = Clock()
    monkeypatch.setattr(chain_watch.timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def operators():
    return [person(StaffRole.OPERATOR, f"operator{number}") for number in range(2)]


def person(role: str, name: str, language: str = "en") -> User:
    user = User.objects.create_user(name, email=f"{name}@vatra.test", password="x", language=language)
    Assignment.objects.create(user=user, role=role)
    return user


def spoil(number: int) -> None:
    with connection.cursor() as cursor:
        for statement in AUDIT_ENTRIES.undo_sql(connection.vendor):
            cursor.execute(statement)
        cursor.execute("UPDATE audit_auditentry SET action = 'x' WHERE number = %s", [number])


def sent_to() -> list[str]:
    return sorted(address for one in mail.outbox for address in one.to)


def test_the_head_goes_out_once_a_day_and_is_good_for_a_check(operators, clock):
    log_event("test.done")
    clock.tick()
    clock.tick(minutes=1)
    assert sent_to() == ["operator0@vatra.test", "operator1@vatra.test"]
    (noted,) = [line.strip() for line in mail.outbox[0].body.splitlines() if line.startswith("    ")]
    assert verify_chain(noted=noted).ok
    assert "it is whole" in mail.outbox[0].body
    clock.tick(days=1)
    assert len(mail.outbox) == 4


def test_when_new_entries_were_last_read_to_their_end_stays_known(clock, monkeypatch):
    log_event("test.done")
    clock.tick()
    at = Heartbeat.objects.get(part=CHAIN).facts["read_at"]
    assert at == clock.now.isoformat()
    really = chain_watch.watch_chain
    monkeypatch.setattr(chain_watch, "watch_chain", lambda now: replace(really(now), read_at=""))
    clock.tick(minutes=1)
    assert Heartbeat.objects.get(part=CHAIN).facts["read_at"] == at


def test_nothing_goes_out_before_eight(operators, clock):
    clock.tick(hours=-2)
    assert mail.outbox == []
    clock.tick(hours=1, minutes=1)
    assert len(mail.outbox) == 2


def test_a_mail_that_did_not_go_out_is_tried_again(operators, clock, monkeypatch):
    def away(self):
        raise OSError

    with monkeypatch.context() as gone:
        gone.setattr(rounds.EmailMessage, "send", away)
        clock.tick()
    clock.tick(minutes=1)
    assert mail.outbox == []
    clock.tick(minutes=5)
    assert len(mail.outbox) == 2


def test_a_broken_chain_is_said_at_once_each_hour_and_then_once_a_day(operators, clock):
    for _number in range(3):
        log_event("test.done")
    clock.tick()
    mail.outbox.clear()
    spoil(2)
    clock.tick(hours=1)
    assert Heartbeat.objects.get(part=CHAIN).facts["broken"] == 2
    assert len(mail.outbox) == 2
    assert "is number 2" in mail.outbox[0].body
    clock.tick(minutes=30)
    assert len(mail.outbox) == 2
    clock.tick(minutes=31)
    assert len(mail.outbox) == 4
    for hours, written in ((23, 4), (2, 6), (20, 6)):
        clock.tick(hours=hours)
        assert len([one for one in mail.outbox if "was changed" in one.subject]) == written


def test_ready_says_that_the_chain_is_broken_and_that_it_is_well_again(operators, clock):
    for _number in range(3):
        log_event("test.done")
    second = AuditEntry.objects.count() - 1
    spoil(second)
    clock.tick()
    part = Client().get("/readyz").json()["parts"]["audit_chain"]
    assert (part["ok"], part["broken"], part["age_s"]) == (False, second, None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditentry SET action = 'test.done' WHERE number = %s", [second])
    clock.tick(minutes=1)
    assert Client().get("/readyz").json()["parts"]["audit_chain"]["ok"] is True


def test_a_chain_that_can_not_be_read_is_said(operators, clock, settings):
    log_event("test.done")
    clock.tick()
    settings.AUDIT_WATCH_FILE.parent.chmod(0o700)
    settings.AUDIT_WATCH_FILE = settings.AUDIT_WATCH_FILE / "no folder" / "chain"
    mail.outbox.clear()
    clock.tick(minutes=1)
    assert Heartbeat.objects.get(part=CHAIN).facts["error"] == "NotADirectoryError"
    assert "could not be read" in mail.outbox[0].body


def test_a_sealed_value_that_is_older_than_it_was_is_said_and_named_in_the_chain(operators, clock, monkeypatch):
    cell = "outbox_notice/brief/7"
    clock.tick()
    mail.outbox.clear()
    monkeypatch.setattr(chain_watch.witness, "step", lambda **_named: Seen([cell], [cell], clock.now.timestamp()))
    clock.tick(minutes=1)
    entry = AuditEntry.objects.get(action="vault.put_back")
    assert (entry.target_kind, entry.target_id, entry.detail) == ("outbox_notice", "7", {"column": "brief"})
    assert cell in mail.outbox[0].body
    assert "sealed_cells" in Client().get("/readyz").json()["degraded"]
    monkeypatch.setattr(chain_watch.witness, "step", lambda **_named: None)  # another process walks
    clock.tick(minutes=1)
    assert "sealed_cells" in Client().get("/readyz").json()["degraded"]


def test_while_another_looks_nothing_is_said(operators, clock, monkeypatch):
    def busy(*args, **named):
        raise chain_watch.WatchedElsewhere

    monkeypatch.setattr(chain_watch, "watch_chain", busy)
    clock.tick()
    assert not Heartbeat.objects.filter(part=CHAIN).exists()
