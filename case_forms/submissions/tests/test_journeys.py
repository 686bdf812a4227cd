"""Accompaniments: each journey its own entry on the case's page, and one form does one journey's task."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.journeys import list_journeys
from case_forms.cases.models import Case, Deadline
from case_forms.form_builder.models import FormVersion
from tests.world.forms import publish
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from ..actions import receive_submission
from ..models import Submission
from ..seeding.reference import form_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    publish(next(each for each in form_files() if each["key"] == "accompaniment"))
    procedure = small_procedure()
    asked = [
        {"do": "create_task", "task": key, "label": {"sq": key, "en": key}, "form": "accompaniment", "minutes": minutes,
         "ladder": "quick", "owner": "mobile_unit"}
        for key, minutes in (("to_court", 2880), ("to_police", 60))
    ]  # fmt: skip
    joined = [{"do": "attach_case", "case": {"var": "case_ref"}}]
    procedure["rules"] += [
        rule("join", "Join", form="accompaniment", words="Joined.", then=joined),
        rule("ask", "Ask", form="small_follow_up", words="Asked.", then=asked, when={"var": "assessed"}),
    ]
    enact(procedure, since=timezone.now())
    return made


def accompany(scene: Scene, case: Case, to: str, **more: Any) -> UUID:
    version = FormVersion.objects.newest().get(form__key="accompaniment")
    left = timezone.localtime() - timedelta(hours=3)
    known = {"case_ref": case.reference, "to_kind": to, "worker_1": "Drita"}
    answers = {**known, "left_at": left.isoformat(timespec="minutes"), **more}
    made = receive_submission(
        uuid=uuid4(),
        form_key="accompaniment",
        version=version.number,
        occurred_at=timezone.now(),
        answers=answers,
        user=scene.worker,
    )
    return made.submission.pk


def page_of(scene: Scene, case: Case) -> str:
    User.objects.filter(pk=scene.worker.pk).update(language="en")
    client = Client()
    client.force_login(scene.worker)
    return client.get(f"/field/cases/{case.reference}/").content.decode()


def test_each_journey_is_an_entry_of_its_own_the_newest_first(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    assert "Accompaniments" not in page_of(scene, case)
    first = accompany(scene, case, "police", institution="Komisariati 1")
    second = accompany(scene, case, "hospital", received_by="Mjekja")
    found = list_journeys(case, "en")
    assert [(each.form, each.to) for each in found] == [(second, "Hospital or health centre"), (first, "Police")]
    page = page_of(scene, case)
    assert "Accompaniments" in page
    for words in ("Hospital or health centre", "Komisariati 1", "Mjekja", "Drita"):
        assert words in page
    assert f"/field/cases/{case.reference}/forms/" in page or str(second) in page


def test_one_form_does_one_journeys_task_that_which_is_due_first(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    scene.follow(case.reference, assessed=True)
    accompany(scene, case, "police")
    waiting = Deadline.objects.unmet().filter(case=case, form="accompaniment")
    assert list(waiting.values_list("key", flat=True)) == ["to_court"]
    accompany(scene, case, "court")
    assert not waiting.exists()


def test_one_that_can_not_be_opened_is_there_without_its_words_and_the_page_too(scene: Scene) -> None:
    case = Case.objects.get(reference=scene.send().receipt["case"])
    broken = accompany(scene, case, "police")
    accompany(scene, case, "hospital")
    table = Submission._meta.db_table
    with connection.cursor() as cursor:
        other = Submission.objects.filter(case=case, form_version__form__key="small_identification").get()
        cursor.execute(f"SELECT answers FROM {table} WHERE id = %s", [other.pk.hex])  # noqa: S608
        (sealed,) = cursor.fetchone()
        cursor.execute(f"UPDATE {table} SET answers = %s WHERE id = %s", [sealed, broken.hex])  # noqa: S608
    assert {(each.form == broken, each.to) for each in list_journeys(case, "en")} == {
        (True, ""), (False, "Hospital or health centre")
    }  # fmt: skip
    assert "Accompaniment" in page_of(scene, case)


def test_the_oldest_of_many_journeys_are_counted_and_lead_to_the_forms(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = scene.send().submission.case
    assert case is not None
    for _number in range(3):
        accompany(scene, case, "police")
    client = Client()
    client.force_login(scene.worker)
    page = client.get(f"/field/cases/{case.reference}/").content.decode()
    assert "are listed here" not in page
    monkeypatch.setattr("case_forms.submissions.journeys.MAX_READ", 2)
    found = list_journeys(case, "en")
    assert (len(found), found.total) == (2, 3)
    page = client.get(f"/field/cases/{case.reference}/").content.decode()
    assert "2 of 3 are listed here." in page
    assert "Show all 3" in page
