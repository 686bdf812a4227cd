"""Media in a bucket are in each archive, and come back into the bucket that the settings name."""

import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from config.backups import contents
from config.backups.elsewhere.tests.bucket import NIGHT, Shelf
from config.backups.making import make_backup
from config.backups.point_in_time.files import Files
from config.health import BACKUP_FAILED
from content.media_storage import bucket as bucket_module
from notifications.outbox.models import Heartbeat
from tests.world.media_bucket import media_in_bucket

from .conftest import FilledSystem
from .test_making import open_archive
from .test_restoring import ON_SQLITE, restore

PICTURE, FILM = b"picture in the bucket", b"film" * 500_000


@pytest.fixture
def shelf(system: FilledSystem, settings: Any, monkeypatch: Any) -> Iterator[Shelf]:
    monkeypatch.setattr(bucket_module, "PAUSE_SECONDS", 0.1)
    with media_in_bucket() as found:
        found.objects |= {"site/images/b.png": PICTURE, "site/documents/film.mp4": FILM}
        yield found


def test_an_archive_holds_what_lies_in_the_bucket_and_not_what_is_left_in_the_folder(
    system: FilledSystem, shelf: Shelf
) -> None:
    _manifest, members = open_archive(system, make_backup(system.folder).path)
    assert {name: body for name, body in members.items() if name.startswith("media/")} == {
        "media/images/b.png": PICTURE,
        "media/documents/film.mp4": FILM,
    }


def test_what_no_backup_writes_is_left_out_of_the_archive(system: FilledSystem, shelf: Shelf) -> None:
    shelf.objects |= {"site/../x": b"x", "site//etc/passwd": b"x", "site/a/../../x": b"x"}
    _manifest, members = open_archive(system, make_backup(system.folder).path)
    assert len([name for name in members if name.startswith("media/")]) == 2


@pytest.mark.parametrize("fault", [{"status": 503}, {"breaks_off": 1000}])
def test_while_the_bucket_is_away_everything_else_is_in_the_archive_and_operators_hear_of_it(
    system: FilledSystem, shelf: Shelf, fault: dict[str, Any]
) -> None:
    for name, value in fault.items():
        setattr(shelf, name, value)
    with pytest.raises(CommandError, match="The media bucket was away"):
        call_command("backup", stdout=StringIO())
    (path,) = system.folder.glob("vatra-2*.age")
    manifest, members = open_archive(system, path)
    assert manifest.facts["media_away"]
    assert [name for name in members if name.endswith(f"{system.attachment.pk}.sealed")]
    assert "media/documents/film.mp4" not in members
    assert Heartbeat.objects.get(part=BACKUP_FAILED).facts["code"] == "media_away"
    shelf.status = shelf.breaks_off = 0
    time.sleep(0.15)
    call_command("backup", stdout=StringIO(), to=system.root / "second")
    assert not Heartbeat.objects.filter(part=BACKUP_FAILED).exists()


@ON_SQLITE
def test_a_restore_puts_them_into_the_bucket_and_a_trial_puts_nothing_there(system: FilledSystem, shelf: Shelf) -> None:
    made, before = make_backup(system.folder), dict(shelf.objects)
    shelf.objects.clear()
    assert "ok   media" in restore(system, made.path, system.root / "trial", check=True)
    assert shelf.objects == {}
    said = restore(system, made.path, system.root / "elsewhere")
    assert shelf.objects == before
    assert "Pictures and documents are in the bucket" in said


@ON_SQLITE
def test_a_restore_while_the_bucket_is_away_is_whole_and_says_what_is_left_to_do(
    system: FilledSystem, shelf: Shelf
) -> None:
    made, into = make_backup(system.folder), system.root / "elsewhere"
    shelf.status = 503
    with pytest.raises(CommandError, match=r"vatra manage media to-bucket --folder .*/elsewhere/media"):
        restore(system, made.path, into)
    assert (into / "media" / "documents" / "film.mp4").read_bytes() == FILM
    assert (into / "vatra.sqlite3").exists()


@ON_SQLITE
def test_without_a_bucket_they_come_back_into_the_folder(system: FilledSystem, shelf: Shelf) -> None:
    made, into = make_backup(system.folder), system.root / "elsewhere"
    with override_settings(MEDIA_BUCKET_URL=""):
        restore(system, made.path, into)
    assert (into / "media" / "images" / "b.png").read_bytes() == PICTURE


@ON_SQLITE
def test_a_trial_right_after_the_backup_leaves_the_bucket_as_it_is(system: FilledSystem, shelf: Shelf) -> None:
    before = dict(shelf.objects)
    shelf.asked.clear()
    call_command("backup", prove=True, stdout=StringIO())
    assert shelf.objects == before
    assert {method for method, _path in shelf.asked} <= {"GET", "HEAD"}


def find(files: Files) -> tuple[set[str], list[str]]:
    changed, gone = files.find()
    files.confirm()
    return {each.name for each in changed if each.name.startswith(contents.MEDIA)}, gone


def test_for_a_moment_only_what_has_changed_is_read_and_none_is_gone_while_it_is_away(shelf: Shelf) -> None:
    files = Files()
    assert find(files)[0] == {"media/images/b.png", "media/documents/film.mp4"}
    assert find(files) == (set(), [])
    shelf.status = 503
    for _turn in range(3):
        assert find(files) == (set(), [])
    shelf.status = 0
    shelf.times["site/images/b.png"] = NIGHT + timedelta(seconds=1)
    del shelf.objects["site/documents/film.mp4"]
    time.sleep(0.15)
    assert find(files) == ({"media/images/b.png"}, [])
    assert find(files) == (set(), ["media/documents/film.mp4"])


def test_what_could_not_be_read_is_read_the_next_time(shelf: Shelf) -> None:
    files = Files()
    for source in files.find()[0]:
        if source.name.startswith(contents.MEDIA):
            files.put_off(source.name)
    files.confirm()
    assert len(find(files)[0]) == 2


def test_the_size_of_an_archive_is_looked_for_with_and_without_the_bucket(system: FilledSystem, shelf: Shelf) -> None:
    with_all = contents.count_bytes()
    assert with_all > len(FILM)
    shelf.status = 503
    assert contents.count_bytes() < len(FILM)


def test_the_settings_in_an_archive_name_the_bucket_and_not_its_key(monkeypatch: Any) -> None:
    for name in ("MEDIA_BUCKET_URL", "MEDIA_S3_KEY_ID", "MEDIA_S3_SECRET"):
        monkeypatch.setenv(name, f"value of {name}")
    assert b"value of MEDIA_BUCKET_URL" in contents.write_settings()
    assert b"MEDIA_S3_SECRET" not in contents.write_settings()
    assert b"MEDIA_S3_KEY_ID" not in contents.write_settings()
