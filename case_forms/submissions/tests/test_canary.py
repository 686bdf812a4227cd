"""Canaries: every text answer carries a string of its own, and none of them is anywhere in plain."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from case_forms.cases.models import CaseEvent
from notifications.briefs.replies import answer
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice
from tests.queues import all_waiting_tasks
from tests.world.places import make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ..models import Draft, Submission

ROOT = "/api/field/v1/submissions"
CANARY = re.compile(rb"(?i)canary")


def told(scene: Scene) -> dict[str, Any]:
    """Answers whose every free text says who it is."""
    return scene.answers(
        danger="yes",
        age_stated=15,
        first_name="CANARY-first-name",
        story="CANARY-story: she said CANARY-more.",
        companions=[
            {"companion_name": "CANARY-companion", "companion_child": "yes", "companion_note": "CANARY-companion-note"}
        ],
    )


def rows_in_plain() -> Iterator[tuple[str, str, bytes]]:
    """(table, column, value) of every cell in the database, as it stands on the disk."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(" ".join(["SELECT * FROM", connection.ops.quote_name(table)]))
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield table, column, value if isinstance(value, bytes) else str(value).encode(errors="replace")


def canaries_in_plain() -> set[tuple[str, str]]:
    return {(table, column) for table, column, value in rows_in_plain() if CANARY.search(value)}


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged, at every level, structlog's included."""
    before = structlog.get_config()
    structlog.configure(cache_logger_on_first_use=False, logger_factory=structlog.stdlib.LoggerFactory())
    with caplog.at_level(logging.DEBUG):
        yield caplog
    structlog.configure(**before)


def everything_logged(caplog: pytest.LogCaptureFixture) -> bytes:
    return "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records).encode()


@pytest.mark.django_db(transaction=True)
def test_no_answer_is_in_any_plain_column_log_or_queue_row(said: pytest.LogCaptureFixture) -> None:
    scene = make_scene()
    body = {**scene.body(), "answers": told(scene)}
    response = Client().post(ROOT, json.dumps(body), content_type="application/json", **scene.bearer())
    assert response.status_code == 201
    police = Notice.objects.get(role="police")
    mark_opened(notice=police, at=timezone.now())
    answer(notice=police, kind="declined", reason="other", note="CANARY-note")
    scene.follow(response.json()["case"], to_org=scene.offices["protection_service"].slug)
    service = Notice.objects.get(role="protection_service")
    mark_opened(notice=service, at=timezone.now())
    answer(notice=service, kind="accepted", note="CANARY-service-note")
    Draft.objects.create(form_version=scene.form, unit=scene.unit, owner=scene.worker, answers=told(scene))

    # The canaries are there, sealed: the test would see them otherwise.
    assert "CANARY-story" in Submission.objects.get(pk=body["uuid"]).answers["story"]
    assert "CANARY-first-name" in str(police.brief)
    assert CaseEvent.objects.filter(explanation__isnull=False).exists()
    assert canaries_in_plain() == set()
    queued = [repr(task) for task in all_waiting_tasks()]
    assert queued
    assert not CANARY.search("".join(queued).encode())
    assert not CANARY.search(everything_logged(said))
    assert not CANARY.search(response.content)
    assert not any(CANARY.search(letter.message().as_bytes()) for letter in mail.outbox)


@pytest.mark.django_db
def test_the_search_for_canaries_finds_one_that_is_there() -> None:
    unit, _worker = make_unit_with_worker(make_place())
    unit.name = "CANARY"
    unit.save()
    assert canaries_in_plain() == {("access_mobileunit", "name")}


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["answers", "fields", "reused", "json", "unknown_form", "stranger"])
def test_no_refusal_repeats_what_was_sent(said: pytest.LogCaptureFixture, wrong: str) -> None:
    scene = make_scene()
    body = {**scene.body(), "answers": told(scene)}
    client, headers = Client(), scene.bearer()
    if wrong == "answers":
        body["answers"] |= {
            "result": "CANARY",
            "municipality": "CANARY",
            "phone": "CANARY",
            "needs": ["CANARY"],
            "birth_date": "CANARY",
            "signs": {"CANARY": {"answer": "CANARY"}},
            "weight": "CANARY",
            "CANARY name": "CANARY",
        }
    elif wrong == "fields":
        body |= {
            "uuid": "CANARY",
            "form": "CANARY FORM",
            "version": "CANARY",
            "occurred_at": "CANARY",
            "Emri CANARY": 1,
        }
    elif wrong == "reused":
        assert client.post(ROOT, json.dumps(body), content_type="application/json", **headers).status_code == 201
        body["answers"]["story"] = "CANARY-other-story"
    elif wrong == "unknown_form":
        body["form"] = "no_such_form"
    elif wrong == "stranger":
        headers = scene.bearer(make_unit_with_worker(make_place())[1])
        body["unit"] = scene.unit.slug
    raw = json.dumps(body)
    response = client.post(
        ROOT, raw[: len(raw) // 2] if wrong == "json" else raw, content_type="application/json", **headers
    )
    assert response.status_code in (403, 404, 409, 422)
    assert not CANARY.search(response.content)
    assert not CANARY.search(everything_logged(said))
    assert canaries_in_plain() == set()
