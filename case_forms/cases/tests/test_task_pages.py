"""Tasks that no form answers: finished with a press, and written down by hand; every word of them is sealed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from audit.models import AuditEntry
from notifications.outbox.models import Notice, Purpose
from tests.world.places import make_place, make_unit, make_user
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene

from .. import deadline_clock
from ..models import Case, CaseEvent, Deadline
from ..task_pages.actions import CannotDo, add_task, finish_task
from .test_tasks import TASK, colleague, world

pytestmark = pytest.mark.django_db

WORDS = "Kanarina shkon te mjeku"
WITHOUT_FORM = {key: value for key, value in TASK.items() if key != "form"}


def page(client: Client, user: User, case: Case, path: str = "", **sent: str) -> Any:
    client.force_login(user)
    address = f"/field/cases/{case.reference}/{path}"
    return client.post(address, sent) if sent else client.get(address)


def in_hours(hours: int) -> str:
    return timezone.localtime(timezone.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def begin() -> tuple[Scene, Case, Deadline]:
    scene = world(WITHOUT_FORM)
    scene.send()
    case = Case.objects.get()
    return scene, case, Deadline.objects.get(case=case, key="call_embassy")


def test_a_task_without_a_form_is_done_by_a_press_and_that_is_recorded(client: Client) -> None:
    scene, case, task = begin()
    assert f"tasks/{task.pk}/done/" in page(client, scene.worker, case).content.decode()
    deadline_clock.advance(timezone.now() + timedelta(hours=2))
    told = Notice.objects.get(purpose=Purpose.DUTY)
    assert page(client, scene.worker, case, f"tasks/{task.pk}/done/").status_code == 200
    assert page(client, scene.worker, case, f"tasks/{task.pk}/done/", text=WORDS).status_code == 302
    task.refresh_from_db()
    told.refresh_from_db()
    assert task.met_at is not None
    assert not told.is_open
    assert WORDS in page(client, scene.worker, case).content.decode()
    entry = AuditEntry.objects.get(action="deadline.met")
    assert entry.actor_id == str(scene.worker.pk)
    # Pressed a second time, from a page that is older: nothing more is done.
    before = CaseEvent.objects.count()
    assert page(client, scene.worker, case, f"tasks/{task.pk}/done/", text=WORDS).status_code == 302
    assert CaseEvent.objects.count() == before


def test_rules_respond_to_a_task_that_was_done_by_hand() -> None:
    scene = world(WITHOUT_FORM)
    seen = {"do": "set_flag", "flag": "seen"}
    after = rule("after", "After", form="small_identification", words="Done.", then=[seen], on="task_done")
    procedure = small_procedure()
    procedure["flags"] = {"seen": {"label": {"sq": "parë", "en": "seen"}}}
    more = rule("more", "More", form="small_identification", words="More.", then=[WITHOUT_FORM])
    enact({**procedure, "rules": [*procedure["rules"], more, after]}, since=timezone.now())
    scene.send()
    case = Case.objects.get()
    task = Deadline.objects.get(case=case, key="call_embassy")
    finish_task(case=case, pk=task.pk, note="", by=scene.worker)
    case.refresh_from_db()
    assert "seen" in case.flags


def test_a_task_that_a_form_answers_or_that_is_for_another_is_not_done_by_a_press() -> None:
    scene = world(TASK)
    scene.send()
    case = Case.objects.get()
    task = Deadline.objects.get(case=case, key="call_embassy")
    with pytest.raises(CannotDo, match="has_form"):
        finish_task(case=case, pk=task.pk, note="", by=scene.worker)
    Deadline.objects.filter(pk=task.pk).update(form="", not_by=scene.worker)
    with pytest.raises(CannotDo, match="same_person"):
        finish_task(case=case, pk=task.pk, note="", by=scene.worker)
    assert finish_task(case=case, pk=task.pk, note="", by=colleague(scene)).met_at is not None


def test_a_task_is_written_down_and_its_words_are_on_the_case_alone(client: Client) -> None:
    scene, case, _task = begin()
    sent = {"text": WORDS, "owner": "mobile_unit", "due": in_hours(2)}
    assert page(client, scene.worker, case, "tasks/").status_code == 200
    assert page(client, scene.worker, case, "tasks/", **sent).status_code == 302
    task = Deadline.objects.latest("pk")
    assert WORDS in page(client, scene.worker, case).content.decode()
    deadline_clock.advance(timezone.now() + timedelta(hours=3))
    notice = Notice.objects.filter(purpose=Purpose.DUTY, role="mobile_unit").get()
    assert WORDS not in str(notice.brief)
    task.refresh_from_db()
    assert task.chase_id == notice.pk
    assert page(client, scene.worker, case, f"tasks/{task.pk}/done/").content.decode().count(WORDS) == 1
    for table in ("cases_deadline", "cases_caseevent", "outbox_notice", "audit_auditentry"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            assert WORDS not in str(cursor.fetchall())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": " "}, "no_text"),
        ({"text": "x" * 501}, "too_long"),
        ({"owner": "police"}, "no_owner"),
        ({"due_at": None}, "no_time"),
        ({"due_at": timezone.now() - timedelta(days=1)}, "past"),
        ({"due_at": timezone.now() + timedelta(days=4000)}, "too_far"),
    ],
)
def test_what_is_missing_or_wrong_of_a_task_is_named(change: dict[str, Any], code: str) -> None:
    scene, case, _task = begin()
    wanted = {"text": WORDS, "owner": "coordinator", "due_at": timezone.now() + timedelta(days=1), **change}
    with pytest.raises(CannotDo, match=code):
        add_task(case=case, by=scene.worker, **wanted)


def test_what_was_typed_stays_beside_the_problem_and_nothing_breaks(client: Client) -> None:
    scene, case, task = begin()
    for due in ("", "yesterday", "9999-99-99T99:99", "0001-01-01T00:00", "9999-12-31T23:59+14:00"):
        answer = page(client, scene.worker, case, "tasks/", text=WORDS, owner="coordinator", due=due)
        assert answer.status_code == 422
        assert WORDS in answer.content.decode()
    assert page(client, scene.worker, case, f"tasks/{task.pk}/done/", text="x" * 501).status_code == 422
    assert page(client, scene.worker, case, "tasks/999999/done/").status_code == 404
    other = world_of_another_region()
    assert page(client, other, case, "tasks/").status_code == 404
    assert page(client, other, case, f"tasks/{task.pk}/done/", text="x").status_code == 404


def world_of_another_region() -> User:
    return make_user(StaffRole.WORKER, username="far", unit=make_unit(make_place("there")))


def test_nothing_is_added_to_a_closed_case() -> None:
    scene, case, task = begin()
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    soon = timezone.now() + timedelta(days=1)
    with pytest.raises(CannotDo, match="closed"):
        add_task(case=case, text=WORDS, owner="coordinator", due_at=soon, by=scene.worker)
    with pytest.raises(CannotDo, match="unknown"):
        finish_task(case=case, pk=task.pk, note="", by=scene.worker)
