"""Drafts of a phone whose keys went: its owner finds each of them here, once."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.submissions.attachments.tests.conftest import photo_form
from case_forms.submissions.drafts import side_copies
from case_forms.submissions.drafts.actions import save_section, to_choose
from case_forms.submissions.models import Attachment, Draft, Submission
from sanitizer.tests import samples

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
    return {**draft(scene), "occurredAt": plain["occurred_at"], "fields": plain["fields"]}, plain


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


def work_on(draft, **answers):
    """As the online page saves a section."""
    section = next(
        each
        for each in draft.form_version.parsed_form.sections
        if not answers or {item.key for item in each.items} & answers.keys()
    )
    typed = {item.key: draft.answers.get(item.key) for item in section.items if item.key in draft.answers} | answers
    return save_section(draft_id=draft.pk, section=section, typed=typed, occurred_at=None, by=draft.owner)


@pytest.mark.parametrize("follows", [False, True])
@pytest.mark.parametrize("by", ["form", "draft"])
def test_what_was_typed_here_and_on_the_phone_stands_side_by_side_and_the_worker_chooses(phone, scene, follows, by):
    record, later = str(uuid.uuid4()), str(uuid.uuid4())
    text, plain = typed(scene, phone, story="Before")
    phone.rescue({record: text})
    here = work_on(Draft.objects.get(), story="Typed here")
    mine = {**plain, "fields": phone.fill(scene, story="Typed on the phone")["fields"], "follows": [record]}
    if by == "draft" and follows:
        assert phone.rescue({later: {**text, "fields": mine["fields"], "follows": [record]}}).json()["saved"] == [later]
    else:
        answer = phone.deliver(phone.seal(mine, later if follows else record))
        assert (answer.status_code, answer.json()["reason"]) == (422, "both")
        assert answer.json()["draft"] == str(here.pk)
    draft = Draft.objects.get()
    assert draft.answers["story"] == "Typed here"
    waiting = to_choose(draft)
    assert [(each.theirs, each.mine) for each in waiting.differences] == [("Typed here", "Typed on the phone")]
    assert AuditEntry.objects.filter(action="draft.saved_from_phone", target_id=draft.pk).exists()


def test_the_page_shows_both_texts_and_saves_what_was_chosen(phone, scene):
    record = str(uuid.uuid4())
    text, plain = typed(scene, phone, story="Before")
    phone.rescue({record: text})
    draft = work_on(Draft.objects.get(), story="Typed here")
    mine = {**plain, "fields": phone.fill(scene, story="Typed on the phone")["fields"]}
    phone.deliver(phone.seal(mine, record))
    browser = Client()
    browser.force_login(scene.worker)
    section = to_choose(Draft.objects.get()).section
    review = browser.get(reverse("intake:review", args=[draft.pk]))
    assert review.url == reverse("intake:section", args=[draft.pk, section])
    page = browser.get(review.url)
    said = page.content.decode()
    assert "Typed here" in said
    assert "Typed on the phone" in said
    assert "worked on here and on the phone" in said or "edhe në telefon" in said
    sent = dict(page.context["carried"])
    for choice in page.context["choices"]:
        sent |= {choice.keep: "mine", choice.seen: choice.difference.seen}
    browser.post(review.url, {**sent, "go": "save"})
    saved = Draft.objects.get()
    assert saved.answers["story"] == "Typed on the phone"
    assert to_choose(saved) is None


def test_what_only_the_phone_typed_is_added_without_a_question(phone, scene):
    record = str(uuid.uuid4())
    text, plain = typed(scene, phone)
    phone.rescue({record: {**text, "fields": [["story", "Same"]]}})
    work_on(Draft.objects.get())
    place = scene.place.municipality.slug
    phone.deliver(phone.seal({**plain, "fields": [["story", "Same"], ["municipality", place]]}, record))
    draft = Draft.objects.get()
    assert (draft.answers["story"], draft.answers["municipality"]) == ("Same", place)
    assert to_choose(draft) is None


def test_a_draft_with_no_room_for_more_texts_gets_one_beside_it(phone, scene, monkeypatch):
    monkeypatch.setattr(side_copies, "MAX_SIDE_COPIES", 0)
    record = str(uuid.uuid4())
    text, _plain = typed(scene, phone, story="Before")
    phone.rescue({record: text})
    work_on(Draft.objects.get(), story="Typed here")
    answer = phone.deliver(phone.seal(phone.fill(scene, story="Typed on the phone"), record))
    assert (answer.status_code, answer.json()["reason"]) == (422, "uuid_taken")
    assert {each.answers["story"] for each in Draft.objects.all()} == {"Typed here", "Typed on the phone"}


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
