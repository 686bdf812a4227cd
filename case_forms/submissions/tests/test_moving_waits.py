"""A move that nobody decides about for days: who is told, who is called, and that the day goes on saying it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from audit import clock
from audit.due import advance_clocks
from case_forms.cases.models import ASKING, Case, Deadline, FormMove
from case_forms.cases.moving.ending import ASKED
from notifications.directory.models import Role
from notifications.escalation import clock as escalation
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from tests.world.offices import make_office, put_on_duty
from tests.world.places import make_coordinator, make_user
from tests.world.scene import Scene, make_scene
from vault import data_keys

from ..moving.actions import agree_to_move, propose_move

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
STEP = timedelta(hours=8)


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    data_keys._cached.clear()


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    put_on_duty(make_office(Role.MOBILE_UNIT, slug="unit-office", region=made.place.region))
    return made


@pytest.fixture
def move(scene: Scene) -> FormMove:
    wrong, right = scene.send().submission.case, scene.send().submission.case
    assert wrong is not None
    sent = scene.follow(wrong.reference, new_status="at_risk").submission
    return propose_move(submission=sent, target=right, reason="Her sister.", by=scene.worker)


def wait(days: int, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let the clocks go on for so many days, a third of one at a time."""
    began = clock.now()
    for step in range(3 * days + 1):
        now = began + step * STEP
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        escalation.advance(now)
        advance_clocks(now)
    return now


def read_day(user: User) -> str:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client.get("/field/day/").content.decode()


def test_nobody_decides_for_three_days(scene: Scene, move: FormMove, monkeypatch: pytest.MonkeyPatch) -> None:
    coordinator, mate = make_coordinator(scene.place), make_user("worker", unit=scene.unit)
    case = move.source
    about = Notice.objects.filter(case_id=case.pk, purpose__in=[Purpose.DUTY, Purpose.CALL])
    wait(0, monkeypatch)
    told = about.get(purpose=Purpose.DUTY)
    assert (told.role, told.case_reference) == (Role.MOBILE_UNIT, case.reference)
    wait(3, monkeypatch)
    called = [notice for notice in about.filter(role=Role.COORDINATOR) if notice.purpose == Purpose.CALL]
    assert called, "after two days a coordinator is asked to call"
    # Nothing grows while nobody answers.
    open_ones = about.filter(state__in=OPEN).count()
    wait(3, monkeypatch)
    assert about.filter(state__in=OPEN).count() == open_ones
    for person in (mate, coordinator):
        page = read_day(person)
        assert "a second person decides" in page
        assert "done, late" not in page
        assert case.reference in page
    agree_to_move(move=move, by=mate)
    assert not Deadline.objects.running().filter(key=ASKED).exists()
    assert not about.filter(state__in=OPEN, purpose=Purpose.DUTY).exists()
    assert "done, late" in read_day(mate)


def test_nobody_marks_it_as_done_instead_of_deciding(scene: Scene, move: FormMove) -> None:
    """Else the one who proposed it could end what asks for the second person, and the form would stay for ever."""
    case: Case = move.source
    task = Deadline.objects.get(case=case, key=ASKED)
    address = reverse("cases:task_done", args=[case.reference, task.pk])
    client = Client()
    client.force_login(scene.worker)
    for page in (f"/field/cases/{case.reference}/", "/field/day/"):
        assert address not in client.get(page).content.decode()
    for answer in (client.get(address), client.post(address, {"text": "x"})):
        assert answer.status_code == 302
    task.refresh_from_db()
    assert task.met_at is None


@pytest.mark.parametrize("key", sorted(ASKING))
def test_no_task_that_asks_for_an_answer_is_marked_as_done(scene: Scene, move: FormMove, key: str) -> None:
    task = Deadline.objects.get(case=move.source, key=ASKED)
    Deadline.objects.filter(pk=task.pk).update(key=key)
    task.refresh_from_db()
    assert not task.is_to_finish
