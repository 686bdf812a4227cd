"""A demo with its cases, and values that SQLite takes and PostgreSQL doesn't, are moved into a real PostgreSQL."""

import fcntl
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from audit.triggers import AUDIT_ENTRIES
from config.management.commands import to_postgres
from config.to_postgres import moving
from tests.template_database import ROOT

pytestmark = pytest.mark.faults
Read = Callable[..., Any]


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def run(demo: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Move the demo as `vatra to-postgres` does, within this process."""
    monkeypatch.setattr(to_postgres, "get_path", lambda: demo)

    def run(**options: Any) -> str:
        out = StringIO()
        call_command("to_postgres", target, stdout=out, **options)
        return out.getvalue()

    return run


def write(demo: Path, query: str, *rows: tuple[Any, ...]) -> None:
    with closing(sqlite3.connect(demo)) as there, there:
        there.executemany(query, rows)


def write_session(demo: Path, key: str, data: Any, at: str = "2026-01-01 00:00:00") -> None:
    write(demo, "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?)", (key, data, at))


def write_beat(demo: Path, part: str, facts: str) -> None:
    write(demo, "INSERT INTO outbox_heartbeat (part, at, facts) VALUES (?, '2026-01-01 00:00:00', ?)", (part, facts))


def read_all(url: str) -> str:
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    command = [sys.executable, "-m", "config.to_postgres.tests.reading"]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_every_model_reads_the_same_afterwards_and_what_is_sealed_opens(
    run: Callable[..., str], demo: Path, target: str, read_one: Read
) -> None:
    write_session(demo, "odd-first", "ë🜁e\u0301" * 300_000, "0001-01-01 00:00:00")
    write_session(demo, "odd-last", "", "9999-12-31 23:59:59.999999")
    write_session(demo, "odd-summer", "\\N\t\n\r\\", "2026-03-29 02:30:00.1")
    write_beat(demo, "odd", '{"b": 1e3, "a": [1.50, -0.0, 123456789012345678901234567890], "é": "\\ud83d\\ude00"}')
    write(demo, "UPDATE sqlite_sequence SET seq = 70000 WHERE name = ?", ("access_region",))
    with psycopg.connect(target) as there:
        for statement in AUDIT_ENTRIES.undo_sql("postgresql"):
            there.execute(statement)
        for statement in AUDIT_ENTRIES.install_sql("postgresql", with_deletes=True):
            there.execute(statement)
    before = sha256(demo.read_bytes()).hexdigest()
    said = run()
    assert sha256(demo.read_bytes()).hexdigest() == before, "the source is left as it was"
    assert re.search(r"\d{4,} rows in \d{3} tables are the same on both sides", said)
    assert "ok   chain: the record is whole" in said
    assert "ok   keys: VAULT_KEYS open the canaries" in said

    here, there_too = read_all(f"sqlite:///{demo}").splitlines(), read_all(target).splitlines()
    assert len(here) > 200
    assert here == there_too
    assert any(line.startswith("cases.Case ") and not line.startswith("cases.Case 0 ") for line in here)
    assert read_one("SELECT to_regclass('vatra_moving')") is None
    assert read_one("SELECT count(*) FROM wagtailsearch_indexentry WHERE body IS NOT NULL") > 50
    assert read_one("SELECT nextval(pg_get_serial_sequence('access_region', 'id'))") == 70001
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation), psycopg.connect(target) as after:
        after.execute("DELETE FROM audit_auditentry")
    with pytest.raises(CommandError, match="isn't empty"):
        run()


def test_what_postgresql_cannot_hold_is_named_without_its_content_and_nothing_is_moved(
    run: Callable[..., str], demo: Path, read_one: Read
) -> None:
    write_session(demo, "nul", "sec\0ret")
    write_session(demo, "bytes", b"\xffsecret")
    write_session(demo, "when", "secret", "yesterday")
    write_beat(demo, "half", '{"secret": "\\ud83d"}')
    write_beat(demo, "escaped", '{"secret": "\\u0000"}')
    write_beat(demo, "fine", '{"text": "\\\\u0000"}')
    write(demo, "UPDATE access_region SET name = ? WHERE id = (SELECT MIN(id) FROM access_region)", ("secret" * 90,))
    for options in ({"prepare": True}, {}):
        with pytest.raises(CommandError) as caught:
            run(**options)
        words = str(caught.value)
        assert "PostgreSQL can't hold 6 values" in words
        assert "django_session, session_data: it holds a NUL character" in words
        assert "django_session, session_data: it is no text" in words
        assert "django_session, expire_date: it is no time" in words
        assert "outbox_heartbeat, facts: it holds a NUL character" in words
        assert re.search(r"access_region \d+, name: it has 540 characters, and the column takes 80", words)
        assert "secret" not in words
    assert read_one("SELECT count(*) FROM audit_auditentry") == 0
    assert read_one("SELECT to_regclass('vatra_moving')") is not None


def test_nul_characters_are_replaced_when_that_is_asked_for(
    run: Callable[..., str], demo: Path, read_one: Read
) -> None:
    write_session(demo, "nul", "a\0b")
    write_beat(demo, "escaped", '{"a": "\\u0000", "n": 1.10}')
    assert "2 values had a NUL character" in run(replace_nul=True)
    assert (
        read_one("SELECT session_data FROM django_session WHERE session_key = 'nul'") == "a\N{REPLACEMENT CHARACTER}b"
    )
    assert read_one("SELECT facts ->> 'a' FROM outbox_heartbeat WHERE part = 'escaped'") == "\N{REPLACEMENT CHARACTER}"


def test_a_row_that_comes_back_changed_stops_all_of_it(run: Callable[..., str], target: str, read_one: Read) -> None:
    with psycopg.connect(target) as there:
        there.execute(
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN IF NEW.slug = 'vlore' THEN NEW.name := 'x'; END IF; RETURN NEW; END $$"
        )
        there.execute("CREATE TRIGGER meddle BEFORE INSERT ON access_region FOR EACH ROW EXECUTE FUNCTION meddle()")
        there.execute("ALTER TABLE access_region ENABLE ALWAYS TRIGGER meddle")
    # Ours are switched off while rows come in; this one is made to stay.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "emptied", _emptied_with_triggers)
        with pytest.raises(CommandError, match=r"access_region: .* came back changed"):
            run()
    assert read_one("SELECT count(*) FROM access_user") == 0
    with psycopg.connect(target) as there:
        there.execute("DROP FUNCTION meddle CASCADE")
    assert "are the same on both sides" in run()


class _emptied_with_triggers:
    def __init__(self, connection: Any, tables: list[str]) -> None:
        names = ", ".join(f'"{table}"' for table in tables)
        connection.execute(f"TRUNCATE {names} CASCADE")

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


def test_killed_half_way_it_begins_again_and_the_service_does_not_start_there(
    run: Callable[..., str], demo: Path, target: str, read_one: Read, tmp_path: Path, settings: Any
) -> None:
    rows = [(f"many-{number}", "x" * 100, "2026-01-01 00:00:00") for number in range(200_000)]
    write(demo, "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?, ?, ?)", *rows)
    settings.DATA_DIR.mkdir()
    environment = {
        **os.environ, "DATABASE_URL": f"sqlite:///{demo}", "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "config.settings.test", "VAULT_CASE_KEY_DIR": str(settings.VAULT_CASE_KEY_DIR),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "to_postgres", "-"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(f"{target}\n")
    process.stdin.close()
    until = time.monotonic() + 120
    while not read_one("SELECT max(tuples_processed) > 1000 FROM pg_stat_progress_copy WHERE datname = 'moved'"):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert read_one("SELECT count(*) FROM django_session") == 0

    refused = subprocess.run(
        [sys.executable, "-c", _START], env={**environment, "DATABASE_URL": target}, capture_output=True, text=True,
    )  # fmt: skip
    assert "run `vatra to-postgres` again" in refused.stdout, refused.stderr
    until = time.monotonic() + 30
    while read_one("SELECT count(*) FROM pg_stat_activity WHERE datname = 'moved' AND pid <> pg_backend_pid()"):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "are the same on both sides" in run()
    assert read_one("SELECT count(*) FROM django_session WHERE session_key LIKE 'many-%%'") == 200_000


_START = """
import django
django.setup()
from config.supervisor.instance import CannotStart
from config.supervisor.preparation import _migrate
try:
    _migrate(print)
except CannotStart as reason:
    print(reason)
"""


def test_a_service_that_runs_a_writer_and_a_place_that_is_not_empty_are_refused(
    run: Callable[..., str], demo: Path, target: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.DATA_DIR / "run").mkdir(parents=True)
    monkeypatch.setattr("config.supervisor.instance.LOCK_WAIT_SECONDS", 0.1)
    with (settings.DATA_DIR / "run" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="The service still runs"):
            run()
        run(prepare=True)
    monkeypatch.setattr("config.to_postgres.source.WAIT_SECONDS", 0.1)
    with closing(sqlite3.connect(demo, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(CommandError, match="Something still writes"):
            run()
    with psycopg.connect(target) as there:
        there.execute("DROP TABLE vatra_moving")
    with pytest.raises(CommandError, match="isn't empty"):
        run()


def test_another_release_and_wrong_keys_are_refused(
    run: Callable[..., str], demo: Path, settings: Any, read_one: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.to_postgres.tests.other_keys")
    with pytest.raises(CommandError, match="All rows are there, and not all is well"):
        run()
    assert read_one("SELECT to_regclass('vatra_moving')") is not None
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.test")
    write(demo, "DELETE FROM django_migrations WHERE app = ? AND name LIKE '0001%'", ("cases",))
    with pytest.raises(CommandError, match="isn't at this release"):
        run()


def test_a_server_that_cannot_do_the_tls_that_is_demanded_gets_nothing(target: str) -> None:
    with pytest.raises(CommandError, match="can't be reached"):
        call_command("to_postgres", f"{target}?sslmode=require", prepare=True, stdout=StringIO())


@pytest.mark.parametrize("url", ["sqlite:///x", "postgres://u:p@127.0.0.1:1/x", "postgres://u@h", ""])
def test_a_target_that_is_none_is_said_without_its_password(
    demo: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_postgres, "get_path", lambda: demo)
    with pytest.raises(CommandError) as caught:
        call_command("to_postgres", url.replace(":p@", ":geheim@"), stdout=StringIO())
    assert "geheim" not in str(caught.value)
