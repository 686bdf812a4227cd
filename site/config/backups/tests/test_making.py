"""One backup: what is in it, what never is, and what happens when something goes wrong meanwhile."""

import fcntl
import os
import sqlite3
import stat
from collections import namedtuple
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from case_forms.submissions.models import Attachment
from config.backups import contents, making
from config.backups.archive import Manifest, Writer, read
from config.backups.making import CASE_KEYS, KEY_LINES, Made, NoBackup, make_backup
from config.health import BACKUP, BACKUP_FAILED
from notifications.outbox.models import Heartbeat
from vault import data_keys
from vault.data_keys import iter_lines

from .conftest import CANARY, FilledSystem

# Keys and passwords as they stand in the settings and the environment of a service.
SECRETS = {
    "SECRET_KEY": "canary-secret-key-0123456789",
    "VAULT_KEYS": "test1:dGVzdC12YXVsdC1rZXktb2YtMzItYnl0ZXMtdGVzdCE=",
    "AUDIT_KEYS": "test1:dGVzdC1jaGFpbi1rZXktb2YtMzItYnl0ZXMtdGVzdCE=",
    "FIELD_KEYS": "canary-field-key",
    "FIELD_KEYS_PIN": "canary-token-pin",
    "EMAIL_URL": "smtp+tls://canary-user:canary-mail-password@mail.vatra.example:587",
    "DATABASE_URL": "postgres://vatra:canary-database-password@host/vatra",
    "VAPID_PRIVATE_KEY": "dGVzdC12YXBpZC1rZXktb2YtMzItYnl0ZXMtdGVzdCE",
    "OUTSIDE_WATCH_URL": "https://watch.example/ping/canary-watch",
    "EMAIL_BOUNCE_HOOK_TOKEN": "canary-hook-token",
    "MEDIA_S3_KEY_ID": "canary-media-key",
    "MEDIA_S3_SECRET": "canary-media-secret",
    "BACKUP_HOOK": "rclone --password canary-hook-password",
}


def open_archive(system: FilledSystem, path: Path) -> tuple[Manifest, dict[str, bytes]]:
    found: dict[str, bytes] = {}

    def receive(name: str, file: BinaryIO) -> None:
        found[name] = file.read()

    with path.open("rb") as file:
        return read(file, [system.identity], receive), found


def get_archives(system: FilledSystem) -> list[Path]:
    return sorted(system.folder.glob("vatra-2*.age"))


def test_the_operators_identity_opens_everything_that_belongs_into_it(system: FilledSystem) -> None:
    made = make_backup(system.folder)
    manifest, members = open_archive(system, made.path)
    assert manifest.is_signed
    assert set(members) >= {contents.SETTINGS, "media/images/a.png"}
    assert [name for name in members if name.endswith(f"{system.attachment.pk}.sealed")]
    assert manifest.facts["counts"]["cases_case"] == 1
    assert manifest.gone == manifest.lost == []
    assert Attachment.objects.count() == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the other database's dump has a format of its own")
def test_the_copy_of_the_database_is_whole_and_in_one_file(system: FilledSystem, tmp_path: Path) -> None:
    _manifest, members = open_archive(system, make_backup(system.folder).path)
    path = tmp_path / "copy.sqlite3"
    path.write_bytes(members["database.sqlite3"])
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT COUNT(*) FROM cases_case").fetchone() == (1,)
    assert not list(tmp_path.glob("copy.sqlite3-*"))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a dump holds rows alone")
def test_what_was_deleted_is_not_in_the_free_pages_of_the_copy(system: FilledSystem) -> None:
    Heartbeat.objects.create(part="x", facts={"words": "canary-deleted" * 1000})
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
        cursor.execute("DELETE FROM outbox_heartbeat WHERE part = 'x'")
    _manifest, members = open_archive(system, make_backup(system.folder).path)
    assert b"canary-deleted" not in members["database.sqlite3"]


def test_no_key_no_password_and_no_answer_is_in_it(system: FilledSystem, settings: Any, monkeypatch: Any) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    keys = settings.DATA_DIR / "keys"
    keys.mkdir()
    (keys / "audit.keys").write_text("c1:canary-key-in-a-file")
    (settings.DATA_DIR / "run").mkdir(exist_ok=True)
    (settings.DATA_DIR / "run" / "local.json").write_text("canary-of-the-run-folder")
    manifest, members = open_archive(system, make_backup(system.folder).path)
    everything = b"\n".join([*members.values(), *(name.encode() for name in manifest.members)])
    case_key = (settings.VAULT_CASE_KEY_DIR / system.case.pk.hex[:2] / system.case.pk.hex).read_bytes()
    for secret in [*SECRETS.values(), settings.SECRET_KEY, CANARY, "canary"]:
        for part in secret.split(":"):
            if len(part) > 6 and not part.startswith("//") and part != "postgres":
                assert part.encode() not in everything, part
    assert case_key not in everything
    assert not [name for name in manifest.members if "case_keys" in name or name.startswith(("keys", "run"))]


def test_files_are_the_services_alone_and_nothing_unfinished_stays(system: FilledSystem, settings: Any) -> None:
    made = make_backup(system.folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in system.folder.iterdir()} == {0o600}
    assert sorted(path.name for path in system.folder.iterdir()) == sorted(
        [made.path.name, f"{made.path.name}.sha256", CASE_KEYS]
    )
    assert not list(settings.DATA_DIR.glob("backup-*"))


def test_the_sum_beside_it_is_what_sha256sum_takes(system: FilledSystem) -> None:
    import hashlib

    path = make_backup(system.folder).path
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_name(f"{path.name}.sha256").read_text() == f"{digest}  {path.name}\n"


def test_a_file_that_is_deleted_meanwhile_is_noted(system: FilledSystem, monkeypatch: Any) -> None:
    add = Writer.add_bytes

    def delete_first(self: Writer, name: str, content: bytes) -> None:
        if name == contents.SETTINGS:
            Attachment.objects.all().delete()
        add(self, name, content)

    monkeypatch.setattr(Writer, "add_bytes", delete_first)
    key = str(system.attachment.pk)
    made = make_backup(system.folder)
    assert (made.manifest.gone, made.manifest.lost) == ([key], [])


def test_a_file_that_is_added_meanwhile_harms_nothing(system: FilledSystem, monkeypatch: Any) -> None:
    add = Writer.add_bytes

    def attach_first(self: Writer, name: str, content: bytes) -> None:
        if name == contents.SETTINGS:
            system.attach()
        add(self, name, content)

    monkeypatch.setattr(Writer, "add_bytes", attach_first)
    made = make_backup(system.folder)
    assert made.manifest.gone == made.manifest.lost == []


def test_a_file_that_is_lost_is_an_alarm_and_the_rest_is_saved(system: FilledSystem, settings: Any) -> None:
    for path in settings.ATTACHMENT_DIR.rglob("*.sealed"):
        path.unlink()
    with pytest.raises(CommandError, match="1 attached files are gone from the disk"):
        call_command("backup", stdout=StringIO())
    assert len(get_archives(system)) == 1
    assert Heartbeat.objects.get(part=BACKUP_FAILED).facts == {"code": "files_lost"}


def test_case_keys_are_stored_once_and_a_destroyed_one_leaves_with_the_next(system: FilledSystem) -> None:
    make_backup(system.folder)
    _manifest, members = open_archive(system, system.folder / CASE_KEYS)
    assert members[KEY_LINES].decode().startswith(f"{system.case.pk.hex} ")
    old = (system.folder / CASE_KEYS).open("rb")
    data_keys.destroy(system.case.pk)
    make_backup(system.folder, now=timezone.now() + timedelta(minutes=1))
    _manifest, members = open_archive(system, system.folder / CASE_KEYS)
    assert members[KEY_LINES].decode() == f"{system.case.pk.hex}\n"
    with old:
        assert not old.read(15).startswith(b"age-encryption"), "what was there before is overwritten"


def test_keys_come_back_and_destroyed_ones_do_not(system: FilledSystem, settings: Any, tmp_path: Path) -> None:
    lines = list(iter_lines())
    settings.VAULT_CASE_KEY_DIR = tmp_path / "elsewhere"
    assert data_keys.put_back(lines) == (1, 0)
    assert data_keys.has_key(system.case.pk)
    assert data_keys.put_back([*lines, system.case.pk.hex]) == (1, 1)
    assert data_keys.put_back(lines) == (0, 0)
    assert data_keys.is_destroyed(system.case.pk)


Usage = namedtuple("Usage", "total used free")


def test_without_room_nothing_is_written(system: FilledSystem, monkeypatch: Any) -> None:
    monkeypatch.setattr(making.shutil, "disk_usage", lambda _path: Usage(100, 90, 10))
    with pytest.raises(CommandError, match="MB free and"):
        call_command("backup", stdout=StringIO())
    assert not list(system.folder.iterdir())
    assert Heartbeat.objects.get(part=BACKUP_FAILED).facts == {"code": "disk_full"}


def test_a_disk_that_fills_up_meanwhile_leaves_the_earlier_ones(system: FilledSystem, monkeypatch: Any) -> None:
    first = make_backup(system.folder).path

    def fill(self: Writer, name: str, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Writer, "add_file", fill)
    with pytest.raises(NoBackup, match="No space left"):
        make_backup(system.folder, now=timezone.now() + timedelta(minutes=1))
    assert get_archives(system) == [first]
    assert not list(system.folder.glob("*.unfinished"))


def test_what_cannot_be_read_back_never_gets_a_name(system: FilledSystem, monkeypatch: Any) -> None:
    def spoil(path: Path, _identity: Any) -> None:
        with path.open("r+b") as file:
            file.seek(-100, os.SEEK_END)
            file.write(b"x" * 50)
        compare(path, _identity)

    compare = making.read_back
    monkeypatch.setattr(making, "read_back", spoil)
    with pytest.raises(NoBackup, match="can't be read back"):
        make_backup(system.folder)
    assert not list(system.folder.iterdir())


def test_two_at_once_are_one(system: FilledSystem, settings: Any) -> None:
    lock = settings.DATA_DIR / "run" / "backup.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(NoBackup, match="Another backup is running"):
            make_backup(system.folder)
    assert make_backup(system.folder).path.exists()


def test_what_a_killed_one_left_is_removed(system: FilledSystem, settings: Any) -> None:
    system.folder.mkdir()
    (system.folder / "vatra-20260101T000000Z.tar.age.unfinished").write_text("half")
    (settings.DATA_DIR / "backup-dead").mkdir()
    (settings.DATA_DIR / "backup-dead" / "database.sqlite3").write_text("half")
    make_backup(system.folder)
    assert not list(system.folder.glob("*.unfinished"))
    assert not list(settings.DATA_DIR.glob("backup-*"))


@pytest.mark.parametrize(("recipients", "code"), [([], "no_recipient"), (["age1nothing"], "bad_recipient")])
def test_without_a_recipient_there_is_none(
    system: FilledSystem, settings: Any, recipients: list[str], code: str
) -> None:
    settings.BACKUP_RECIPIENTS = recipients
    with pytest.raises(CommandError, match="BACKUP_RECIPIENTS"):
        call_command("backup", stdout=StringIO())
    assert Heartbeat.objects.get(part=BACKUP_FAILED).facts == {"code": code}


def test_without_a_folder_there_is_none(system: FilledSystem, settings: Any) -> None:
    settings.BACKUP_DIR = ""
    with pytest.raises(CommandError, match="BACKUP_DIR is empty"):
        call_command("backup", stdout=StringIO())


def test_one_that_succeeds_is_noted_and_ends_the_alarm(system: FilledSystem) -> None:
    Heartbeat.beat(BACKUP_FAILED, {"code": "x"})
    out = StringIO()
    call_command("backup", stdout=out)
    assert "read back whole; head " in out.getvalue()
    assert Heartbeat.objects.get(part=BACKUP).facts["files"] >= 3
    assert not Heartbeat.objects.filter(part=BACKUP_FAILED).exists()


def run_with_hook(system: FilledSystem, settings: Any, script: str) -> Made:
    hook = system.root / "hook"
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o700)
    settings.BACKUP_HOOK = f"{hook} --option 'two words'"
    return make_backup(system.folder)


def test_the_hook_gets_the_folder_and_none_of_the_services_keys(
    system: FilledSystem, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("VAULT_KEYS", "canary")
    made = run_with_hook(system, settings, f'printf "%s|" "$@" > {system.root}/said; env >> {system.root}/said')
    said = (system.root / "said").read_text()
    assert made.hook == ""
    assert said.startswith(f"--option|two words|{system.folder}|")
    assert "canary" not in said


def test_a_hook_that_fails_is_an_alarm_and_the_archive_stays(system: FilledSystem, settings: Any) -> None:
    assert run_with_hook(system, settings, "exit 3").hook == "exit code 3"
    settings.BACKUP_HOOK = "/no/such/program"
    with pytest.raises(CommandError, match="BACKUP_HOOK failed"):
        call_command("backup", to=system.root / "second", stdout=StringIO())
    assert list((system.root / "second").glob("vatra-2*.age"))
    assert Heartbeat.objects.get(part=BACKUP_FAILED).facts == {"code": "hook"}


if connection.vendor == "postgresql":

    def test_without_its_client_postgresql_says_what_to_install(system: FilledSystem, monkeypatch: Any) -> None:
        from config.backups import database

        monkeypatch.setattr(database.shutil, "which", lambda _program: None)
        with pytest.raises(CommandError, match="postgresql-client"):
            call_command("backup", stdout=StringIO())
