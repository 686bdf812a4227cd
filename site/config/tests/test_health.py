"""/healthz and /readyz: cheap, honest, and telling only of what notices need."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from access.models import Assignment, Region, User
from notifications.outbox.models import Heartbeat

from .. import health

WELL = {"ok": True, "age_s": 1.0, "failing_s": 0.0, "error": ""}
FACTS = {
    "sweeper": {"probes": {"cache": WELL, "broker": WELL, "smtp": WELL}},
    "findings": {"overdue_s": 0.0, "put_aside": 0, "smtp_failing_s": 0.0, "contacts": 3, "on_duty": 2},
    "audit": {"stranded": 0},
}
EVERY_PART = {
    *("database", "migrations", "worker", "bulk_worker", "sweeper", "outbox", "put_aside", "nobody_told"),
    *("audit_chain", "sealed_cells", "sealed_rows", "contacts", "roster", "drills", "cache", "broker", "smtp"),
    *("disk", "backup", "mail_keys", "staff_phones"),
}


def find(part: str, age: float = 0, **facts: Any) -> None:
    at = timezone.now() - timedelta(seconds=age)
    Heartbeat.objects.update_or_create(part=part, defaults={"at": at, "facts": {**FACTS.get(part, {}), **facts}})


@pytest.fixture
def beats(db):
    """Each part worked so many seconds ago; the sweeper has found that all is well."""

    def beat(**ages: float) -> None:
        parts = {"urgent": "canary.urgent", "bulk": "canary.bulk", "sweeper": "sweeper"}
        for name, age in ages.items():
            find(parts[name], age)
        find("findings")
        find("audit")
        find("audit_chain", verified_at=timezone.now().isoformat())
        find("roster")
        find("drills")
        find("means")

    return beat


def test_the_process_says_that_it_lives_without_asking_anything_else(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert answer["Cache-Control"] == "no-store"


def test_it_is_ready_when_a_worker_and_the_sweeper_worked_just_now(client, beats):
    beats(urgent=5, bulk=5, sweeper=1)
    answer = client.get("/readyz")
    body = answer.json()
    assert answer.status_code == 200
    assert body["ok"] is True
    assert body["degraded"] == []
    assert set(body["parts"]) == EVERY_PART
    assert 5 <= body["parts"]["worker"]["age_s"] < 10
    outbox = body["parts"]["outbox"]
    assert 0 <= outbox.pop("age_s") < 5
    assert outbox == {"ok": True, "stranded": 0, "oldest_due_s": 0.0}
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.parametrize(
    ("ages", "ill"),
    [
        ({"sweeper": 1, "bulk": 1}, "worker"),
        ({"urgent": 61, "sweeper": 1, "bulk": 1}, "worker"),
        ({"urgent": 1, "bulk": 1}, "sweeper"),
        ({"urgent": 1, "bulk": 1, "sweeper": 31}, "sweeper"),
    ],
)
def test_without_a_worker_or_the_sweeper_it_is_not_ready(client, beats, ages, ill):
    beats(**ages)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert ill in answer.json()["degraded"]


def test_a_silent_bulk_worker_only_degrades(client, beats):
    beats(urgent=1, sweeper=1, bulk=16 * 60)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == ["bulk_worker"]


@pytest.mark.parametrize(
    ("part", "facts", "ill"),
    [
        ("audit", {"stranded": 1}, "outbox"),
        ("audit_chain", {"verified_at": timezone.now().isoformat(), "put_back": 1}, "sealed_cells"),
        ("audit_chain", {"verified_at": timezone.now().isoformat(), "cells_error": "OSError"}, "sealed_cells"),
        ("audit_chain", {"verified_at": timezone.now().isoformat(), "rows": 1}, "sealed_rows"),
        ("audit_chain", {"verified_at": timezone.now().isoformat(), "rows_error": "KeyRingError"}, "sealed_rows"),
        ("roster", {"soon": 1}, "roster"),
        ("findings", {"overdue_s": 121.0}, "outbox"),
        ("findings", {"put_aside": 1}, "put_aside"),
        ("findings", {"smtp_failing_s": 10.1}, "smtp"),
        ("sweeper", {"probes": FACTS["sweeper"]["probes"] | {"cache": WELL | {"ok": False, "error": "x"}}}, "cache"),
        ("sweeper", {"probes": FACTS["sweeper"]["probes"] | {"broker": WELL | {"age_s": 61.0}}}, "broker"),
        ("sweeper", {"probes": FACTS["sweeper"]["probes"] | {"smtp": WELL | {"failing_s": 11.0}}}, "smtp"),
        ("sweeper", {"probes": {"cache": WELL, "broker": WELL}}, "smtp"),
    ],
)
def test_what_the_sweeper_found_degrades_and_is_named(client, beats, part, facts, ill):
    beats(urgent=1, sweeper=1, bulk=1)
    find(part, 1, **facts)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == [ill]


@pytest.mark.parametrize("hours", [None, 3.1, 0.5])
@pytest.mark.parametrize("facts", [{"broken": 7}, {"error": "KeyRingError"}, {}])
def test_a_chain_that_is_broken_or_was_not_read_lately_degrades(client, beats, facts, hours):
    beats(urgent=1, sweeper=1, bulk=1)
    at = (timezone.now() - timedelta(hours=hours)).isoformat() if hours else ""
    find("audit_chain", verified_at=at, **facts)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == ([] if hours == 0.5 and not facts else ["audit_chain"])
    assert answer.json()["parts"]["audit_chain"]["broken"] == facts.get("broken", 0)


@pytest.mark.parametrize(
    ("verified", "began", "read", "ok"),
    [
        (9, 4, 0.1, True),  # a chain so long that its pass takes the night
        (9, None, 0.1, False),  # none is under way
        (9, 4, 3.1, False),  # it stands still
        (900, 750, 0.1, False),  # it has taken more than a month
        (None, 4, 0.1, False),  # and the first one isn't over yet
    ],
)
def test_a_long_chain_is_well_while_its_pass_goes_on(client, beats, verified, began, read, ok):
    beats(urgent=1, sweeper=1, bulk=1)
    at = [
        (timezone.now() - timedelta(hours=hours)).isoformat() if hours is not None else ""
        for hours in (verified, began, read)
    ]
    find("audit_chain", verified_at=at[0], began_at=at[1], read_at=at[2])
    assert client.get("/readyz").json()["parts"]["audit_chain"]["ok"] is ok


@pytest.mark.parametrize("facts", [{"contacts": 0}, {"on_duty": 0}])
def test_with_nobody_to_be_told_it_is_not_ready(client, beats, facts):
    beats(urgent=1, sweeper=1, bulk=1)
    find("findings", **facts)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["degraded"] == ["contacts"]


def test_a_mail_server_that_failed_for_less_than_ten_seconds_is_not_cried_out(client, beats):
    beats(urgent=1, sweeper=1, bulk=1)
    find("findings", smtp_failing_s=9.0)
    assert client.get("/readyz").json()["degraded"] == []


def test_a_roster_that_nobody_has_looked_at_lately_degrades(client, beats):
    beats(urgent=1, sweeper=1, bulk=1)
    find("roster", 16 * 60)
    assert client.get("/readyz").json()["degraded"] == ["roster"]


def test_what_was_found_long_ago_says_nothing_any_more(client, beats):
    beats(urgent=1, sweeper=1, bulk=1)
    find("findings", 61)
    answer = client.get("/readyz").json()
    assert answer["degraded"] == ["contacts", "nobody_told", "outbox", "put_aside"]
    assert answer["parts"]["outbox"]["age_s"] >= 61


def test_without_a_broker_the_sweeper_sends_and_no_worker_is_needed(client, beats):
    beats(urgent=500, sweeper=1, bulk=1)
    broken = WELL | {"ok": False, "error": "ConnectionError", "failing_s": 400.0}
    find("sweeper", 1, probes=FACTS["sweeper"]["probes"] | {"broker": broken})
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == ["broker", "worker"]
    assert answer.json()["parts"]["broker"]["sweeper_sends"] is True


def test_a_full_disk_and_one_that_is_gone_degrade(client, beats, settings, tmp_path):
    beats(urgent=1, sweeper=1, bulk=1)
    settings.DISK_MIN_MB = 10**9
    assert client.get("/readyz").json()["degraded"] == ["disk"]
    settings.DISK_MIN_MB, settings.DATA_DIR = 0, tmp_path / "gone"
    assert client.get("/readyz").json()["parts"]["disk"]["error"] == "FileNotFoundError"


@pytest.mark.parametrize(("hours", "ok"), [(None, False), (25, True), (27, False)])
def test_a_backup_is_asked_for_when_the_settings_say_so(client, beats, settings, hours, ok):
    beats(urgent=1, sweeper=1, bulk=1)
    if hours is not None:
        find("backup", hours * 3600)
    assert client.get("/readyz").json()["parts"]["backup"]["ok"] is True
    settings.BACKUP_MAX_HOURS = 26
    assert client.get("/readyz").json()["parts"]["backup"] == {"ok": ok, "age_h": hours, "error": ""}


def test_a_backup_that_failed_or_was_never_restored_degrades(client, beats, settings):
    beats(urgent=1, sweeper=1, bulk=1)
    find("backup", 3600)
    settings.BACKUP_DIR = "/backup"
    part = {"ok": False, "age_h": 1.0, "error": "", "proven_d": None, "proof_error": ""}
    assert client.get("/readyz").json()["parts"]["backup"] == part
    find("backup.proof", 86400, error="chain")
    part |= {"proven_d": 1.0, "proof_error": "chain"}
    assert client.get("/readyz").json()["parts"]["backup"] == part
    find("backup.proof", 86400, error="")
    assert client.get("/readyz").json()["parts"]["backup"]["ok"] is True
    find("backup.failed", 60, code="disk_full")
    assert client.get("/readyz").json()["parts"]["backup"]["error"] == "disk_full"
    assert "backup" in client.get("/readyz").json()["degraded"]


def test_a_backup_by_another_tool_is_noted(beats):
    call_command("backup_done", stdout=StringIO())
    assert Heartbeat.objects.filter(part="backup").exists()


def test_a_missing_migration_is_named_and_nothing_else_is_asked(client, beats, monkeypatch):
    beats(urgent=1, sweeper=1, bulk=1)
    monkeypatch.setattr(health, "_get_last_migrations", lambda: frozenset({("outbox", "9999_later")}))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["migrations"] == {"ok": False, "missing": ["outbox.9999_later"]}
    assert "worker" not in answer.json()["parts"]


def test_a_database_that_does_not_answer_is_named_by_the_kind_of_error(client, monkeypatch, db):
    def broken() -> None:
        raise DatabaseError("password of somebody@somewhere")

    with monkeypatch.context() as patch:
        patch.setattr(health.connection, "cursor", broken)
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": {"ok": False, "error": "DatabaseError"}}


def test_asking_takes_few_queries(client, beats, django_assert_max_num_queries):
    beats(urgent=1, sweeper=1, bulk=1)
    client.get("/readyz")
    with django_assert_max_num_queries(5):
        client.get("/readyz")


def test_asking_in_vain_each_second_does_not_fill_the_log(client, db, caplog):
    assert client.get("/readyz").status_code == 503
    assert caplog.records == []


def test_nothing_but_reading_is_answered(client, db):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


AFAR = "203.0.113.9"


def test_a_stranger_reads_one_word(client, beats):
    beats(urgent=1, sweeper=1, bulk=1)
    assert client.get("/readyz", REMOTE_ADDR=AFAR).json() == {"status": "ok"}
    find("audit", stranded=1)
    answer = client.get("/readyz", REMOTE_ADDR=AFAR)
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded"})
    find("findings", contacts=0)
    answer = client.get("/readyz", REMOTE_ADDR=AFAR)
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready"})
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3"])
def test_this_machine_reads_every_part(client, beats, settings, address):
    settings.OWN_ADDRESS = "10.1.2.3"
    assert "parts" in client.get("/readyz", REMOTE_ADDR=address).json()


def test_a_stranger_behind_the_proxy_is_one_and_nobody_makes_themselves_local(client, beats, settings):
    settings.TRUSTED_PROXIES = 1
    assert "parts" not in client.get("/readyz", HTTP_X_FORWARDED_FOR=f"127.0.0.1, {AFAR}").json()


@pytest.mark.parametrize(("role", "reads"), [("operator", True), ("coordinator", False), ("auditor", False)])
def test_operators_read_every_part_from_anywhere(client, beats, role, reads):
    user = User.objects.create_user(role)
    where = {"region": Region.objects.create(slug="q", name="Q")} if role == "coordinator" else {}
    Assignment.objects.create(user=user, role=role, **where)
    client.force_login(user)
    assert ("parts" in client.get("/readyz", REMOTE_ADDR=AFAR).json()) is reads


def test_an_operator_without_the_second_factor_is_a_stranger(client, beats, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    user = User.objects.create_user("olta")
    Assignment.objects.create(user=user, role="operator")
    client.force_login(user)
    assert "parts" not in client.get("/readyz", REMOTE_ADDR=AFAR).json()


def test_a_stranger_is_answered_while_the_database_is_away(client, monkeypatch, db):
    def broken() -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(health.connection, "cursor", broken)
        client.cookies["sessionid"] = "x" * 32
        answer = client.get("/readyz", REMOTE_ADDR=AFAR)
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready"})
