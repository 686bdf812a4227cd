"""Corrections through the field API do what the page does, can be repeated, and say no in words."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from access.models import Assignment, StaffRole
from audit.models import AuditEntry
from audit.tests.counting import denials
from case_forms.cases.finding.models import CaseAccess
from case_forms.cases.models import Case
from notifications.briefs.models import EarlierBrief
from notifications.briefs.replies import answer
from notifications.directory.models import Role
from notifications.outbox.models import Purpose, ReplyKind
from sanitizer.tests import samples
from tests.world.places import make_coordinator, make_place, make_unit, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ..models import Attachment, Submission
from .test_api import is_problem, post
from .test_correcting import notices, was_sent

pytestmark = pytest.mark.django_db
REASON = "Kanarina: the age was wrong."


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def corrected(scene: Scene, earlier: Submission | str, reason: str | None = REASON, **answers: Any) -> dict[str, Any]:
    """Build the body of a correction; None leaves an answer, or the reason, out."""
    key = str(earlier.pk) if isinstance(earlier, Submission) else earlier
    body = {**scene.body(**answers), "corrects": key}
    return body if reason is None else {**body, "correction_reason": reason}


def test_a_correction_stands_beside_the_old_version_and_is_decided_again(scene: Scene) -> None:
    sent = scene.send(age_stated=30).submission
    assert sent.case is not None
    response = post(scene, corrected(scene, sent, age_stated=15))
    assert response.status_code == 201
    newer = Submission.objects.get(pk=response.json()["submission"])
    sent.refresh_from_db()
    assert (sent.answers["age_stated"], newer.answers["age_stated"]) == (30, 15)
    assert (newer.corrects, newer.case, newer.correction_reason) == (sent, sent.case, REASON)
    assert Case.objects.count() == 1
    assert [line["role"] for line in response.json()["notices"]] == ["cpu"]
    assert len(notices(sent.case, Role.POLICE)) == 1


def test_whoever_read_the_wrong_one_is_told(scene: Scene) -> None:
    sent = scene.send(danger="no").submission
    [police] = notices(sent.case, Role.POLICE)
    was_sent(police)
    answer(notice=police, kind=ReplyKind.ACCEPTED)
    post(scene, corrected(scene, sent, danger="yes"))
    _first, told = notices(sent.case, Role.POLICE)
    assert (told.purpose, told.contact) == (Purpose.CORRECTION, police.contact)
    assert EarlierBrief.objects.filter(notice=police).count() == 1


def test_the_same_again_answers_200_and_is_stored_once(scene: Scene) -> None:
    body = corrected(scene, scene.send().submission, age_stated=31)
    first, second = post(scene, body), post(scene, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("change", [{"correction_reason": "Another."}, {"answers": {}}, {"corrects": "other"}])
def test_the_same_uuid_with_another_reason_form_or_answer_is_refused(scene: Scene, change: dict[str, Any]) -> None:
    sent, other = scene.send().submission, scene.send(age_stated=44).submission
    body = corrected(scene, sent, age_stated=31)
    assert post(scene, body).status_code == 201
    change = {"corrects": str(other.pk)} if "corrects" in change else change
    assert is_problem(post(scene, {**body, **change}), 409, "uuid-reused")


def test_a_correction_isn_t_the_first_form_sent_again(scene: Scene) -> None:
    body = scene.body()
    post(scene, body)
    again = {**body, "corrects": body["uuid"], "correction_reason": REASON}
    assert is_problem(post(scene, again), 409, "uuid-reused")


def test_only_the_newest_version_is_corrected_and_the_answer_names_it(scene: Scene) -> None:
    sent = scene.send().submission
    newer = post(scene, corrected(scene, sent, age_stated=31)).json()["submission"]
    late = post(scene, corrected(scene, sent, age_stated=32))
    assert is_problem(late, 409, "corrected-since")
    assert late.json()["newest"] == newer
    assert post(scene, corrected(scene, newer, age_stated=32)).status_code == 201


def test_who_is_of_another_unit_finds_nothing_to_correct_and_the_try_is_recorded(scene: Scene) -> None:
    sent = scene.send().submission
    stranger = make_unit_with_worker(scene.place)[1]
    far = make_unit_with_worker(make_place("lezhe", "Lezhë"))[1]
    for person in (stranger, far):
        before = denials()
        response = post(scene, corrected(scene, sent), **scene.bearer(person))
        assert is_problem(response, 404, "not-found")
        assert denials() == before + 1
    assert is_problem(post(scene, corrected(scene, str(uuid.uuid4()))), 404, "not-found")
    assert Submission.objects.count() == 1


def test_a_coordinator_and_one_who_reads_it_for_another_unit_correct_nothing(scene: Scene) -> None:
    sent = scene.send().submission
    assert sent.case is not None
    coordinator = make_coordinator(scene.place)
    assert post(scene, corrected(scene, sent), **scene.bearer(coordinator)).status_code == 404
    unit, reader = make_unit_with_worker(scene.place)
    CaseAccess.objects.create(case=sent.case, unit=unit)
    assert is_problem(post(scene, corrected(scene, sent), **scene.bearer(reader)), 403, "not-correctable")
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"correction_reason": None}, "/correction_reason", "reason_missing"),
        ({"correction_reason": "  "}, "/correction_reason", "reason_missing"),
        ({"correction_reason": "x" * 501}, "/correction_reason", "wrong_type"),
        ({"corrects": 7}, "/corrects", "wrong_type"),
        ({"corrects": "not-a-uuid"}, "/corrects", "wrong_type"),
        ({"corrects": None}, "/correction_reason", "not_relevant"),
    ],
)
def test_what_is_wrong_with_a_correction_is_named_by_its_path(
    scene: Scene, change: dict[str, Any], path: str, code: str
) -> None:
    response = post(scene, {**corrected(scene, scene.send().submission), **change})
    assert [(each["path"], each["code"]) for each in response.json()["errors"]] == [(path, code)]
    assert "Kanarina" not in response.content.decode()
    assert Submission.objects.count() == 1


def test_a_correction_is_of_the_same_form(scene: Scene) -> None:
    sent = scene.send().submission
    assert sent.case is not None
    body = {
        **corrected(scene, sent),
        "form": scene.follow_up.form.key,
        "version": scene.follow_up.number,
        "answers": {"case_ref": sent.case.reference},
    }
    assert [(each["path"], each["code"]) for each in post(scene, body).json()["errors"]] == [("/form", "other_form")]


def test_the_reason_and_the_answers_reach_no_record(scene: Scene) -> None:
    post(scene, corrected(scene, scene.send().submission, story="Kanarina told."))
    assert "Kanarina" not in json.dumps([entry.detail for entry in AuditEntry.objects.all()])


def test_a_worker_of_two_units_corrects_for_the_one_that_sent_it(scene: Scene) -> None:
    sent = scene.send().submission
    second = make_unit(scene.place)
    Assignment.objects.create(user=scene.worker, role=StaffRole.WORKER, unit=second)
    for more in ({}, {"unit": second.slug}):
        newest = Submission.objects.current().get()
        response = post(scene, {**corrected(scene, newest), **more})
        assert response.status_code == 201, response.content
    assert {each.unit for each in Submission.objects.all()} == {sent.unit}


def test_a_forgotten_case_has_nothing_to_correct(scene: Scene, forgotten: Callable[[Case], None]) -> None:
    sent = scene.send().submission
    assert sent.case is not None
    forgotten(sent.case)
    response = post(scene, corrected(scene, sent))
    assert is_problem(response, 409, "forgotten")
    assert Submission.objects.count() == 1


@pytest.fixture
def forgotten() -> Callable[[Case], None]:
    from datetime import timedelta

    from django.utils import timezone

    from ..case_purge import forget_case

    def forget(case: Case) -> None:
        at = timezone.now()
        Case.objects.filter(pk=case.pk).update(closed_at=at - timedelta(days=9000), forget_after=at.date())
        assert forget_case(case.pk, at.date() + timedelta(days=1), again=True)

    return forget


def upload(scene: Scene) -> str:
    headers = {**scene.bearer(), "HTTP_X_FILE_NAME": "Kanarina.jpg"}
    sent = Client().post("/api/field/v1/attachments", samples.jpeg(), content_type="image/jpeg", **headers)
    return str(sent.json()["id"])


def test_files_of_any_earlier_version_are_named_again_and_copied(scene: Scene, with_picture: Scene) -> None:
    first = upload(scene)
    sent = post(scene, scene.body(picture={"id": first})).json()["submission"]
    second = post(scene, corrected(scene, sent, picture={"id": first})).json()["submission"]
    third = post(scene, corrected(scene, second, picture={"id": first})).json()["submission"]
    ids = {str(key): str(of) for key, of in Attachment.objects.values_list("pk", "submission")}
    assert sorted(ids.values()) == sorted([sent, second, third])
    for key in (second, third):
        named = Submission.objects.get(pk=key).answers["picture"]["id"]
        assert ids[named] == key
    other = post(scene, scene.body(age_stated=44, picture={"id": first}))
    assert other.json()["errors"][0]["code"] == "unknown_attachment"


@pytest.fixture
def with_picture(scene: Scene) -> Scene:
    from case_forms.form_builder.models import FormVersion
    from tests.world.forms import publish, question, small_form

    form = small_form()
    form["sections"][0]["items"].append(question("picture", "file", accept=["image"]))
    scene.form = publish(form)
    assert isinstance(scene.form, FormVersion)
    return scene
