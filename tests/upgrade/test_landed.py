"""What a landed commit's code wrote is whole under this one: nothing is lost, everything opens, work goes on."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.backups.database import connect_arguments
from config.backups.proof import build_url
from tests.programs import find_program

from .keys import KEYS
from .make import DATA, MAX_BYTES, ROOT, find_stored

OWN = "sqlite" if connection.vendor == "sqlite" else "postgresql"
STORED = find_stored(OWN)
# By itself it brings the oldest along, in the leg `servers` of `make test-all` all of them.
TAKEN = STORED if os.environ.get("LANDINGS") == "all" else STORED[:1]


@pytest.mark.parametrize("path", TAKEN, ids=lambda path: path.name.partition(".")[0])
def test_data_of_a_landed_schema_are_whole_after_the_upgrade(path: Path, tmp_path: Path) -> None:
    with tarfile.open(path) as tar:
        tar.extractall(tmp_path, filter="data")
    with loaded(tmp_path) as url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
        environment |= KEYS | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": url,
            "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
        }
        environment.pop("BROKER_URL", None)
        done = subprocess.run(
            [sys.executable, "-m", "tests.upgrade.check", str(tmp_path / "facts.json")],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.strip().rpartition("\n")[2])
    assert {name: words for name, words in found.items() if words} == {}
    assert set(found) == {"submissions", "attachments", "documents", "pages", "draft", "record", "models"}


@contextmanager
def loaded(folder: Path) -> Iterator[str]:
    """Load the dump into a database of its own. Yields its URL."""
    dump = folder / "database.sql"
    if OWN == "sqlite":
        path = folder / "vatra.sqlite3"
        with closing(sqlite3.connect(path)) as there:
            there.executescript(dump.read_text())
        with closing(sqlite3.connect(path)) as there:
            make_search_anew(there)
        yield f"sqlite:///{path}"
        return
    name, own = f"landed_{secrets.token_hex(4)}", connection.settings_dict
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            url = build_url(own, name)
            subprocess.run([find_program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump), url], check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            yield url
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def make_search_anew(there: sqlite3.Connection) -> None:
    """Make the virtual table of the search, whose content no dump holds; the service fills it again."""
    (create,) = there.execute("SELECT sql FROM sqlite_master WHERE name = 'wagtailsearch_indexentry_fts'").fetchone()
    there.execute("PRAGMA writable_schema = ON")
    there.execute("DELETE FROM sqlite_master WHERE name GLOB 'wagtailsearch_indexentry_fts*' AND type = 'table'")
    there.execute("PRAGMA writable_schema = RESET")
    there.commit()
    there.execute(create)
    there.commit()


def test_each_landed_commit_has_its_data_for_both_databases_and_none_is_large() -> None:
    commits = {path.name[:8] for path in DATA.glob("*.tar.xz")}
    assert commits
    for commit in commits:
        for database in ("sqlite", "postgresql"):
            path = DATA / f"{commit}-{database}.tar.xz"
            assert path.exists(), f"make upgrade-fixture COMMIT={commit}"
            assert path.stat().st_size <= MAX_BYTES
