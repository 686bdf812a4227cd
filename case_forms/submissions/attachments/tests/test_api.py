"""Files through the field API: put in, named by a submission, and nobody else's."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from access.models import FieldToken, User
from audit.models import AuditEntry
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.actions import AnswersRefused, receive_submission
from case_forms.submissions.models import Attachment, Submission
from sanitizer.tests import samples
from tests.world.scene import World

from ..storage import get_content

pytestmark = pytest.mark.django_db
ADDRESS = "/api/field/v1/attachments"


def bearer(user: User) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {FieldToken.issue(user)}"}


def put(user: User, content: bytes, media_type: str = "image/jpeg", **headers: str) -> Any:
    return Client().post(ADDRESS, content, content_type=media_type, **bearer(user), **headers)


def put_in(user: User, content: bytes | None = None) -> Attachment:
    answer = put(user, content or samples.jpeg())
    assert answer.status_code == 201, answer.content
    return Attachment.objects.get(pk=answer.json()["id"])


def submit(world: World, user: User, form: FormVersion, answers: dict[str, Any], key: str = "") -> Any:
    body = {
        "uuid": key or str(uuid.uuid4()),
        "form": "photos",
        "version": form.number,
        "occurred_at": timezone.now().isoformat(),
        "answers": answers,
    }
    return Client().post("/api/field/v1/submissions", body, content_type="application/json", **bearer(user))


def codes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(error["path"], error["code"]) for error in answer.json()["errors"]]


def test_a_file_by_itself_is_kept_clean_under_its_name(world: World) -> None:
    answer = put(world.worker, samples.jpeg(), HTTP_X_FILE_NAME="Pasaport%C3%AB%20e%20An%C3%ABs.HEIC")
    kept = Attachment.objects.get()
    assert answer.json() == {"id": str(kept.pk), "media_type": "image/jpeg", "size": kept.size}
    assert samples.CANARY.encode() not in get_content(kept)
    assert kept.name == "Pasaportë e Anës.jpg"
    assert (kept.draft, kept.submission, kept.owner, kept.unit) == (None, None, world.worker, world.unit)


def test_a_file_in_a_form_is_kept_too(world: World) -> None:
    file = SimpleUploadedFile("scan.pdf", samples.pdf())
    answer = Client().post(ADDRESS, {"file": file}, **bearer(world.worker))
    assert answer.status_code == 201
    assert Attachment.objects.get().name == "scan.pdf"


def test_a_session_needs_the_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.worker)
    client.get("/field/")
    file = SimpleUploadedFile("scan.pdf", samples.pdf())
    assert client.post(ADDRESS, {"file": file}).status_code == 403
    token = client.cookies["vatra_csrf"].value
    file = SimpleUploadedFile("scan.pdf", samples.pdf())
    assert client.post(ADDRESS, {"file": file}, HTTP_X_CSRFTOKEN=token).status_code == 201
    assert client.post(ADDRESS, samples.jpeg(), "image/jpeg", HTTP_X_CSRFTOKEN=token).status_code == 201


def test_a_visitor_and_who_works_in_no_unit_put_nothing_in(world: World) -> None:
    assert Client().post(ADDRESS, samples.jpeg(), content_type="image/jpeg").status_code == 401
    assert put(world.coordinator, samples.jpeg()).status_code == 404
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"GIF89a", "image/gif", 422, "wrong_kind"),
        (samples.pdf(script="x"), "application/pdf", 422, "active"),
        (samples.jpeg()[:600], "image/jpeg", 422, "unreadable"),
        (b"{}", "application/json", 415, ""),
        (b"x", "text/html", 415, ""),
    ],
)
def test_what_is_not_taken_is_said(world: World, content: bytes, media_type: str, status: int, code: str) -> None:
    answer = put(world.worker, content, media_type)
    assert answer.status_code == status
    if code:
        assert codes(answer) == [("", code)]


def test_a_form_without_a_file_has_nothing_in_it(world: World) -> None:
    empty = SimpleUploadedFile("scan.pdf", b"")
    for form in ({"remark": "x"}, {"file": empty}):
        assert codes(Client().post(ADDRESS, form, **bearer(world.worker))) == [("", "empty_file")]


def test_a_file_that_is_too_large_is_413(world: World, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 100
    assert put(world.worker, samples.jpeg()).status_code == 413
    file = SimpleUploadedFile("scan.pdf", samples.pdf())
    assert Client().post(ADDRESS, {"file": file}, **bearer(world.worker)).status_code == 413


def test_a_person_has_so_many_unclaimed_files_at_most(world: World, settings: Any) -> None:
    settings.ATTACHMENTS_PER_DRAFT = 0
    assert codes(put(world.worker, samples.jpeg())) == [("", "too_many")]


def test_a_submission_takes_the_file_that_it_names(world: World, form: FormVersion) -> None:
    kept = put_in(world.worker)
    answer = submit(world, world.worker, form, {"passport": {"id": str(kept.pk)}})
    assert answer.status_code == 201, answer.content
    kept.refresh_from_db()
    assert kept.submission == Submission.objects.get()


def test_the_same_submission_again_gets_its_receipt(world: World, form: FormVersion) -> None:
    kept, key, now = put_in(world.worker), uuid.uuid4(), timezone.now()
    for created in (True, False):
        received = receive_submission(
            uuid=key,
            form_key="photos",
            version=form.number,
            occurred_at=now,
            answers={"passport": {"id": str(kept.pk)}},
            user=world.worker,
        )
        assert received.created is created


def test_a_file_goes_to_one_submission_only(world: World, form: FormVersion) -> None:
    kept = put_in(world.worker)
    named = {"passport": {"id": str(kept.pk)}}
    assert submit(world, world.worker, form, named).status_code == 201
    assert codes(submit(world, world.worker, form, named)) == [("/answers/passport", "unknown_attachment")]
    assert Submission.objects.count() == 1


def test_anothers_file_a_drafts_file_and_one_that_is_not_there_are_unknown(world: World, form: FormVersion) -> None:
    colleagues = put_in(world.colleague)
    drafts = put_in(world.worker, samples.png())
    phone = Client()
    phone.force_login(world.worker)
    phone.post("/field/forms/photos/start/")
    Attachment.objects.filter(pk=drafts.pk).update(draft=world.worker.drafts.get())
    for identity in (colleagues.pk, drafts.pk, uuid.uuid4()):
        refused = submit(world, world.worker, form, {"passport": {"id": str(identity)}})
        assert codes(refused) == [("/answers/passport", "unknown_attachment")]


def test_a_kind_that_the_question_does_not_take_is_refused(world: World, form: FormVersion) -> None:
    kept = put_in(world.worker)
    rows = {"pets": [{"pet_name": "x"}, {"pet_photo": {"id": str(put_in(world.worker, samples.pdf()).pk)}}]}
    refused = submit(world, world.worker, form, {"scan": {"id": str(kept.pk)}, **rows})
    assert codes(refused) == [("/answers/scan", "wrong_kind"), ("/answers/pets/1/pet_photo", "wrong_kind")]
    assert not Submission.objects.exists()
    assert Attachment.objects.unclaimed().count() == 2


def test_two_that_claim_at_once_do_not_both_get_it(
    world: World, form: FormVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looked before the first had committed."""
    from case_forms.submissions import reception

    kept = put_in(world.worker)
    named = {"passport": {"id": str(kept.pk)}}
    looked = reception.files_of_person(world.worker)
    assert looked.has(str(kept.pk))
    monkeypatch.setattr(reception, "files_of_person", lambda user, besides: looked)
    assert submit(world, world.worker, form, named).status_code == 201
    with pytest.raises(AnswersRefused) as refused:
        receive_submission(
            uuid=uuid.uuid4(),
            form_key="photos",
            version=form.number,
            occurred_at=timezone.now(),
            answers=named,
            user=world.worker,
        )
    assert refused.value.errors[0].code == "unknown_attachment"
    assert Submission.objects.count() == 1


def test_what_is_put_in_is_recorded_without_its_name(world: World) -> None:
    put(world.worker, samples.jpeg(), HTTP_X_FILE_NAME="Kanarina.jpg")
    entry = AuditEntry.objects.get(action="attachment.stored")
    assert entry.detail == {"draft": "", "kind": "image/jpeg", "size": Attachment.objects.get().size}
