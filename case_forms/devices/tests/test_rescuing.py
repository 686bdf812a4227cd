"""Drafts of a phone whose keys went: its owner finds each of them here, once."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.submissions.attachments.tests import samples
from case_forms.submissions.attachments.tests.conftest import photo_form
from case_forms.submissions.models import Attachment, Draft, Submission

from ..actions import end_device

pytestmark = pytest.mark.django_db


def draft(scene, **more):
    return {
        "form": scene.form.form.key,
        "version": scene.form.number,
        "title": "x",
        "language": "sq",
        "section": "person",
        "occurredAt": (timezone.now() - timedelta(hours=3)).isoformat(),
        "occurredByClock": False,
        "fields": [["municipality", scene.place.municipality.slug], ["story", "Kanarina"]],
        **more,
    }


@pytest.mark.parametrize("ended", [False, True])
def test_each_becomes_a_draft_of_the_owner_once(phone, scene, ended):
    if ended:
        end_device(device=phone.device, by=scene.worker, why="lost")
    drafts = {str(uuid.uuid4()): draft(scene), str(uuid.uuid4()): draft(scene, fields=[["story", "Two"]])}
    answer = phone.rescue(drafts)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"saved": list(drafts), "refused": []}
    assert {str(each.pk) for each in Draft.objects.filter(owner=scene.worker)} == set(drafts)
    assert {each.answers["story"] for each in Draft.objects.all()} == {"Kanarina", "Two"}
    assert {each.from_phone["why"] for each in Draft.objects.all()} == {"rescued"}
    assert phone.rescue(drafts).json()["saved"] == list(drafts)
    assert Draft.objects.count() == 2


def test_one_that_cannot_be_read_stops_no_other(phone, scene):
    good = str(uuid.uuid4())
    drafts = {
        "not-a-uuid": draft(scene),
        str(uuid.uuid4()): draft(scene, form="gone"),
        str(uuid.uuid4()): {"fields": 5},
        good: draft(scene),
    }
    answer = phone.rescue(drafts).json()
    assert answer["saved"] == [good]
    assert len(answer["refused"]) == 3
    assert AuditEntry.objects.get(action="device.rescue_refused").detail["drafts"] == 3


def test_one_that_was_discarded_here_does_not_come_back(phone, scene):
    drafts = {str(uuid.uuid4()): draft(scene)}
    phone.rescue(drafts)
    Draft.objects.all().delete()
    assert phone.rescue(drafts).json()["saved"] == list(drafts)
    assert not Draft.objects.exists()


def test_a_slot_that_does_not_open_is_refused_and_recorded(phone, scene):
    answer = phone.rescue({str(uuid.uuid4()): draft(scene)}, slot=b"x" * 113)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:vatra:problem:sealed-not-opened")
    assert AuditEntry.objects.filter(action="device.sealed_refused").exists()


def test_an_id_that_is_taken_here_gives_a_draft_beside(phone, scene):
    record = str(uuid.uuid4())
    phone.deliver(phone.seal(phone.fill(scene, result="nonsense"), record))
    phone.rescue({record: draft(scene)})
    assert Draft.objects.count() == 2


def typed(scene, phone, **answers):
    """A draft whose text is that of the finished form, as a phone seals what it has handed over."""
    plain = phone.fill(scene, **answers)
    return {**draft(scene), "fields": plain["fields"]}, plain


@pytest.mark.parametrize("first", ["draft", "form"])
def test_a_handed_draft_and_its_finished_form_are_one_submission_whichever_comes_first(phone, scene, first):
    record = str(uuid.uuid4())
    text, plain = typed(scene, phone)
    acts = [lambda: phone.rescue({record: text}), lambda: phone.deliver(phone.seal(plain, record))]
    answers = [act() for act in (acts if first == "draft" else reversed(acts))]
    assert {answer.status_code for answer in answers} == {200, 201}, [answer.content for answer in answers]
    assert str(Submission.objects.get().pk) == record
    assert not Draft.objects.exists()
    assert phone.rescue({record: text}).json()["saved"] == [record]
    assert not Draft.objects.exists()


def test_a_form_that_goes_on_from_a_handed_draft_takes_its_place(phone, scene):
    record, later = str(uuid.uuid4()), str(uuid.uuid4())
    text, plain = typed(scene, phone)
    phone.rescue({record: text})
    assert phone.deliver(phone.seal({**plain, "follows": [record]}, later)).status_code == 201
    assert str(Submission.objects.get().pk) == later
    assert not Draft.objects.exists()
    assert AuditEntry.objects.filter(action="draft.met_from_phone", target_id=record).exists()


def test_an_earlier_draft_that_comes_in_last_changes_nothing(phone, scene):
    record, later = str(uuid.uuid4()), str(uuid.uuid4())
    text, plain = typed(scene, phone)
    phone.deliver(phone.seal({**plain, "follows": [record]}, later))
    assert phone.rescue({record: text}).json()["saved"] == [record]
    assert not Draft.objects.exists()


def test_a_newer_draft_takes_the_place_of_the_one_before(phone, scene):
    record, later = str(uuid.uuid4()), str(uuid.uuid4())
    phone.rescue({record: draft(scene, fields=[["story", "One"]])})
    phone.rescue({later: draft(scene, fields=[["story", "One and two"]], follows=[record])})
    assert [each.answers["story"] for each in Draft.objects.all()] == ["One and two"]


@pytest.mark.parametrize("follows", [False, True])
def test_a_draft_that_somebody_works_on_here_stays_beside_the_form(phone, scene, follows):
    record = str(uuid.uuid4())
    text, plain = typed(scene, phone)
    phone.rescue({record: text})
    Draft.objects.update(section_versions={"person": {"version": 1, "page": "", "turn": 0, "at": ""}})
    identity = str(uuid.uuid4()) if follows else record
    answer = phone.deliver(phone.seal({**plain, "follows": [record]}, identity))
    assert (answer.status_code, answer.json()["reason"]) == (422, "uuid_taken")
    assert Draft.objects.count() == 2


def test_a_draft_that_was_sent_here_is_not_sent_a_second_time_by_the_phone(phone, scene):
    record = str(uuid.uuid4())
    text, plain = typed(scene, phone)
    phone.rescue({record: text})
    sent = phone.deliver(phone.seal(plain, record))
    assert sent.status_code == 201
    answer = phone.deliver(phone.seal({**plain, "follows": [record]}))
    assert (answer.status_code, answer.json()["reason"]) == (422, "uuid_taken")
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(("changed", "drafts"), [(False, 1), (True, 2)])
def test_an_ended_phone_makes_no_draft_vanish(phone, scene, changed, drafts):
    record = str(uuid.uuid4())
    text, plain = typed(scene, phone)
    phone.rescue({record: text})
    end_device(device=phone.device, by=scene.worker, why="lost")
    other = phone.fill(scene, story="Somebody else's") if changed else plain
    answer = phone.deliver(phone.seal(other, record))
    assert (answer.status_code, answer.json()["reason"]) == (422, "device_ended")
    assert Draft.objects.count() == drafts
    assert Draft.objects.filter(pk=record).exists()


def test_a_file_of_a_handed_draft_goes_along_with_its_finished_form(phone, scene):
    publish_form(form=save_definition(key="photos", definition=photo_form()))
    record = str(uuid.uuid4())
    identity, sent = phone.send_file(samples.jpeg())
    assert sent.status_code == 201
    fields = [["remark", "Kanarina"], ["passport.kept", identity], ["pets-count", "1"], ["pets-0-pet_name", "Bobi"]]
    plain = {**phone.fill(scene), "form": "photos", "version": 1, "fields": fields}
    phone.rescue({record: {**draft(scene), "form": "photos", "version": 1, "fields": fields}})
    assert Attachment.objects.get().draft is not None
    answer = phone.deliver(phone.seal(plain, record))
    assert answer.status_code == 201, answer.content
    assert str(Attachment.objects.get().submission_id) == record
