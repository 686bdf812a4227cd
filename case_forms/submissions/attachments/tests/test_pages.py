"""Files on the section's page, as a phone without JavaScript sends them."""

import io
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from access.limits import BoundedForEach
from audit.models import AuditEntry
from audit.tests.counting import denials
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Attachment, Draft, Submission
from case_forms.submissions.tests.page import Page, follow
from sanitizer import process
from sanitizer.tests import samples
from sanitizer.tests.samples import CANARY
from tests.world.scene import World

from ..storage import get_content
from .conftest import files_on_disk

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(phone: Client, form: FormVersion) -> Page:
    return follow(phone, phone.post("/field/forms/photos/start/"))


def upload(content: bytes, name: str = "IMG 1.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/x-whatever")


def press(page: Page, go: str = "save", **typed: Any) -> Page:
    return follow(page.client, page.press(go, **typed))


def answers() -> dict[str, Any]:
    return Draft.objects.get().answers


def test_a_photo_is_kept_clean_and_sealed_and_named_in_the_answers(page: Page, folder: Path) -> None:
    after = press(page, passport=upload(samples.jpeg()), remark="hello")
    kept = Attachment.objects.get()
    assert answers() == {"remark": "hello", "passport": {"id": str(kept.pk)}}
    assert (kept.media_type, kept.name) == ("image/jpeg", "IMG 1.jpg")
    content = get_content(kept)
    assert kept.size == len(content)
    assert CANARY.encode() not in content
    (path,) = files_on_disk(folder)
    assert path.name == f"{kept.pk}.sealed"
    assert content[100:200] not in path.read_bytes()
    assert b"\xff\xd8\xff" not in path.read_bytes()[:40]
    assert "IMG 1.jpg" in after.words()
    assert after.fields()["passport.kept"] == [str(kept.pk)]
    assert AuditEntry.objects.filter(action="attachment.stored", target_id=str(kept.pk)).exists()


def test_it_stays_when_the_page_is_saved_again_and_goes_when_it_is_taken_back(page: Page, folder: Path) -> None:
    after = press(page, passport=upload(samples.jpeg()))
    again = press(after, remark="more")
    assert Attachment.objects.count() == 1
    press(again, **{"passport.remove": "1"})
    assert answers() == {"remark": "more"}
    assert not Attachment.objects.exists()
    assert AuditEntry.objects.filter(action="attachment.deleted").count() == 1


def test_its_file_goes_with_its_row(page: Page, folder: Path, django_capture_on_commit_callbacks: Any) -> None:
    after = press(page, passport=upload(samples.jpeg()))
    with django_capture_on_commit_callbacks(execute=True):
        press(after, **{"passport.remove": "1"})
    assert files_on_disk(folder) == []


def test_another_file_takes_its_place(page: Page) -> None:
    after = press(page, passport=upload(samples.jpeg()))
    first = Attachment.objects.get()
    press(after, passport=upload(samples.png(), "other.png"))
    second = Attachment.objects.get()
    assert second.pk != first.pk
    assert second.media_type == "image/png"
    assert answers()["passport"] == {"id": str(second.pk)}


def test_the_same_file_pressed_twice_is_kept_once(page: Page) -> None:
    press(page, passport=upload(samples.jpeg()))
    press(page, passport=upload(samples.jpeg()))
    assert Attachment.objects.count() == 1


def test_a_file_in_a_row_belongs_to_its_row(page: Page) -> None:
    with_row = Page(page.client, page.press("pets", button="add"))
    after = press(with_row, pets__0__pet_name="Miu", pets__0__pet_photo=upload(samples.png()))
    kept = Attachment.objects.get()
    assert answers()["pets"] == [{"pet_name": "Miu", "pet_photo": {"id": str(kept.pk)}}]
    Page(after.client, after.press("pets-0", button="remove"))
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("field", "content", "words"),
    [
        ("passport", b"MZ not a picture", "Choose a picture (JPEG, PNG, WebP or HEIC) or a PDF."),
        ("passport", samples.jpeg()[:600], "can't be opened"),
        ("passport", samples.huge_png(), "more than 50 million pixels"),
        ("passport", samples.pdf(script="app.alert(1)"), "contains a program or another file"),
        ("passport", samples.pdf(password="x"), "locked"),
        ("passport", b"", "This file is empty"),
        ("scan", samples.jpeg(), "Choose a PDF."),
    ],
)
def test_why_a_file_is_not_taken_stands_beside_it_and_nothing_typed_is_lost(
    page: Page, field: str, content: bytes, words: str
) -> None:
    shown = Page(page.client, page.press("next", remark="typed before", **{field: upload(content, "x.jpg")}))
    assert shown.status == 422
    assert [id for id, _text in shown.summary()] == [f"q-{field}"]
    entry = shown.soup.select_one(f'[data-item="{field}"]')
    assert entry is not None
    assert words in " ".join(entry.get_text().split())
    assert shown.fields()["remark"] == ["typed before"]
    assert answers() == {"remark": "typed before"}
    assert not Attachment.objects.exists()


def test_whose_other_files_are_being_cleaned_reads_so_beside_the_field_and_keeps_what_was_typed(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_own", BoundedForEach(at_once=1, waiting=0, seconds=0.05))
    with process._own.turn(Draft.objects.get().owner_id):
        shown = Page(page.client, page.press("next", passport=upload(samples.jpeg()), remark="typed before"))
    assert "still being checked" in shown.words()
    assert answers() == {"remark": "typed before"}
    assert not Attachment.objects.exists()
    press(shown, passport=upload(samples.jpeg()))
    assert Attachment.objects.count() == 1


def test_a_refused_file_leaves_the_one_before(page: Page) -> None:
    after = press(page, passport=upload(samples.jpeg()))
    refused = Page(page.client, after.press("save", passport=upload(b"nothing known")))
    assert refused.status == 422
    assert refused.fields()["passport.kept"] == [str(Attachment.objects.get().pk)]


def test_a_file_that_is_too_large_is_dropped_on_the_way_and_the_rest_arrives(page: Page, settings: Any) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2000
    large = upload(b"\xff\xd8\xff" + b"0" * 500_000)
    shown = Page(page.client, page.press("next", passport=large, remark="typed"))
    assert "larger than 2.0" in shown.words()
    assert answers() == {"remark": "typed"}


def test_all_files_of_a_request_together_are_bounded(page: Page, settings: Any) -> None:
    settings.ATTACHMENT_REQUEST_BYTES = len(samples.jpeg()) + 10
    shown = Page(page.client, page.press("next", passport=upload(samples.jpeg()), scan=upload(samples.pdf())))
    assert [id for id, _text in shown.summary()] == ["q-scan"]
    assert list(answers()) == ["passport"]


def test_a_draft_takes_so_many_files_and_makes_room_when_one_is_removed(page: Page, settings: Any) -> None:
    settings.ATTACHMENTS_PER_DRAFT = 1
    after = press(page, passport=upload(samples.jpeg()))
    full = Page(page.client, after.press("next", scan=upload(samples.pdf())))
    assert "already has 1 files" in full.words()
    emptied = press(after, **{"passport.remove": "1"})
    press(emptied, scan=upload(samples.pdf()))
    assert list(answers()) == ["scan"]


def test_nothing_of_a_file_is_written_to_a_temporary_file(page: Page, tmp_path: Path, settings: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "nowhere")
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    press(page, passport=upload(samples.jpeg()))
    assert Attachment.objects.count() == 1


def test_a_stale_page_keeps_nothing_and_asks_for_the_file_once_more(page: Page) -> None:
    stale = Page(page.client, page.press("next", draft_key="old", passport=upload(samples.jpeg()), remark="typed"))
    assert stale.status == 409
    assert "Choose this file again" in stale.words()
    assert stale.fields()["remark"] == ["typed"]
    assert not Attachment.objects.exists()


def test_a_file_put_in_after_the_session_ended_is_kept(page: Page) -> None:
    visitor = Client()
    answer = page.press("next", client=visitor, passport=upload(samples.jpeg()))
    assert answer["Location"].startswith("/accounts/login/")
    kept = Attachment.objects.get()
    assert answers()["passport"] == {"id": str(kept.pk)}
    entry = AuditEntry.objects.get(action="attachment.stored")
    assert entry.actor_kind == "anonymous"


def test_another_drafts_file_can_not_be_named(page: Page, world: World, form: FormVersion) -> None:
    other = Draft.objects.create(form_version=form, unit=world.unit, owner=world.worker, section="papers")
    theirs = page.client.get(f"/field/drafts/{other.pk}/papers/")
    press(Page(page.client, theirs), passport=upload(samples.jpeg()))
    stolen = Attachment.objects.get()
    shown = Page(page.client, page.press("next", **{"passport.kept": str(stolen.pk)}))
    assert "This file isn't here" in shown.words()
    assert Attachment.objects.get().draft == other


@pytest.mark.parametrize("named", ["", "x", "7d0b2c1e-4a57-4f2f-9a63-0c8f0d6f3b11", "../../etc/passwd", "\0"])
def test_a_made_up_name_of_a_file_is_only_wrong(page: Page, named: str) -> None:
    assert page.press("next", **{"passport.kept": named}).status_code in (302, 422)


def test_the_script_learns_what_was_kept_and_what_was_not(page: Page) -> None:
    answer = page.press("attach", passport=upload(samples.jpeg()), scan=upload(b"no"), remark="typed").json()
    kept = Attachment.objects.get()
    assert answer["kept"]["passport"] == {
        "id": str(kept.pk),
        "name": "IMG 1.jpg",
        "size": kept.size,
        "address": f"/field/files/{kept.pk}/",
    }
    assert answer["errors"] == {"scan": "Choose a PDF."}
    assert answers() == {"remark": "typed", "passport": {"id": str(kept.pk)}}


def test_only_fields_that_ask_for_files_take_them(page: Page) -> None:
    press(page, remark=upload(samples.jpeg()), unknown=upload(samples.jpeg()), pets=upload(samples.jpeg()))
    assert not Attachment.objects.exists()


# ---- sending ----


def send(page: Page) -> Submission:
    follow(page.client, page.client.post(f"/field/drafts/{Draft.objects.get().pk}/"))
    return Submission.objects.get()


def test_what_is_sent_has_its_files_and_what_no_answer_names_is_deleted(page: Page) -> None:
    after = press(page, passport=upload(samples.jpeg()))
    unused = Attachment.objects.create(
        draft=Draft.objects.get(),
        owner=Draft.objects.get().owner,
        unit=Draft.objects.get().unit,
        media_type="image/png",
        size=1,
        content_key=b"x",
    )
    review = follow(page.client, page.client.get(f"/field/drafts/{Draft.objects.get().pk}/"))
    assert "IMG 1.jpg" in review.words()
    sent = send(after)
    kept = sent.attachments.get()
    assert sent.answers["passport"] == {"id": str(kept.pk)}
    assert kept.draft is None
    assert not Attachment.objects.filter(pk=unused.pk).exists()
    shown = BeautifulSoup(page.client.get(f"/field/submissions/{sent.pk}/").content, "html.parser")
    link = shown.select_one(".answer-file")
    assert link is not None
    assert link["href"] == f"/field/files/{kept.pk}/"
    assert "IMG 1.jpg" in link.get_text()


def test_sending_twice_keeps_the_files(page: Page) -> None:
    after = press(page, passport=upload(samples.jpeg()))
    first = send(after)
    assert send(after) == first
    assert first.attachments.count() == 1


def test_a_draft_thrown_away_takes_its_files_along(
    page: Page, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    press(page, passport=upload(samples.jpeg()))
    with django_capture_on_commit_callbacks(execute=True):
        page.client.post(f"/field/drafts/{Draft.objects.get().pk}/discard-draft/")
    assert not Attachment.objects.exists()
    assert files_on_disk(folder) == []


# ---- reading ----


def fetch(client: Client, attachment: Attachment) -> Any:
    return client.get(f"/field/files/{attachment.pk}/")


def test_the_owner_fetches_a_file_to_save_it_and_it_is_recorded(page: Page) -> None:
    press(page, passport=upload(samples.jpeg(), 'Ana"s <pass>.exe'))
    kept = Attachment.objects.get()
    answer = fetch(page.client, kept)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == 'attachment; filename="Anas pass.jpg"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (60, 40)
    entry = AuditEntry.objects.get(action="attachment.read")
    assert (entry.target_id, entry.actor_id) == (str(kept.pk), str(kept.owner_id))


def test_a_drafts_file_is_its_owners_alone(page: Page, world: World) -> None:
    press(page, passport=upload(samples.jpeg()))
    kept = Attachment.objects.get()
    for user in (world.colleague, world.stranger, world.coordinator, world.editor):
        other = Client()
        other.force_login(user)
        assert fetch(other, kept).status_code == 404, user
    assert denials() == 4
    assert fetch(Client(), kept).status_code == 302


def test_a_sent_file_is_read_by_who_may_read_the_form_and_nobody_else(page: Page, world: World) -> None:
    send(press(page, passport=upload(samples.jpeg())))
    kept = Attachment.objects.get()
    for user, status in (
        (world.worker, 200),
        (world.colleague, 200),
        (world.coordinator, 200),
        (world.stranger, 404),
        (world.other_coordinator, 404),
        (world.editor, 404),
    ):
        other = Client()
        other.force_login(user)
        assert fetch(other, kept).status_code == status, user
    assert AuditEntry.objects.filter(action="attachment.read").count() == 3


def test_a_worker_who_left_the_unit_leaves_the_files_behind(page: Page, world: World) -> None:
    press(page, passport=upload(samples.jpeg()))
    world.worker.assignments.update(unit=world.other_unit)
    assert fetch(page.client, Attachment.objects.get()).status_code == 404


def test_a_file_that_is_lost_or_was_changed_is_not_there(page: Page, folder: Path) -> None:
    press(page, passport=upload(samples.jpeg()))
    kept = Attachment.objects.get()
    (path,) = files_on_disk(folder)
    *stored, last = path.read_bytes()
    path.write_bytes(bytes([*stored, last ^ 1]))
    assert fetch(page.client, kept).status_code == 404
    path.unlink()
    assert fetch(page.client, kept).status_code == 404
    assert not AuditEntry.objects.filter(action="attachment.read").exists()
