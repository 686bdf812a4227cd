"""A migrated database that every test process copies instead of migrating again.

The first process that needs one migrates, while the others wait for its lock; all of them then begin with a copy. On
SQLite the template is a file in `.test-templates` (or the folder that TEST_TEMPLATE names), kept between runs. On
PostgreSQL it is a database in the cluster, and a dump of it in that folder for the next cluster. Each is named after a
digest of what migrations are made of, so that a changed migration is never covered up by an old copy; a clean clone has
none and migrates.
"""

import ast
import contextlib
import fcntl
import functools
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.db import connection
from django.db.backends.postgresql.creation import DatabaseCreation as PostgresCreation
from django.db.backends.sqlite3.creation import DatabaseCreation as SqliteCreation

from .programs import find_program

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("TEST_TEMPLATE") or ROOT / ".test-templates")
MAX_TEMPLATES = 4

# Private parts of Django's that its stubs don't name.
_sqlite: Any = SqliteCreation
_postgres: Any = PostgresCreation
_create_empty_sqlite = _sqlite._create_test_db
_create_empty_postgres = _postgres._execute_create_test_db
_lock: IO[str] | None = None  # held by the process that is migrating


def use_template() -> None:
    """Begin test databases as a copy of the template."""
    _sqlite._create_test_db = _create_sqlite
    _postgres._execute_create_test_db = _create_postgres


def keep_template() -> None:
    """Copy the database, just migrated, to where others find it. Does nothing if this one began as a copy."""
    if _lock is None:
        return
    if connection.vendor == "sqlite":
        _keep_sqlite()
    elif connection.vendor == "postgresql":
        _keep_postgres()
    _unlock()


def fill_postgres(url: str) -> None:
    """Make this release's tables in an empty database of a cluster of one's own, from the dump or for the next one."""
    if _dump_file().exists():
        subprocess.run(
            [find_program("pg_restore"), "--no-owner", "--single-transaction", f"--dbname={url}", str(_dump_file())],
            check=True,
        )
        return
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"]
    subprocess.run(command, check=True, env={**os.environ, "DATABASE_URL": url})
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = _dump_file().with_suffix(f".{os.getpid()}")
    subprocess.run([find_program("pg_dump"), "--format=custom", "--compress=0", f"--file={fresh}", url], check=True)
    fresh.replace(_dump_file())
    _forget_old("*.dump")


def _create_sqlite(creation: SqliteCreation, *args: Any, **kwargs: Any) -> str:
    name = _create_empty_sqlite(creation, *args, **kwargs)
    if _is_ours(creation) and _exists_or_lock(template_file().exists):
        creation.connection.close()
        creation.connection.settings_dict["NAME"] = name
        creation.connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(template_file())) as source:
            source.backup(creation.connection.connection)
    return name


def _keep_sqlite() -> None:
    fresh = template_file().with_suffix(f".{os.getpid()}")
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(fresh)) as kept:
        connection.connection.backup(kept)
    fresh.replace(template_file())
    _forget_old("*.sqlite3")


def _forget_old(pattern: str) -> None:
    by_age = sorted(FOLDER.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[MAX_TEMPLATES:]:
        path.unlink(missing_ok=True)


def _create_postgres(creation: PostgresCreation, cursor: Any, parameters: dict[str, str], keepdb: bool = False) -> None:
    if not _is_ours(creation) or keepdb:
        _create_empty_postgres(creation, cursor, parameters, keepdb)
        return

    def exists() -> bool:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_template_name()])
        return cursor.fetchone() is not None or (_lock_is_held() and _restore(cursor))

    if _exists_or_lock(exists):
        parameters = {**parameters, "suffix": f'TEMPLATE "{_template_name()}"'}
    _create_empty_postgres(creation, cursor, parameters, keepdb)


def _keep_postgres() -> None:
    """A template must have no connection to it while it is copied, so it is a copy of its own."""
    source = connection.settings_dict["NAME"]
    connection.close()
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f'CREATE DATABASE "{_template_name()}" TEMPLATE "{source}"')
    fresh = _dump_file().with_suffix(f".{os.getpid()}")
    _postgres_program("pg_dump", "--format=custom", "--compress=0", f"--file={fresh}", _template_name())
    fresh.replace(_dump_file())
    _forget_old("*.dump")


def _restore(cursor: Any) -> bool:
    """Make the template from the dump that an earlier cluster left. False where there is none."""
    if not _dump_file().exists():
        return False
    cursor.execute(f'CREATE DATABASE "{_template_name()}"')
    try:
        _postgres_program("pg_restore", "--single-transaction", f"--dbname={_template_name()}", str(_dump_file()))
    except subprocess.CalledProcessError:
        cursor.execute(f'DROP DATABASE "{_template_name()}"')
        return False
    return True


def _postgres_program(name: str, *words: str) -> None:
    """Run a client program of PostgreSQL on the cluster of the tests."""
    told = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    where = {variable: str(told[key]) for variable, key in names.items() if told[key]}
    subprocess.run([find_program(name), *words], check=True, env={**os.environ, **where})


def _is_ours(creation: Any) -> bool:
    return bool(creation.connection.alias == "default")


def _exists_or_lock(exists: Any) -> bool:
    """Whether there is a template, once nobody else is making one. If not, this process holds the lock and makes it."""
    global _lock
    if exists():
        return True
    if _lock is not None:
        return False
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (FOLDER / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)  # given back by the system if the process dies
    _lock = lock
    if exists():
        _unlock()
        return True
    return False


def _lock_is_held() -> bool:
    return _lock is not None


def _unlock() -> None:
    global _lock
    if _lock is not None:
        _lock.close()
        _lock = None


def template_file() -> Path:
    """Where the migrated SQLite database stands, if it has been made."""
    return FOLDER / f"{_digest()}.sqlite3"


def _dump_file() -> Path:
    return FOLDER / f"{_digest()}.dump"


def _template_name() -> str:
    return f"template_{_digest()}"


@functools.cache
def _digest() -> str:
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted({*_migrations(), *_sources_of_migrations()}):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrations() -> Iterator[Path]:
    for room in ("site", "case_forms", "content", "notifications", "outreach_pages"):
        yield from (ROOT / room).glob("**/migrations/*.py")


def _sources_of_migrations() -> Iterator[Path]:
    """What runs while migrating: the rooms' modules that migrations import, and what apps do after it."""
    for room in ("site", "case_forms", "content", "notifications", "outreach_pages"):
        yield from (ROOT / room).glob("**/apps.py")
    for path in _migrations():
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                for base in (ROOT, ROOT / "site"):
                    module = base / (name.replace(".", "/") + ".py")
                    if module.exists():
                        yield module
