"""Drafts of a phone whose keys went: its owner finds each of them here, once."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.submissions.models import Draft

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
