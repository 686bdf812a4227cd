"""/healthz and /readyz: cheap, honest, and telling only of what notices need."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from config import health
from notifications.outbox.models import Heartbeat


@pytest.fixture
def beats(db):
    def beat(**ages: float) -> None:
        parts = {"urgent": "canary.urgent", "bulk": "canary.bulk", "sweeper": "sweeper"}
        for name, age in ages.items():
            at = timezone.now() - timedelta(seconds=age)
            Heartbeat.objects.update_or_create(part=parts[name], defaults={"at": at})

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
    assert set(body["parts"]) == {
        "database",
        "migrations",
        "worker",
        "bulk_worker",
        "sweeper",
        "outbox",
        "nobody_told",
    }
    assert 5 <= body["parts"]["worker"]["age_s"] < 10
    assert body["parts"]["outbox"] == {"ok": True, "stranded": 0, "oldest_due_s": 0.0}
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
    assert answer.json()["degraded"] == [ill]


def test_a_silent_bulk_worker_only_degrades(client, beats):
    beats(urgent=1, sweeper=1, bulk=16 * 60)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == ["bulk_worker"]


def test_notices_without_a_next_step_or_overdue_degrade(client, beats, monkeypatch):
    beats(urgent=1, sweeper=1, bulk=1)
    monkeypatch.setattr(health, "stranded", lambda now: ["a notice"])
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == ["outbox"]
    assert answer.json()["parts"]["outbox"]["stranded"] == 1


def test_a_missing_migration_is_named_and_nothing_else_is_asked(client, beats, monkeypatch):
    beats(urgent=1, sweeper=1, bulk=1)
    monkeypatch.setattr(health, "_leaves", lambda: frozenset({("outbox", "9999_later")}))
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
    with django_assert_max_num_queries(7):
        client.get("/readyz")


def test_asking_in_vain_each_second_does_not_fill_the_log(client, db, caplog):
    assert client.get("/readyz").status_code == 503
    assert caplog.records == []


def test_nothing_but_reading_is_answered(client, db):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
