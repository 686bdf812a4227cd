"""A new database from the squashed migrations is the one that the earlier migrations make."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from django.db import connection

from config.backups.database import connect_arguments
from config.backups.proof import build_url
from tests.programs import find_program

from .keys import KEYS
from .make import ROOT

Schema = Counter[str]


def test_both_ways_make_the_same_tables_and_rows(tmp_path: Path) -> None:
    schemas, rows = {}, {}
    for way in ("squashed", "earlier"):
        folder = tmp_path / way
        folder.mkdir()
        with empty_database(folder) as url:
            rows[way] = migrate(way, url, folder)
            schemas[way] = read_schema(url)
    squashed, earlier = schemas["squashed"], schemas["earlier"]
    assert (sorted(squashed - earlier), sorted(earlier - squashed)) == ([], [])
    assert squashed.total() > 500
    assert {
        name: rows["squashed"][name] for name in rows["squashed"] if rows["squashed"][name] != rows["earlier"][name]
    } == {}
    assert rows["squashed"]["wagtailcore.Page"]


def migrate(way: str, url: str, folder: Path) -> dict[str, list[str]]:
    """Migrate the empty database this way. Returns what its rows say, by the model's name."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
    environment |= KEYS | {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATA_DIR": str(folder),
        "DATABASE_URL": url,
        "PYTHONPATH": f"{ROOT / 'site'}:{ROOT}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrade.both_ways", way],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, list[str]] = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'vatra.sqlite3'}"
        return
    name, own = f"way_{secrets.token_hex(4)}", connection.settings_dict
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield build_url(own, name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def read_schema(url: str) -> Schema:
    """Count what the database is made of: the columns and constraints of tables, indexes, triggers, functions.

    The order of a table's columns is its own: a column that was added later stands last.
    """
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as there:
            found = there.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        return Counter(
            f"{name}: {part}"
            for kind, name, sql in found
            for part in (split_table(sql) if kind == "table" and " VIRTUAL " not in sql else [sql])
        )
    command = [find_program("pg_dump"), "--schema-only", "--no-owner", "--restrict-key=same", url]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Counter(part for statement in dump.split(";\n") for part in split_statement(statement))


def split_statement(statement: str) -> Iterator[str]:
    """Yield a statement of a dump whole, and a table's by its lines."""
    lines = [line for line in statement.splitlines() if line and not line.startswith(("--", "\\"))]
    if not lines:
        return
    if lines[0].startswith("CREATE TABLE"):
        yield from (f"{lines[0]} {line.strip().rstrip(',')}" for line in lines[1:])
    else:
        yield "\n".join(lines)


def split_table(sql: str) -> Iterator[str]:
    """Yield the definitions of columns and constraints between a table's outer brackets."""
    inner = sql[sql.index("(") + 1 : sql.rindex(")")]
    depth, begin, quote = 0, 0, ""
    for at, letter in enumerate(inner):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "," and not depth:
            yield inner[begin:at].strip()
            begin = at + 1
        depth += (letter == "(") - (letter == ")") if not quote else 0
    yield inner[begin:].strip()
