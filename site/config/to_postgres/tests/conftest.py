"""A demo in an SQLite file, and PostgreSQL with databases whose tables are ready."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests import template_database
from tests.seeds import lay_down_demo
from tests.servers import running_servers
from vault.canary import establish_keys

READY = "ready"
_made: dict[str, Path] = {}


@pytest.fixture(autouse=True)
def children_are_no_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in processes of its own finds the folders that it is given."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEST_DATABASE", "file")


@pytest.fixture
def demo(transactional_db: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the demo and its cases; each test has a copy."""
    if "demo" not in _made:
        lay_down_demo(with_cases=True)
        establish_keys()
        path = tmp_path_factory.mktemp("demo") / "vatra.sqlite3"
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        _made["demo"] = path
    return Path(shutil.copy(_made["demo"], tmp_path))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server's database `postgres`; a database called `ready` has the tables of this release."""
    with running_servers(keeps_commits=True) as servers:
        url = servers.environment["DATABASE_URL"].rpartition("/")[0]
        with psycopg.connect(f"{url}/postgres", autocommit=True) as there:
            there.execute(f"CREATE DATABASE {READY}")
        template_database.fill_postgres(f"{url}/{READY}")
        yield url


@pytest.fixture
def target(server: str) -> Iterator[str]:
    """The URL of a database that `to_postgres --prepare` has made ready."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as there:
        there.execute("DROP DATABASE IF EXISTS moved WITH (FORCE)")
        there.execute(f"CREATE DATABASE moved TEMPLATE {READY}")
        with psycopg.connect(f"{server}/moved") as moved:
            moved.execute("CREATE TABLE vatra_moving (began timestamptz)")
        yield f"{server}/moved"
        there.execute("DROP DATABASE IF EXISTS moved WITH (FORCE)")


@pytest.fixture
def read_one(target: str) -> Callable[..., Any]:
    def read(query: str, *values: object) -> Any:
        with psycopg.connect(target) as there:
            row = there.execute(query, values).fetchone()
        return row[0] if row else None

    return read
