"""A moment is put into an empty place: what was there then is there, what came later isn't, and everything opens."""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import ChainHead
from case_forms.submissions.attachments.storage import remove_content
from case_forms.submissions.models import Attachment
from config.backups.archive import Manifest
from config.backups.database import connect_arguments
from config.backups.making import CASE_KEYS
from config.backups.point_in_time import FOLDER, names
from config.backups.proof import build_url
from config.backups.restoring import get_sqlite_url, run_in_place
from config.backups.tests.conftest import FilledSystem
from config.health import POINT_IN_TIME, describe_point_in_time
from notifications.outbox.models import Heartbeat

from .conftest import Kept


def settle_time() -> datetime:
    """Return a moment between what was just done and what comes: names say whole seconds."""
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    return moment


@contextmanager
def empty_database() -> Iterator[str | None]:
    """The URL of one on the cluster of the tests; None on SQLite."""
    if connection.vendor == "sqlite":
        yield None
        return
    name, own = f"moment_{secrets.token_hex(4)}", connection.settings_dict
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield build_url(own, name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def restore(system: FilledSystem, at: datetime, database: str | None, capsys: Any, *more: str, source: str = "") -> str:
    into = system.root / "elsewhere"
    words = [source or str(system.folder), f"--at={at.isoformat()}", f"--into={into}"]
    words += [f"--identity={system.identity_file}", *([f"--database={database}"] if database else []), *more]
    call_command("restore", *words)
    return str(capsys.readouterr().out)


def look(system: FilledSystem, database: str | None) -> list[dict[str, Any]]:
    into = system.root / "elsewhere"
    manifest = Manifest("backup", "", facts={"head": ""})
    found = run_in_place(into, database or get_sqlite_url(into), "check", "--with-case-keys", manifest=manifest)
    return list(found["findings"])


def test_what_was_attached_before_the_moment_is_there_and_what_came_later_is_not(
    system: FilledSystem, kept: Kept, capsys: Any
) -> None:
    kept.journal.begin()
    first = system.attach()
    kept.catch_up()
    kept.journal.go_on()
    moment = settle_time()
    second = system.attach()
    kept.catch_up()
    kept.journal.go_on()
    with empty_database() as database:
        said = restore(system, moment, database, capsys)
        assert "FAIL" not in said
        assert "ok   attachments" in said
        assert all(each["ok"] for each in look(system, database))
        folder = system.root / "elsewhere" / "attachments"
        assert list(folder.rglob(f"{first.pk}.sealed"))
        if connection.vendor == "sqlite":
            assert not list(folder.rglob(f"{second.pk}.sealed"))
        assert count(system, database, first, second) == 1


def test_the_record_ends_as_it_did_at_the_moment(system: FilledSystem, kept: Kept, capsys: Any) -> None:
    kept.journal.begin()
    head = ChainHead.objects.get().number
    moment = settle_time()
    system.scene.send(age_stated=16, story="Told later.")
    kept.catch_up()
    kept.journal.go_on()
    assert ChainHead.objects.get().number > head
    with empty_database() as database:
        said = restore(system, moment, database, capsys)
        assert "FAIL" not in said
        # What settling adds comes after it.
        assert 0 < read_head(system, database) - head < 8


def test_a_case_that_was_opened_after_the_base_can_be_read(system: FilledSystem, kept: Kept, capsys: Any) -> None:
    kept.journal.begin()
    system.scene.send(age_stated=16, story="Told later.")
    kept.catch_up()
    kept.journal.go_on()
    with empty_database() as database:
        said = restore(system, settle_time(), database, capsys)
    assert "FAIL" not in said
    assert "all 2 keys of cases are there" in said


def test_a_file_that_was_deleted_before_the_moment_does_not_come_back(
    system: FilledSystem, kept: Kept, capsys: Any
) -> None:
    extra = system.attach()
    kept.catch_up()
    kept.journal.begin()
    Attachment.objects.filter(pk=extra.pk).delete()
    remove_content(extra.pk)
    for _turn in range(2):
        kept.catch_up()
        kept.journal.go_on()
    with empty_database() as database:
        said = restore(system, settle_time(), database, capsys)
    assert "FAIL" not in said
    assert not list((system.root / "elsewhere").rglob(f"{extra.pk}.sealed"))


if connection.vendor == "sqlite":  # PostgreSQL's log is never quite still

    def test_while_nothing_happens_nothing_is_written_and_the_moment_moves_on(system: FilledSystem, kept: Kept) -> None:
        kept.journal.begin()
        before = kept.journal.point
        assert kept.journal.go_on() is None
        assert before is not None
        assert kept.journal.point is not None
        assert kept.journal.point > before
        assert len(list((system.folder / FOLDER).iterdir())) == 1


def test_a_change_in_the_place_of_another_is_refused(system: FilledSystem, kept: Kept, capsys: Any) -> None:
    kept.journal.begin()
    for _each in range(2):
        system.attach()
        kept.catch_up()
        kept.journal.go_on()
    first, second = names.list_pieces(path.name for path in (system.folder / FOLDER).iterdir())[1:]
    (system.folder / FOLDER / first.name).write_bytes((system.folder / FOLDER / second.name).read_bytes())
    with empty_database() as database, pytest.raises(CommandError, match="isn't what its name says"):
        restore(system, settle_time(), database, capsys)
    assert not (system.root / "elsewhere").exists()


def test_a_change_that_was_altered_or_is_missing_is_refused(system: FilledSystem, kept: Kept, capsys: Any) -> None:
    kept.journal.begin()
    for _each in range(2):
        system.attach()
        kept.catch_up()
        kept.journal.go_on()
    first = names.list_pieces(path.name for path in (system.folder / FOLDER).iterdir())[1]
    path = system.folder / FOLDER / first.name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    moment = settle_time()
    with empty_database() as database:
        with pytest.raises(CommandError, match="can't be restored"):
            restore(system, moment, database, capsys)
        path.unlink()
        with pytest.raises(CommandError, match=r"Change 1 .* is missing"):
            restore(system, moment, database, capsys)
    assert not (system.root / "elsewhere").exists()


@pytest.mark.parametrize("at", ["yesterday", "2026-13-01 04:00", "2999-01-01 04:00"])
def test_a_moment_that_is_none_is_refused_in_words(system: FilledSystem, kept: Kept, at: str) -> None:
    words = [str(system.folder), f"--at={at}", f"--into={system.root / 'x'}", f"--identity={system.identity_file}"]
    with pytest.raises(CommandError, match=r"--at takes|hasn't come yet"):
        call_command("restore", *words)


def test_the_cases_keys_are_replaced_only_when_one_was_made_or_destroyed(system: FilledSystem, kept: Kept) -> None:
    kept.journal.begin()
    keys = system.folder / CASE_KEYS
    before = keys.read_bytes()
    system.attach()
    kept.catch_up()
    kept.journal.go_on()
    assert keys.read_bytes() == before
    system.scene.send(age_stated=16, story="Told later.")
    kept.catch_up()
    kept.journal.go_on()
    assert keys.read_bytes() != before


def test_without_a_base_in_days_the_old_ones_go(
    system: FilledSystem, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.journal.begin()
    time.sleep(1.1)
    kept.journal.begin()
    assert kept.journal.remove_old(1) == []
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("config.backups.point_in_time.writing.timezone.now", lambda: later)
    assert len(kept.journal.remove_old(1)) == 1


@pytest.mark.django_db
def test_its_age_is_a_part_of_readyz(settings: Any) -> None:
    now = timezone.now()
    settings.POINT_IN_TIME_SECONDS, settings.BACKUP_TO = 0, ""
    assert describe_point_in_time({}, now) == {}
    settings.POINT_IN_TIME_SECONDS, settings.POINT_IN_TIME_MAX_SECONDS = 10, 60
    assert describe_point_in_time({}, now)["point_in_time"] == {"ok": False, "age_s": None, "error": ""}

    def report(**ages: float) -> dict[str, Any]:
        facts = {name: (now - timedelta(seconds=age)).isoformat() for name, age in ages.items()}
        return describe_point_in_time({POINT_IN_TIME: Heartbeat(part=POINT_IN_TIME, facts=facts)}, now)["point_in_time"]

    assert report(point=12) == {"ok": True, "age_s": 12.0, "error": ""}
    assert not report(point=61)["ok"]
    settings.BACKUP_TO = "s3://bucket/x"
    assert not report(point=12)["ok"]
    assert report(point=12, elsewhere=30)["ok"]


def count(system: FilledSystem, database: str | None, *attachments: Attachment) -> int:
    ids = ", ".join(f"'{each.pk.hex if connection.vendor == 'sqlite' else each.pk}'" for each in attachments)
    return int(ask(system, database, f"SELECT COUNT(*) FROM {Attachment._meta.db_table} WHERE id IN ({ids})"))  # noqa: S608


def read_head(system: FilledSystem, database: str | None) -> int:
    return int(ask(system, database, f"SELECT number FROM {ChainHead._meta.db_table}"))  # noqa: S608


def ask(system: FilledSystem, database: str | None, sql: str) -> Any:
    if database is None:
        with sqlite3.connect(system.root / "elsewhere" / "vatra.sqlite3") as there:
            return there.execute(sql).fetchone()[0]
    with psycopg.connect(database) as server:
        row = server.execute(sql).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]
