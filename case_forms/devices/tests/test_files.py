"""Files in parts: resumed where they stopped, opened when whole, and named by the form that they belong to."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.submissions.attachments.tests.conftest import photo_form
from case_forms.submissions.models import Attachment, Draft, Submission
from sanitizer.tests import samples
from tests.world.places import make_user

from ..housekeeping import tidy
from ..models import SealedFile
from .phone import make_phone

pytestmark = pytest.mark.django_db


def parts(settings) -> list[Path]:
    return [path for path in Path(settings.FIELD_PARTS_DIR).glob("*/*") if path.is_file()]


def test_a_file_arrives_in_parts_and_becomes_an_attachment(phone, settings):
    identity, answer = phone.send_file(samples.jpeg(), size=500)
    assert answer.status_code == 201, answer.content
    stored = Attachment.objects.get(pk=answer.json()["id"])
    assert stored.media_type == "image/jpeg"
    assert stored.owner == phone.device.user
    assert parts(settings) == []
    # whole, it stays what it is
    again = phone.send_part(identity, b"", offset=0, length=SealedFile.objects.get().length)
    assert (again.status_code, again.json()) == (201, answer.json())
    assert Attachment.objects.count() == 1


def test_it_goes_on_where_it_stopped(phone, settings):
    identity, content = str(uuid.uuid4()), samples.jpeg()
    sealed = phone.seal_file(content, identity)
    assert phone.ask_file(identity).status_code == 404
    first = phone.send_part(identity, sealed[:300], offset=0, length=len(sealed))
    assert (first.status_code, first["Upload-Offset"]) == (204, "300")
    said = phone.ask_file(identity)
    assert (said.status_code, said["Upload-Offset"], said["Upload-Length"]) == (204, "300", str(len(sealed)))
    wrong = phone.send_part(identity, sealed[400:], offset=400, length=len(sealed))
    assert (wrong.status_code, wrong["Upload-Offset"]) == (409, "300")
    # what a crash left behind the row's end is written over
    with parts(settings)[0].open("ab") as file:
        file.write(b"a part whose row was never written")
    assert phone.send_part(identity, sealed[300:], offset=300, length=len(sealed)).status_code == 201


def test_on_the_disk_is_only_what_the_phone_sealed(phone, settings):
    content = b"%PDF Kanarina " * 50
    identity = str(uuid.uuid4())
    sealed = phone.seal_file(content, identity)
    phone.send_part(identity, sealed[:-1], offset=0, length=len(sealed))
    assert b"Kanarina" not in parts(settings)[0].read_bytes()


@pytest.mark.parametrize("spoil", ["changed", "another's"])
def test_one_that_does_not_open_is_refused_and_gone(phone, settings, spoil):
    identity = str(uuid.uuid4())
    sealed = bytearray(phone.seal_file(samples.jpeg(), identity if spoil == "changed" else str(uuid.uuid4())))
    if spoil == "changed":
        sealed[-1] ^= 1
    answer = phone.send_part(identity, bytes(sealed), offset=0, length=len(sealed))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:vatra:problem:sealed-not-opened")
    assert not SealedFile.objects.exists()
    assert parts(settings) == []


def test_one_that_is_no_picture_is_refused_and_gone(phone, settings):
    _identity, answer = phone.send_file(b"MZ" + bytes(1000))
    assert answer.status_code == 422
    assert not SealedFile.objects.exists()
    assert parts(settings) == []


@pytest.mark.parametrize(
    ("offset", "length", "size", "status"),
    [(0, 10, 5, 413), (0, 99_999_999, 5, 413), (0, 1000, 2000, 422), (-1, 1000, 5, 422), (0, 900_000, 262_145, 413)],
)
def test_what_cannot_be_a_part_is_refused(phone, offset, length, size, status):
    answer = phone.send_part(str(uuid.uuid4()), b"x" * size, offset=offset, length=length)
    assert answer.status_code == status


def test_another_phone_does_not_see_or_add_to_it(phone, scene):
    identity = str(uuid.uuid4())
    sealed = phone.seal_file(samples.jpeg(), identity)
    phone.send_part(identity, sealed[:300], offset=0, length=len(sealed))
    other = make_phone(scene, make_user("worker", unit=scene.unit))
    assert other.ask_file(identity).status_code == 404
    assert SealedFile.objects.get().offset == 300


def test_unfinished_files_are_deleted_after_a_week(phone, settings):
    identity = str(uuid.uuid4())
    sealed = phone.seal_file(samples.jpeg(), identity)
    phone.send_part(identity, sealed[:300], offset=0, length=len(sealed))
    tidy()
    assert len(parts(settings)) == 1
    SealedFile.objects.update(began_at=timezone.now() - timedelta(days=8))
    tidy()
    assert parts(settings) == []
    assert phone.ask_file(identity).status_code == 404


@pytest.fixture
def photos(scene):
    return publish_form(form=save_definition(key="photos", definition=photo_form()))


def fill_photos(phone, **fields):
    return {
        "form": "photos",
        "version": 1,
        "occurred_at": phone.now.isoformat(),
        "fields": [
            ["remark", "Kanarina"],
            ["pets-count", "1"],
            ["pets-0-pet_name", "Bobi"],
            *map(list, fields.items()),
        ],
    }


def test_a_form_names_its_files_by_the_phone_s_uuids_also_in_a_row(phone, photos):
    first, _answer = phone.send_file(samples.jpeg())
    second, _answer = phone.send_file(samples.jpeg())
    body = phone.seal(fill_photos(phone, passport=first, **{"pets-0-pet_photo.kept": second.upper()}))
    answer = phone.deliver(body)
    assert answer.status_code == 201, answer.content
    stored = Submission.objects.get(pk=body["uuid"])
    ids = {str(row.pk) for row in stored.attachments.all()}
    assert ids == {stored.answers["passport"]["id"], stored.answers["pets"][0]["pet_photo"]["id"]}
    assert len(ids) == 2
    assert phone.ask_file(first).status_code == 204
    # sealed and sent a second time, with the same content: the receipt, and no second form
    again = phone.seal(fill_photos(phone, passport=first, **{"pets-0-pet_photo.kept": second}), body["uuid"])
    assert phone.deliver(again).status_code in (200, 422)
    assert Submission.objects.count() == 1


def test_a_form_whose_file_is_not_here_comes_back_with_what_is(phone, photos):
    there, _answer = phone.send_file(samples.jpeg())
    body = phone.seal(fill_photos(phone, passport=there, scan=str(uuid.uuid4())))
    answer = phone.deliver(body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "files")
    draft = Draft.objects.get()
    assert draft.from_phone["missing_files"] == 1
    assert [str(row.pk) for row in draft.attachments.all()] == [draft.answers["passport"]["id"]]


def test_a_returned_form_has_its_files_with_it(phone, photos, scene):
    there, _answer = phone.send_file(samples.jpeg())
    scan, _answer = phone.send_file(samples.jpeg())
    body = phone.seal(fill_photos(phone, passport=there, scan=scan))  # a picture where only a PDF may be
    answer = phone.deliver(body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "refused")
    assert [error["path"] for error in answer.json()["errors"]] == ["/answers/scan"]
    assert Draft.objects.get().attachments.count() == 2
