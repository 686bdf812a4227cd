"""Machines that share a PostgreSQL and are started at the same moment, after an upgrade, prepare it one by one."""

import os
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.backups.database import connect_arguments
from config.supervisor.instance import CannotStart
from config.supervisor.turns import LOCK, take_turn

from .keys import KEYS
from .make import ROOT
from .test_landed import STORED, loaded

MACHINES = 2
SECONDS = 300.0


def begin(folder: Path, number: int, url: str) -> subprocess.Popen[str]:
    own = folder / f"machine{number}"
    own.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
    environment |= KEYS | {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATA_DIR": str(own),
        "VAULT_CASE_KEY_DIR": str(folder / "case_keys"),
        "DATABASE_URL": url,
        "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
    }
    environment.pop("BROKER_URL", None)
    command = [sys.executable, "-m", "tests.upgrade.start", str(folder / "go")]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    with tarfile.open(STORED[0]) as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path


def test_machines_that_start_at_once_migrate_and_seed_once(landed: Path) -> None:
    with loaded(landed) as url:
        machines = [begin(landed, number, url) for number in range(MACHINES)]
        try:
            assert [each.stdout.readline() for each in machines if each.stdout] == ["ready\n"] * MACHINES
            (landed / "go").touch()
            said = [each.communicate(timeout=SECONDS) for each in machines]
        finally:
            for each in machines:
                each.kill()
        assert [each.returncode for each in machines] == [0] * MACHINES, [errors[-1500:] for _out, errors in said]
        with psycopg.connect(url) as there:
            applied = Counter(there.execute("SELECT app, name FROM django_migrations").fetchall())
            broken = there.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid").fetchall()
    assert [each for each, times in applied.items() if times > 1] == []
    assert broken == []
    waiting = [out for out, _errors in said if "another machine prepares it" in out]
    assert len(waiting) >= MACHINES - 1, "whoever waits says so"


@pytest.mark.django_db
def test_whoever_waits_too_long_does_not_start_and_goes_on_once_the_other_is_gone() -> None:
    said: list[str] = []
    other = psycopg.connect(**connect_arguments(connection.settings_dict), autocommit=True)
    try:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(CannotStart, match=r"^Another machine"), take_turn(said.append, patience=0.6):
            pytest.fail("it began beside the other")
        assert said == ["  database: another machine prepares it; this one waits"]
    finally:
        other.close()
    with take_turn(said.append, patience=30.0), pytest.raises(CannotStart), take_turn(said.append, patience=0.0):
        pytest.fail("it began beside the other")
    assert len(said) == 1


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "wrong")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    words = r"^The database of DATABASE_URL can't be used \(OperationalError\)\.$"
    with pytest.raises(CannotStart, match=words), take_turn(print):
        pytest.fail("it began")
