"""A consistent copy of the database while the service runs, with what is in it; and putting such a copy in place.

SQLite copies itself page by page (its online backup); writers go on meanwhile. PostgreSQL exports a snapshot, from
which both `pg_dump` and the facts are read.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import DatabaseError, connection, models
from django.db.models import FileField

from audit.models import ChainHead
from case_forms.submissions.models import Attachment
from case_forms.tips.models import TipVoice
from config.health import get_last_migrations

SQLITE, DUMP = "database.sqlite3", "database.dump"
Execute = Callable[[str], Iterable[Sequence[Any]]]


# Whose rows each have a sealed file beside the database, named by their id.
SEALED_FILES: tuple[type[models.Model], ...] = (Attachment, TipVoice)


class CannotCopy(Exception):
    """Raised when the database can't be copied or put in place. The text says why and what to do."""


@dataclass
class Facts:
    """What a copy holds. `head`: `number:hash` of the audit chain. `counts`: rows by table.

    `migrations`: the last one of each app in the code that copied, as app.name.

    `sealed`: ids of attached files and voice messages. `media`: names of public files. Neither is in the manifest.
    """

    vendor: str
    head: str
    migrations: list[str]
    counts: dict[str, int]
    sealed: set[UUID] = field(default_factory=set)
    media: set[str] = field(default_factory=set)


@contextmanager
def copy_database(folder: Path) -> Iterator[tuple[str, Path, Facts]]:
    """Copy the database into `folder`. Yields (its name in an archive, the file, its facts); the file goes afterwards.

    Raises CannotCopy, OSError.
    """
    name = SQLITE if connection.vendor == "sqlite" else DUMP
    path = folder / name
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        try:
            facts = _copy_sqlite(path) if connection.vendor == "sqlite" else _dump_postgresql(path)
        except (DatabaseError, sqlite3.Error) as error:
            raise CannotCopy(f"The database can't be read ({type(error).__name__}): `vatra check`.") from None
        yield name, path, facts
    finally:
        path.unlink(missing_ok=True)


def estimate_size() -> int:
    """Return about how many bytes a copy takes, so that room for it is looked for first."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _copy_sqlite(path: Path) -> Facts:
    connection.ensure_connection()
    whole = path.with_suffix(".whole")
    os.close(os.open(whole, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(whole)) as copy:
            connection.connection.backup(copy)
            # Without free pages, which hold what was deleted: it must not go on living in archives.
            copy.execute("VACUUM INTO ?", [str(path)])
    finally:
        for left in path.parent.glob(f"{whole.name}*"):
            left.unlink()
    with closing(sqlite3.connect(path)) as copy:
        (state,) = copy.execute("PRAGMA integrity_check").fetchone()
        if state != "ok":
            raise CannotCopy(f"The database is damaged ({state}). Keep earlier backups, and look at the disk.")
        return _read_facts(lambda sql: copy.execute(sql).fetchall())


def _dump_postgresql(path: Path) -> Facts:
    program = find_program("pg_dump")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()

            def execute(sql: str) -> list[Sequence[Any]]:
                cursor.execute(sql)
                return list(cursor.fetchall())

            facts = _read_facts(execute)
            plain = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")
            _run([program, *plain], connection.settings_dict)
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    return facts


def _read_facts(execute: Execute) -> Facts:
    head = ChainHead._meta.db_table
    numbers = list(execute(f"SELECT number, hash FROM {head} WHERE id = 1"))  # noqa: S608
    tables = connection.introspection.django_table_names(only_existing=True)
    return Facts(
        vendor=connection.vendor,
        head=f"{numbers[0][0]}:{numbers[0][1]}" if numbers else "0:",
        migrations=sorted(f"{app}.{name}" for app, name in get_last_migrations()),
        counts=count_rows(execute, sorted(tables)),
        sealed={
            _uuid(row[0])
            for model in SEALED_FILES
            for row in execute(f"SELECT id FROM {model._meta.db_table}")  # noqa: S608
        },
        media=set(_iter_media(execute)),
    )


def count_rows(execute: Execute, tables: Iterable[str]) -> dict[str, int]:
    quote = connection.ops.quote_name
    return {table: int(next(iter(execute(f"SELECT COUNT(*) FROM {quote(table)}")))[0]) for table in tables}  # noqa: S608


def _iter_media(execute: Execute) -> Iterator[str]:
    for model, column in get_file_columns():
        quote = connection.ops.quote_name
        sql = f"SELECT {quote(column)} FROM {quote(model._meta.db_table)}"  # noqa: S608
        yield from (str(name) for (name,) in execute(sql) if name)


def get_file_columns() -> list[tuple[type[models.Model], str]]:
    """Return each column that names a file of the library, in MEDIA_ROOT or the bucket."""
    return [
        (model, str(each.column))
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for each in model._meta.local_fields
        if isinstance(each, FileField)
    ]


def iter_media_names() -> Iterator[str]:
    """Iterate over the names of all files that rows of this database name."""
    for model, column in get_file_columns():
        field = next(each for each in model._meta.local_fields if each.column == column)
        yield from (str(name) for name in model._base_manager.values_list(field.attname, flat=True).iterator() if name)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


# ---- putting in place ----


def restore_postgresql(dump: Path, database: dict[str, Any]) -> None:
    """Load a dump into the empty database that these settings (as of DATABASES) name. Raises CannotCopy."""
    program = find_program("pg_restore")
    if count_tables(database):
        raise CannotCopy("That database isn't empty: make a new one (createdb), and name it. Nothing was changed.")
    # Whoever installs makes the extension as the server's administrator: its comment isn't the service's to write.
    plain = ("--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", "--single-transaction")
    _run([program, *plain, f"--dbname={database['NAME']}", str(dump)], database, with_name=False)


def count_tables(database: dict[str, Any]) -> int:
    import psycopg  # only where there is a PostgreSQL

    try:
        with psycopg.connect(**connect_arguments(database)) as there:
            row = there.execute("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    except psycopg.Error as error:
        raise CannotCopy(f"That database can't be reached ({type(error).__name__}).") from None
    return int(row[0]) if row else 0


def connect_arguments(database: dict[str, Any], *, name: str = "") -> dict[str, Any]:
    """Return what psycopg takes to reach this database, or the one called `name` on the same server."""
    found = {
        "dbname": name or database["NAME"],
        "user": database.get("USER") or None,
        "password": database.get("PASSWORD") or None,
        "host": database.get("HOST") or None,
        "port": database.get("PORT") or None,
        "connect_timeout": 5,
    }
    return {key: value for key, value in found.items() if value is not None}


def _run(command: list[str], database: dict[str, Any], *, with_name: bool = True) -> None:
    """Run a client of PostgreSQL. The password goes by its environment: a command line is everybody's to read."""
    environment = get_client_environment(database)
    if with_name:
        environment["PGDATABASE"] = str(database["NAME"])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        # Its messages name tables and versions; a failed COPY could also name a row's content, so that line stays out.
        words = [line for line in done.stderr.splitlines() if line.startswith(("pg_dump: error", "pg_restore: error"))]
        said = words[0][:200].partition("DETAIL")[0] if words else f"exit code {done.returncode}"
        raise CannotCopy(f"{Path(command[0]).name} failed: {said}")


def get_client_environment(database: dict[str, Any]) -> dict[str, str]:
    """Return the environment with which a client of PostgreSQL reaches this server."""
    names = {"PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    environment = {key: str(database[name]) for key, name in names.items() if database.get(name)}
    return environment | {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "5"}


def find_program(program: str) -> str:
    """Return where a client of PostgreSQL is. Raises CannotCopy."""
    found = shutil.which(program)
    if found is None:
        raise CannotCopy(
            f"{program} isn't installed on this machine: apt-get install postgresql-client (as new as the server)."
        )
    return found
