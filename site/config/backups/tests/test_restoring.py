"""A backup is put in place elsewhere, by a process of its own, and what was forgotten since stays forgotten."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pyrage.x25519 import Identity

from access.models import FieldToken
from case_forms.submissions.case_purge import forget_case
from case_forms.tips import voices
from case_forms.tips.tests.scene import make_tip_scene
from case_forms.tips.wav import Recording
from config.backups import restoring
from config.backups.archive import Writer
from config.backups.making import CASE_KEYS, make_backup
from config.backups.proof import build_url
from config.health import BACKUP_PROOF
from notifications.outbox.models import Heartbeat, Notice
from vault import data_keys

from .conftest import CANARY, FilledSystem

ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="looks into the restored file")


@pytest.fixture
def database() -> Iterator[dict[str, Any]]:
    """The options that name an empty database, where one is needed."""
    if connection.vendor == "sqlite":
        yield {}
        return
    name = "vatra_restored_for_a_test"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    yield {"database": build_url(connection.settings_dict, name)}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def restore(system: FilledSystem, path: Path, into: Path, **options: Any) -> str:
    out = StringIO()
    call_command("restore", path, into=into, identity=str(system.identity_file), stdout=out, **options)
    return out.getvalue()


def read_one(into: Path, sql: str) -> Any:
    with closing(sqlite3.connect(into / "vatra.sqlite3")) as copy:
        return copy.execute(sql).fetchone()[0]


def test_it_can_be_tried_and_leaves_nothing(system: FilledSystem, database: dict[str, Any]) -> None:
    made, into = make_backup(system.folder), system.root / "empty"
    said = restore(system, made.path, into, check=True, **database)
    for line in ("ok   counts:", "ok   schema:", "ok   chain: the record is whole", "1 attached files open"):
        assert line in said
    number, _colon, digest = made.manifest.facts["head"].partition(":")
    assert f"head {number}:{digest[:16]}" in said
    assert "all 1 keys of cases are there" in said
    assert not into.exists()


def test_voice_messages_come_along_and_one_that_is_lost_is_named(
    system: FilledSystem, database: dict[str, Any]
) -> None:
    tip = make_tip_scene().receive().tip
    with voices.write_voice(Recording(rate=8000, samples=b"\0\0" * 8000), now=timezone.now()) as voice:
        assert voice is not None
        voice.tip = tip
        voice.save(force_insert=True)
    made, into = make_backup(system.folder), system.root / "empty"
    assert f"voices/{voice.pk.hex[:2]}/{voice.pk}.sealed" in made.manifest.members
    assert "1 voice messages open" in restore(system, made.path, into, check=True, **database)
    voices.remove_content(voice.pk)
    made = make_backup(system.folder, now=timezone.now() + timedelta(minutes=1))
    assert made.manifest.lost == [str(voice.pk)]


def test_the_service_proves_its_own_backup_and_notes_it(system: FilledSystem) -> None:
    settings.AUDIT_WATCH_FILE.parent.mkdir(parents=True)
    settings.AUDIT_WATCH_FILE.write_text("noted")
    out = StringIO()
    call_command("backup", prove=True, stdout=out)
    assert "FAIL" not in out.getvalue()
    assert settings.AUDIT_WATCH_FILE.read_text() == "noted", "the place has notes of its own"
    assert data_keys.has_key(system.case.pk)
    assert not list(settings.DATA_DIR.glob("backup-*"))
    assert "1 archives are as they were written" in out.getvalue()
    assert Heartbeat.objects.get(part=BACKUP_PROOF).facts["error"] == ""
    archive = next(system.folder.glob("vatra-2*.age"))
    *stored, last = archive.read_bytes()
    archive.write_bytes(bytes([*stored, last ^ 1]))
    with pytest.raises(CommandError, match="isn't well"):
        call_command("backup", prove=True, stdout=StringIO())
    assert Heartbeat.objects.get(part=BACKUP_PROOF).facts["error"] == "sums"


@ON_SQLITE
def test_it_comes_back_without_what_was_ended_since_and_says_what_is_not_in_it(
    system: FilledSystem, client: Any
) -> None:
    """One restore, looked at from all sides: forgotten cases, sessions, tokens, notices, files."""
    client.force_login(system.scene.worker)
    FieldToken.issue(system.scene.worker, days=30, scope="all")
    living = system.scene.send(age_stated=16).submission.case
    assert living is not None
    made, into = make_backup(system.folder), system.root / "elsewhere"
    known = Notice.objects.filter(case_id=living.pk).first()
    assert known is not None
    forget_case(system.case.pk, timezone.localdate(), again=True)
    make_backup(system.folder, now=timezone.now() + timedelta(minutes=1))
    for name in ("run", "log", "keys"):
        (into / name).mkdir(parents=True)
    said = restore(system, made.path, into, mail_log=write_mail_log(system, known))

    assert "and 1 destroyed ones" in said
    assert "settled: 1 cases forgotten again, 1 sessions and 1 tokens ended" in said
    assert read_one(into, "SELECT COUNT(*) FROM cases_case") == 2
    assert read_one(into, "SELECT COUNT(*) FROM cases_case WHERE forgotten_at IS NOT NULL") == 1
    assert not list((into / "case_keys").rglob(system.case.pk.hex))
    assert list((into / "case_keys").rglob(living.pk.hex))
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in into.rglob("*") if path.is_file())

    assert read_one(into, "SELECT COUNT(*) FROM django_session") == 0
    assert read_one(into, "SELECT COUNT(*) FROM access_fieldtoken WHERE revoked_at IS NULL") == 0
    assert read_one(into, "SELECT MIN(session_epoch) FROM access_user") >= 1_000_000
    restored = "SELECT COUNT(*) FROM audit_auditentry WHERE action IN ('backup.restored', 'audit.restored')"
    assert read_one(into, restored) == 2

    assert (into / "media" / "images" / "a.png").read_bytes() == b"picture"
    assert (into / "vatra.sqlite3").stat().st_mode & 0o777 == 0o600
    assert "Not in it: whatever was entered after" in said
    assert "1 notices went out, and the database doesn't know them" in said
    assert GONE in said
    assert "1 notices went out, and will be sent again" in said


GONE = "0a0a0a0a-1111-4222-8333-444444444444"


def write_mail_log(system: FilledSystem, known: Notice) -> Path:
    domain, path = settings.MESSAGE_ID_DOMAIN, system.root / "mail.log"
    lines = [
        f"2026-11-28T02:40:00.1+01:00 mx postfix/cleanup[9]: A1: message-id=<{GONE}@{domain}>",
        f"2026-11-28T02:41:00.1+01:00 mx postfix/cleanup[9]: A2: message-id=<{known.pk}.2@{domain}>",
        "2026-11-28T02:42:00.1+01:00 mx postfix/cleanup[9]: A3: message-id=<x@elsewhere.example>",
        f"broken \udcff line <{GONE}@other.example>",
    ]
    path.write_text("\n".join(lines), errors="surrogateescape")
    return path


@ON_SQLITE
def test_a_record_that_was_changed_in_the_archive_is_named(system: FilledSystem, monkeypatch: Any) -> None:
    """By somebody who holds all keys of the backup and not the service's: else the signature says so before."""
    add = Writer.add_file

    def change_first(self: Writer, name: str, path: Path) -> None:
        if name == "database.sqlite3":
            with closing(sqlite3.connect(path)) as copy, copy:
                for (trigger,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    copy.execute(f'DROP TRIGGER "{trigger}"')
                copy.execute("UPDATE audit_auditentry SET action = 'x' WHERE number = 1")
                copy.execute("DELETE FROM access_fieldtoken")
        add(self, name, path)

    monkeypatch.setattr(Writer, "add_file", change_first)
    made = make_backup(system.folder)
    with pytest.raises(CommandError, match="isn't well: chain"):
        restore(system, made.path, system.root / "elsewhere", check=True)


def test_a_place_that_is_not_empty_is_left_alone(system: FilledSystem, settings: Any) -> None:
    made = make_backup(system.folder)
    before = sorted(settings.DATA_DIR.rglob("*"))
    with pytest.raises(CommandError, match="isn't empty"):
        restore(system, made.path, settings.DATA_DIR)
    assert sorted(settings.DATA_DIR.rglob("*")) == before
    with pytest.raises(CommandError, match="is no folder"):
        restore(system, made.path, system.identity_file)


def test_another_identity_or_a_damaged_archive_leaves_the_place_empty(
    system: FilledSystem, database: dict[str, Any]
) -> None:
    made, into = make_backup(system.folder), system.root / "elsewhere"
    into.mkdir()
    other = system.root / "other"
    other.write_text(str(Identity.generate()))
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", made.path, into=into, identity=str(other), stdout=StringIO(), **database)
    cut = system.root / "cut.age"
    cut.write_bytes(made.path.read_bytes()[:-1000])
    with pytest.raises(CommandError, match="Nothing was changed"):
        restore(system, cut, into, **database)
    assert not list(into.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"AGE-SECRET-KEY-1NO", b"\xff\xfe"])
def test_an_identity_that_is_none_is_said(system: FilledSystem, content: bytes | None) -> None:
    path = system.root / "odd"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        call_command("restore", system.root / "x", into=system.root / "y", identity=str(path), stdout=StringIO())
    assert "1NO" not in str(caught.value)


def test_the_database_of_the_settings_is_named_by_a_word(
    system: FilledSystem, database: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, into = make_backup(system.folder), system.root / "empty"
    monkeypatch.setenv("DATABASE_URL", "sqlite:///elsewhere")
    with pytest.raises(CommandError, match="names no database of PostgreSQL"):
        restore(system, made.path, into, check=True, database="DATABASE_URL")
    assert not into.exists()
    if database:
        monkeypatch.setenv("DATABASE_URL", database["database"])
        assert "ok   counts:" in restore(system, made.path, into, check=True, database="DATABASE_URL")


@ON_SQLITE
def test_what_another_service_signed_is_refused(system: FilledSystem, settings: Any) -> None:
    made, into = make_backup(system.folder), system.root / "elsewhere"
    settings.AUDIT_KEYS = ["other2:b3RoZXItY2hhaW4ta2V5LW9mLTMyLWJ5dGVzLXRlc3Q="]
    with pytest.raises(CommandError, match="isn't signed with a key that is here"):
        restore(system, made.path, into, check=True)
    assert not into.exists()
    with pytest.raises(CommandError, match="no such file"):
        restore(system, made.path, into, mail_log=system.root / "no.log")


def test_a_newer_release_is_named(system: FilledSystem, monkeypatch: Any) -> None:
    made, into = make_backup(system.folder), system.root / "elsewhere"
    known = restoring.get_known_migrations()
    newest = next(each for each in made.manifest.facts["migrations"] if each.startswith("cases."))
    monkeypatch.setattr(restoring, "get_known_migrations", lambda: known - {newest})
    with pytest.raises(CommandError, match=f"newer release.*{newest}"):
        restore(system, made.path, into)
    assert not into.exists()


def test_case_keys_are_no_backup_and_a_backup_is_no_case_keys(system: FilledSystem, database: dict[str, Any]) -> None:
    made, into = make_backup(system.folder), system.root / "elsewhere"
    with pytest.raises(CommandError, match="holds case_keys"):
        restore(system, system.folder / CASE_KEYS, into, **database)
    if connection.vendor == "sqlite":
        with pytest.raises(CommandError, match="holds backup"):
            restore(system, made.path, into, case_keys=made.path, check=True)
    assert not into.exists()


@ON_SQLITE
def test_without_the_case_keys_it_says_what_cannot_be_read(system: FilledSystem) -> None:
    made = make_backup(system.folder)
    (system.folder / CASE_KEYS).unlink()
    said = restore(system, made.path, system.root / "elsewhere", check=True)
    assert "no case can be read" in said
    assert "1 are under keys that aren't here" in said


@ON_SQLITE
def test_an_older_file_of_case_keys_is_noticed(system: FilledSystem) -> None:
    make_backup(system.folder)
    old = (system.folder / CASE_KEYS).read_bytes()
    second = system.scene.send(age_stated=16).submission.case
    assert second is not None
    made = make_backup(system.folder, now=timezone.now() + timedelta(minutes=1))
    (system.folder / CASE_KEYS).write_bytes(old)
    with pytest.raises(CommandError, match="isn't well: keys"):
        restore(system, made.path, system.root / "elsewhere", check=True)
