"""A form that a phone sealed takes the road of every form, once; what can't be received is a draft."""

import json
import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.utils import timezone

from access.models import Assignment, User
from audit.models import AuditEntry
from case_forms.submissions.actions import NotDecided, submit_draft
from case_forms.submissions.models import Draft, Submission
from notifications.outbox.models import Notice
from tests.world.places import make_unit_with_worker, make_user
from vault.field_keys import load_field_keys

from ..actions import end_device
from ..models import Arrival
from .phone import Phone, make_phone

pytestmark = pytest.mark.django_db


def actions_of(phone: Phone) -> list[str]:
    return list(AuditEntry.objects.filter(target_id=str(phone.device.pk)).values_list("action", flat=True))


def test_it_is_received_as_any_other_form_and_notices_are_made(phone, scene):
    body = phone.seal(phone.fill(scene, story="Kanarina foli."))
    answer = phone.deliver(body)
    assert answer.status_code == 201, answer.content
    stored = Submission.objects.get(pk=body["uuid"])
    assert answer.json()["submission"] == body["uuid"]
    assert stored.answers["story"] == "Kanarina foli."
    assert stored.submitted_by == scene.worker
    assert stored.case is not None
    assert Notice.objects.filter(case_id=stored.case.pk).exists()
    assert stored.from_phone["clock_seconds"] == 0
    assert "Kanarina" not in str(list(Arrival.objects.values()))


def test_the_same_again_is_answered_as_the_first_time(phone, scene):
    body = phone.seal(phone.fill(scene))
    first, second = phone.deliver(body), phone.deliver(body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Submission.objects.count() == Arrival.objects.count() == 1


@pytest.mark.parametrize("part", ["device", "uuid", "key"])
def test_what_was_sealed_for_another_does_not_open_and_is_recorded(phone, scene, part):
    body = phone.seal(phone.fill(scene), **{part: str(uuid.uuid4())})
    answer = phone.deliver(body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:vatra:problem:sealed-not-opened")
    assert not Submission.objects.exists()
    assert not Arrival.objects.exists()
    assert "device.sealed_refused" in actions_of(phone)


@pytest.mark.parametrize("cut", [0, 1, 40, 90])
def test_cut_off_it_does_not_open(phone, scene, cut):
    body = phone.seal(phone.fill(scene))
    body["sealed"] = body["sealed"][:cut] if cut else ""
    assert phone.deliver(body).status_code == 422
    assert not Submission.objects.exists()


def test_an_unknown_key_is_answered_so(phone, scene):
    body = phone.seal(phone.fill(scene)) | {"key": "gone1"}
    answer = phone.deliver(body)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:vatra:problem:unknown-key")


def test_a_form_sealed_to_the_key_before_is_received_while_it_is_on_the_ring(phone, scene, settings):
    body = phone.seal(phone.fill(scene))
    settings.FIELD_KEYS = ["new2:bmV3LWZpZWxkLWtleS1vZi0zMi1ieXRlcy1uZXchISE=", *settings.FIELD_KEYS]
    assert load_field_keys()[0].id == "new2"
    assert phone.contact().json()["keys"][0]["id"] == "new2"
    assert phone.deliver(body).status_code == 201


def test_another_phone_s_token_is_refused_and_recorded(phone, scene):
    other = make_phone(scene, make_user("worker", unit=scene.unit))
    answer = other.deliver(phone.seal(phone.fill(scene)))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:vatra:problem:other-device")
    assert "device.mixed_up" in actions_of(other)


@pytest.mark.parametrize("plain", [b"", b"[]", b"{}", b"\xff", b'{"form": 3}', b"[" * 5000])
def test_what_opens_and_is_no_form_is_refused_without_a_word_of_it(phone, plain):
    answer = phone.deliver(phone.seal(plain))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:vatra:problem:sealed-not-read")


def test_refused_answers_become_a_draft_as_they_were_typed(phone, scene):
    body = phone.seal(phone.fill(scene, age_stated=None, result="nonsense", story="Kanarina foli."))
    answer = phone.deliver(body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:vatra:problem:returned"
    assert problem["reason"] == "refused"
    assert {error["path"] for error in problem["errors"]} >= {"/answers/result"}
    draft = Draft.objects.get(pk=body["uuid"])
    assert problem["url"] == f"/field/drafts/{draft.pk}/"
    assert draft.owner == scene.worker
    assert draft.answers["story"] == "Kanarina foli."
    assert draft.answers["result"] == "nonsense"
    assert draft.from_phone["why"] == "refused"
    assert "Kanarina" not in answer.content.decode()
    # the same envelope: the same answer, and no second draft
    assert phone.deliver(body).json() == problem
    assert Draft.objects.count() == 1


def test_once_its_draft_was_sent_the_same_envelope_gets_the_receipt(phone, scene):
    body = phone.seal(phone.fill(scene, result="nonsense"))
    phone.deliver(body)
    draft = Draft.objects.get(pk=body["uuid"])
    draft.answers = scene.answers()
    draft.save()
    submit_draft(draft=draft, user=scene.worker)
    again = phone.deliver(body)
    assert again.status_code == 200
    assert again.json()["submission"] == body["uuid"]
    assert Submission.objects.get(pk=body["uuid"]).from_phone["clock_seconds"] == 0


def test_another_envelope_under_a_uuid_that_was_received_becomes_a_draft_beside(phone, scene):
    first = phone.seal(phone.fill(scene))
    assert phone.deliver(first).status_code == 201
    second = phone.seal(phone.fill(scene, story="Something else."), first["uuid"])
    answer = phone.deliver(second)
    assert (answer.status_code, answer.json()["reason"]) == (422, "uuid_taken")
    draft = Draft.objects.get()
    assert str(draft.pk) == answer.json()["draft"] != first["uuid"]
    assert draft.answers["story"] == "Something else."
    assert phone.deliver(first).status_code == 200
    assert phone.deliver(second).json() == answer.json()


def test_two_returned_under_one_uuid_are_both_there(phone, scene):
    first = phone.seal(phone.fill(scene, result="nonsense", story="One."))
    second = phone.seal(phone.fill(scene, result="nonsense", story="Two."), first["uuid"])
    phone.deliver(first)
    phone.deliver(second)
    assert {draft.answers["story"] for draft in Draft.objects.all()} == {"One.", "Two."}


def test_a_phone_that_has_ended_delivers_a_draft_and_runs_no_procedure(phone, scene):
    end_device(device=phone.device, by=scene.worker, why="lost")
    body = phone.seal(phone.fill(scene))
    answer = phone.deliver(body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "device_ended")
    assert not Submission.objects.exists()
    assert not Notice.objects.exists()
    assert Draft.objects.get(pk=body["uuid"]).owner == scene.worker


def test_what_a_person_finished_who_has_left_is_a_colleague_s_draft(phone, scene):
    colleague = make_user("worker", unit=scene.unit)
    Assignment.objects.filter(user=scene.worker).update(ends_on=timezone.localdate() - timedelta(days=1))
    User.objects.filter(pk=scene.worker.pk).update(is_active=False)
    body = phone.seal(phone.fill(scene))
    assert phone.deliver(body).json()["reason"] == "device_ended"
    assert Draft.objects.get(pk=body["uuid"]).owner == colleague


def test_a_unit_that_the_worker_is_no_longer_in_gives_a_draft_in_their_own(phone, scene):
    other, _worker = make_unit_with_worker(scene.place)
    filled = phone.fill(scene) | {"unit": other.slug}
    answer = phone.deliver(phone.seal(filled))
    assert answer.json()["reason"] == "not_a_worker"
    assert Draft.objects.get().unit == scene.unit


def test_a_wrong_clock_is_put_right_where_its_time_counted(phone, scene):
    phone.ahead = timedelta(days=-3, minutes=-7)
    by_clock = phone.seal(phone.fill(scene, clock=True))
    typed = phone.seal(phone.fill(scene, clock=False, story="Another."))
    assert phone.deliver(by_clock).status_code == 201
    assert phone.deliver(typed).status_code in (201, 422)
    stored = Submission.objects.get(pk=by_clock["uuid"])
    assert abs(timezone.now() - timedelta(hours=2) - stored.occurred_at) < timedelta(minutes=1)
    assert abs(stored.from_phone["clock_seconds"] - 3 * 86400 - 7 * 60) < 30
    later = Arrival.objects.get(uuid=typed["uuid"])
    assert abs(later.clock_seconds - 3 * 86400 - 7 * 60) < 30


def test_what_cannot_be_decided_now_stores_nothing_and_comes_again(phone, scene):
    body = phone.seal(phone.fill(scene))
    for failure in (NotDecided("here"), OperationalError("locked")):
        with patch("case_forms.devices.receiving.receive_submission", side_effect=failure):
            answer = phone.deliver(body)
        assert (answer.status_code, bool(answer["Retry-After"])) == (503, True)
    assert not Arrival.objects.exists()
    assert not Draft.objects.exists()
    assert phone.deliver(body).status_code == 201


def test_the_phone_asks_what_became_of_it(phone, scene):
    body = phone.seal(phone.fill(scene))
    path = f"/api/field/v1/sealed-submissions/{body['uuid']}"
    assert phone.client.get(path, headers=phone.bearer()).status_code == 404
    phone.deliver(body)
    assert phone.client.get(path, headers=phone.bearer()).json()["state"] == "server"
    Notice.objects.update(sent_at=timezone.now(), state="sent", attempts=1, reason="")
    assert phone.client.get(path, headers=phone.bearer()).json()["state"] == "told"
    returned = phone.seal(phone.fill(scene, result="nonsense"))
    phone.deliver(returned)
    path = f"/api/field/v1/sealed-submissions/{returned['uuid']}"
    found = phone.client.get(path, headers=phone.bearer()).json()
    assert (found["state"], found["draft"]) == ("returned", returned["uuid"])
    Draft.objects.all().delete()
    assert phone.client.get(path, headers=phone.bearer()).json()["gone"] is True


def test_too_much_in_an_hour_waits(phone, scene):
    with patch("access.rate_limits.Limit.is_used_up", return_value=True):
        answer = phone.deliver(phone.seal(phone.fill(scene)))
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")


@pytest.mark.parametrize(
    "body", [b" ", b"{", b"[]", json.dumps({"uuid": 5}).encode(), json.dumps({"nonsense": "Kanarina"}).encode()]
)
def test_bad_bodies_are_4xx_and_repeat_nothing(phone, body):
    for path in ("sealed-submissions", "device-contact", "device-rescues"):
        answer = phone.client.post(
            f"/api/field/v1/{path}", body, content_type="application/json", headers=phone.bearer()
        )
        assert answer.status_code == 422
        assert b"Kanarina" not in answer.content


def test_while_the_token_with_the_key_is_away_nothing_is_stored_and_the_phone_sends_again(phone, scene, settings):
    body = phone.seal(phone.fill(scene))
    here = settings.FIELD_KEYS
    settings.FIELD_KEYS = [f"{phone.key.id}:pkcs11:token=away;object=x?module-path=/nowhere/module.so"]
    answer = phone.deliver(body)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert phone.contact().status_code == 503
    assert not Arrival.objects.exists()
    settings.FIELD_KEYS = here
    assert phone.deliver(body).status_code == 201
