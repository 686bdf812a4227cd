"""What is stored is tidied by its term and counted; what doesn't fit is listed and left where it may be evidence."""

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ, Task
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from access.sessions.actions import delete_unused_sessions
from audit.models import PutAside
from case_forms.submissions.attachments.actions import tidy_attachments
from case_forms.submissions.attachments.storage import remove_content, write_content
from case_forms.submissions.exports.actions import tidy_exports
from case_forms.submissions.exports.models import AnswerExport, ExportPart
from case_forms.submissions.models import Attachment
from case_forms.tips.voices import tidy_voices
from config.health import describe_parts
from config.watch import log_files, measuring, stored
from config.watch.page import read_tidied
from content import picture_files
from notifications.board.tiles import State
from notifications.briefs import old_documents
from notifications.briefs.documents import build_pdf
from notifications.outbox import queue_rows
from notifications.outbox.models import BriefDocument, Heartbeat, Notice
from tests.world.notices import StaffedCountry, notify_officer
from tests.world.scene import make_scene
from vault.files import MOST_STRAYS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    for name in ("ATTACHMENT_DIR", "VOICE_DIR", "FIELD_PARTS_DIR", "MEDIA_ROOT"):
        setattr(settings, name, tmp_path / name.lower())
    return tmp_path


def age(path: Path, **length: float) -> Path:
    moment = (timezone.now() - timedelta(**length)).timestamp()
    os.utime(path, (moment, moment))
    return path


def make_strays(folder: Path, count: int) -> list[Path]:
    found = []
    for _number in range(count):
        path = folder / "ab" / f"{uuid.uuid4()}.sealed"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
        found.append(age(path, hours=2))
    return found


def make_attachment() -> Attachment:
    scene = make_scene()
    identity = uuid.uuid4()
    return Attachment.objects.create(
        id=identity,
        owner=scene.worker,
        unit=scene.unit,
        media_type="image/jpeg",
        size=3,
        fingerprint="x",
        name="a.jpg",
        content_key=write_content(identity, b"abc"),
    )


def read(kind: str) -> dict[str, Any]:
    facts: dict[str, Any] = Heartbeat.objects.get(part=stored.PREFIX + kind).facts
    return facts


def test_each_kind_is_measured() -> None:
    assert set(measuring.MEASURES) == set(stored.KINDS)
    measuring.each_hour()
    assert {name for name in stored.KINDS if "rows" in read(name)} == set(stored.KINDS)
    assert describe_parts(timezone.now())["stored"]["ok"] is True


def test_a_kind_that_cannot_be_measured_stops_no_other_and_is_named(monkeypatch: Any) -> None:
    def fail(_now: Any) -> Any:
        raise PermissionError

    monkeypatch.setitem(measuring.MEASURES, "sessions", fail)
    measuring.each_hour()
    part = describe_parts(timezone.now())["stored"]
    assert (part["ok"], part["error"]) == (False, "sessions")
    assert "rows" in read("logs")


def test_nobody_who_measures_for_three_hours_is_ill() -> None:
    measuring.each_hour(now=timezone.now() - timedelta(hours=4))
    assert describe_parts(timezone.now())["stored"]["ok"] is False


# ---- what is over goes ----


def test_sessions_that_are_over_go_and_it_is_said_how_many() -> None:
    now = timezone.now()
    for number, hours in enumerate((-2, -1, 5)):
        Session.objects.create(session_key=str(number), session_data="x" * 10, expire_date=now + timedelta(hours=hours))
    delete_unused_sessions()
    measuring.each_hour()
    assert set(Session.objects.values_list("session_key", flat=True)) == {"2"}
    facts = read("sessions")
    assert (facts["rows"], facts["bytes"], facts["removed"], facts["removed_total"]) == (1, 10, 2, 2)
    delete_unused_sessions()
    assert read("sessions")["removed"] == 2, "what was removed last stays, also when there was nothing to remove since"


def test_the_terms_are_settings(settings: Any) -> None:
    settings.EXPORT_HOURS = 2
    scene = make_scene()
    export = AnswerExport.objects.create(form=scene.form.form, by=scene.worker, format="csv", language="sq")
    assert timedelta(hours=1.9) < export.expires_at - timezone.now() <= timedelta(hours=2)


def test_exports_that_are_over_go_and_it_is_said() -> None:
    scene = make_scene()
    export = AnswerExport.objects.create(form=scene.form.form, by=scene.worker, format="csv", language="sq")
    ExportPart.objects.create(export=export, number=1, content=b"x")
    assert tidy_exports(timezone.now() + timedelta(days=2)) == 1
    assert not ExportPart.objects.exists()
    assert read("exports")["removed"] == 1


def test_results_of_tasks_and_tasks_of_a_broker_that_is_used_no_more_go(settings: Any) -> None:
    settings.BROKER_URL = "orm://default"
    old, young = timezone.now() - timedelta(days=40), timezone.now()
    for name, at in (("a", old), ("b", young)):
        Task.objects.create(id=name, name=name, func="x.y", started=at, stopped=at, success=False)
        OrmQ.objects.create(key="bulk", payload="x", lock=at)
    queue_rows.tidy()
    assert list(Task.objects.values_list("id", flat=True)) == ["b"]
    assert OrmQ.objects.count() == 2, "with this broker they are tasks that wait"
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    queue_rows.tidy()
    assert OrmQ.objects.count() == 1


def make_document(notice: Notice, **length: float) -> BriefDocument:
    return BriefDocument.objects.create(
        notice=notice, pdf=b"%PDF", pages=1, rendered_at=timezone.now() - timedelta(**length)
    )


def close(notice: Notice, **length: float) -> None:
    Notice.objects.filter(pk=notice.pk).update(
        state="closed", closed_at=timezone.now() - timedelta(**length), next_attempt_at=None, next_step_at=None
    )


def test_pdfs_of_notices_closed_long_ago_go_and_are_made_again_when_asked_for(staffed: StaffedCountry) -> None:
    old, young, still_open, made_lately = (notify_officer(staffed, event_id=uuid.uuid4()) for _each in range(4))
    for notice, days in ((old, 400), (young, 10), (made_lately, 400)):
        close(notice, days=days)
    for notice in (old, young, still_open):
        make_document(notice, days=500)
    make_document(made_lately, days=3)
    assert old_documents.tidy() == 1
    assert not BriefDocument.objects.filter(notice=old).exists()
    assert build_pdf(Notice.objects.get(pk=old.pk)).startswith(b"%PDF")


def test_no_pdf_goes_where_no_term_is_set(staffed: StaffedCountry, settings: Any) -> None:
    settings.NOTICE_PDF_DAYS = 0
    notice = notify_officer(staffed)
    close(notice, days=4000)
    make_document(notice, days=4000)
    assert old_documents.tidy() == 0


def test_a_log_file_that_is_too_long_leaves_its_newer_half_and_its_writer_goes_on(settings: Any, folders: Path) -> None:
    settings.LOG_FILE_MAX_MB = 1
    path = folders / "log" / "urgent.log"
    path.parent.mkdir()
    writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(writer, b"old\n" * 200_000 + b"new\n" * 131_072)
    (folders / "log" / "folder.log").mkdir()
    assert log_files.tidy() == 1
    os.write(writer, b"next\n")
    os.close(writer)
    assert path.read_bytes() == b"next\n"
    assert path.with_suffix(".log.1").read_bytes() == b"new\n" * 131_072


# ---- what doesn't fit ----


def test_a_few_files_without_a_row_go_and_many_stay_and_are_said(settings: Any, capsys: Any) -> None:
    few = make_strays(settings.ATTACHMENT_DIR, 2)
    assert tidy_attachments(timezone.now())[1] == 2
    assert not any(path.exists() for path in few)
    many = make_strays(settings.ATTACHMENT_DIR, MOST_STRAYS + 1)
    voices = make_strays(settings.VOICE_DIR, MOST_STRAYS + 1)
    assert tidy_attachments(timezone.now())[1] == 0
    assert tidy_voices(timezone.now()) == 0
    assert all(path.exists() for path in many + voices)
    measuring.each_hour()
    part = describe_parts(timezone.now())["stored"]
    assert (part["ok"], part["strays"]) == (False, 2 * (MOST_STRAYS + 1))
    line = next(each for each in read_tidied(Heartbeat.objects.in_bulk()) if each.name == "Files of forms, sealed")
    assert (line.state, line.words) == (State.BAD, "0 · 2.1\xa0KB · 21 files without a row")
    call_command("stored", list=True)
    assert many[0].name in capsys.readouterr().out


def test_a_file_that_is_gone_is_said_and_named() -> None:
    attachment = make_attachment()
    measuring.each_hour()
    assert (read("attachments")["rows"], read("attachments")["missing"]) == (1, 0)
    remove_content(attachment.pk)
    measuring.each_hour()
    assert read("attachments")["missing"] == 1
    assert describe_parts(timezone.now())["stored"]["ok"] is False
    assert Attachment.objects.filter(pk=attachment.pk).exists()


def test_a_row_that_goes_while_files_are_compared_is_not_missing(tmp_path: Path) -> None:
    answers = iter([["a/1", "a/2"], ["a/2"]])  # what rows name, and what they name when it is asked again
    held = measuring.compare_files(tmp_path, lambda: next(answers), timezone.now())
    assert held.missing == ("a/2",)


def test_files_of_the_last_hour_are_no_strays(tmp_path: Path) -> None:
    (tmp_path / "young").write_bytes(b"x")
    held = measuring.compare_files(tmp_path, list, timezone.now())
    assert (held.strays, held.bytes) == ((), 1)


def test_a_file_that_goes_while_it_is_looked_at_stops_no_clean_up(settings: Any, monkeypatch: Any) -> None:
    strays = make_strays(settings.ATTACHMENT_DIR, 2)
    glob = Path.glob

    def and_then_one_is_gone(self: Path, pattern: str) -> Any:
        found = list(glob(self, pattern))
        strays[0].unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Path, "glob", and_then_one_is_gone)
    assert tidy_attachments(timezone.now())[1] == 1


def test_one_file_that_cannot_be_removed_is_put_aside_and_the_others_go(settings: Any) -> None:
    stuck, gone = make_strays(settings.ATTACHMENT_DIR, 2)
    stuck.unlink()
    stuck.mkdir()
    (stuck / "within").write_bytes(b"")
    age(stuck, hours=2)
    assert tidy_attachments(timezone.now())[1] == 1
    assert not gone.exists()
    assert PutAside.objects.get().row == stuck.name


def test_files_of_sizes_without_a_row_go_after_a_day_and_other_files_never(settings: Any) -> None:
    root = Path(settings.MEDIA_ROOT)
    for name in ("images/old.webp", "images/young.webp", "original_images/old.jpg", "documents/old.pdf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
        age(root / name, hours=2 if "young" in name else 30)
    assert picture_files.tidy_sizes() == 1
    measuring.each_hour()
    assert not (root / "images/old.webp").exists()
    assert (root / "images/young.webp").exists()
    assert read("uploads")["strays"] == 2
    assert describe_parts(timezone.now())["stored"]["ok"] is True, "they are listed, and wait for somebody to decide"


def test_a_size_whose_file_is_gone_is_made_again(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        image = get_image_model().objects.create(title="x", file=get_test_image_file(size=(500, 400)))
    row = image.renditions.order_by("pk").first()
    Path(row.file.path).unlink()
    with django_capture_on_commit_callbacks(execute=True):
        picture_files.tidy_sizes()
    again = image.renditions.get(filter_spec=row.filter_spec)
    assert Path(again.file.path).exists()
    assert again.pk != row.pk
