"""What lies on the disk: rotated, tidied, deleted with its row."""

import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from case_forms.submissions.housekeeping import tidy
from case_forms.submissions.models import Attachment, Draft
from sanitizer.file_types import FileRefused
from sanitizer.tests import samples
from tests.world.scene import World
from vault.rotation import rotate

from ..actions import (
    forget_attachments,
    make_room,
    store_attachment,
    tidy_attachments,
    tidy_name,
)
from ..storage import ContentLost, get_content
from .conftest import files_on_disk

pytestmark = pytest.mark.django_db
NEW = "new2:bmV3LXZhdWx0LWtleS1vZi0zMi1ieXRlcy1uZXchISE="


def store(world: World, content: bytes | None = None, **more: Any) -> Attachment:
    return store_attachment(
        content=content or samples.png(), name="Kanarina.png", owner=world.worker, unit=world.unit, **more
    )


def a_draft(world: World) -> Draft:
    return Draft.objects.create(form_version=world.version, unit=world.unit, owner=world.worker, section="person")


def age(path: Path, by: timedelta) -> None:
    then = (timezone.now() - by).timestamp()
    os.utime(path, (then, then))


def test_name_and_key_are_sealed_in_the_database(world: World) -> None:
    kept = store(world)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, content_key, fingerprint FROM intake_attachment")
        name, key, fingerprint = cursor.fetchone()
    assert "Kanarina" not in name
    assert key.startswith("v2.test1.")
    assert fingerprint.startswith("test1.2:")
    assert kept.name == "Kanarina.png"


@pytest.mark.usefixtures("own_data_keys")
def test_rotation_seals_the_key_anew_and_leaves_the_file_alone(world: World, folder: Path, settings: Any) -> None:
    kept = store(world)
    (path,) = files_on_disk(folder)
    before, plain = path.read_bytes(), get_content(kept)
    settings.VAULT_KEYS = [NEW, *settings.VAULT_KEYS]
    assert rotate()["intake.Attachment"] == 1
    settings.VAULT_KEYS = [NEW]
    again = Attachment.objects.get()
    assert get_content(again) == plain
    assert path.read_bytes() == before


def test_a_file_put_in_another_ones_place_does_not_open(world: World, folder: Path) -> None:
    one, other = store(world), store(world, samples.jpeg())
    paths = {path.stem: path for path in files_on_disk(folder)}
    paths[str(one.pk)].write_bytes(paths[str(other.pk)].read_bytes())
    with pytest.raises(ContentLost):
        get_content(one)


def test_nothing_stays_on_the_disk_when_the_row_can_not_be_written(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise IntegrityError("no")

    monkeypatch.setattr(Attachment, "save", fail)
    with pytest.raises(IntegrityError):
        store(world)
    assert files_on_disk(folder) == []


def test_a_draft_that_was_sent_meanwhile_takes_nothing(world: World, folder: Path) -> None:
    draft = a_draft(world)
    Draft.objects.filter(pk=draft.pk).update(submitted_at=timezone.now())
    with pytest.raises(FileRefused) as refused:
        store(world, draft=draft)
    assert refused.value.code == "sent"
    assert files_on_disk(folder) == []


def test_an_attachment_is_of_a_draft_or_of_a_submission(world: World) -> None:
    kept = store(world, draft=a_draft(world))
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.filter(pk=kept.pk).update(submission_id=uuid.uuid4())


def test_forgetting_spares_what_was_sent(world: World) -> None:
    store(world)
    assert forget_attachments(Attachment.objects.filter(submission__isnull=False)) == 0
    assert forget_attachments(Attachment.objects.all()) == 1


def test_what_no_submission_names_in_time_is_tidied_away(world: World, settings: Any) -> None:
    old, young, drafts = store(world), store(world), store(world, draft=a_draft(world))
    long_ago = timezone.now() - timedelta(hours=settings.ATTACHMENT_UNCLAIMED_HOURS, minutes=1)
    Attachment.objects.filter(pk__in=[old.pk, drafts.pk]).update(uploaded_at=long_ago)
    assert tidy_attachments(timezone.now()) == (1, 0)
    assert set(Attachment.objects.all()) == {young, drafts}


def test_files_without_a_row_are_tidied_away_after_an_hour(world: World, folder: Path) -> None:
    kept = store(world)
    strays = [folder / "ab" / f"{uuid.uuid4()}.sealed", folder / "ab" / "half.unfinished", folder / "ab" / "x.sealed"]
    for stray in strays:
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"x")
    assert tidy_attachments(timezone.now()) == (0, 0)
    for path in files_on_disk(folder):
        age(path, timedelta(hours=2))
    assert tidy_attachments(timezone.now()) == (0, 3)
    assert [path.stem for path in files_on_disk(folder)] == [str(kept.pk)]


def test_a_restored_backup_is_checked_file_by_file(world: World, folder: Path, capsys: Any) -> None:
    store(world)
    call_command("check_attachments")
    assert capsys.readouterr().out == "1 files open, 0 lost\n"
    lost = store(world, samples.jpeg())
    (folder / lost.pk.hex[:2] / f"{lost.pk}.sealed").unlink()
    with pytest.raises(CommandError, match="restore"):
        call_command("check_attachments")
    told = capsys.readouterr()
    assert told.out == "1 files open, 1 lost\n"
    assert str(lost.pk) in told.err


def test_housekeeping_tidies_attachments_too(world: World, settings: Any) -> None:
    kept = store(world)
    Attachment.objects.filter(pk=kept.pk).update(uploaded_at=timezone.now() - timedelta(days=9))
    tidy()
    assert not Attachment.objects.exists()


def test_tidying_before_anything_was_put_in_finds_nothing(folder: Path, db: Any) -> None:
    assert tidy_attachments(timezone.now()) == (0, 0)


def test_what_was_put_in_and_never_named_makes_room(world: World) -> None:
    draft = a_draft(world)
    named, unnamed, young = (
        store(world, content, draft=draft) for content in (samples.png(), samples.jpeg(), samples.pdf())
    )
    Attachment.objects.exclude(pk=young.pk).update(uploaded_at=timezone.now() - timedelta(hours=2))
    make_room(draft, {named.pk})
    assert set(draft.attachments.all()) == {named, young}
    assert unnamed.pk not in set(draft.attachments.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("photo.HEIC", "photo.jpg"),
        ("C:\\Users\\Ana\\photo.png", "photo.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("", "file.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "aSet-Cookie x.jpg"),
        ("gpj.\u202eexe", "gpj.jpg"),
        ("x" * 300 + ".jpg", "x" * 120 + ".jpg"),
    ],
)
def test_a_name_loses_its_folders_and_what_misleads(name: str, kept: str) -> None:
    assert tidy_name(name, "image/jpeg") == kept
