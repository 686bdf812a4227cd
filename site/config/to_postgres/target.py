"""The PostgreSQL database: empty, or begun by an earlier try; its schema, triggers and sequences.

A table of our own says that a move isn't finished. It comes before anything else and goes when all has been compared:
as long as it is there the service doesn't start on this database, and a new try begins from the beginning.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from config.backups.database import connect_arguments

from .source import LEFT_OUT, CannotMove
from .values import Column

MARK = "vatra_moving"
OLDEST = 140000
LOCK_SECONDS = 5.0


@contextmanager
def connect(database: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """Connect to the database that these settings (as of DATABASES) name. JSON is read as text. Raises CannotMove."""
    # What the URL demands of TLS (?sslmode=verify-full), as the service itself will.
    tls = {name: value for name, value in database.get("OPTIONS", {}).items() if name.startswith("ssl")}
    try:
        connection = psycopg.connect(**connect_arguments(database), **tls, options="-c timezone=UTC", autocommit=True)
    except psycopg.Error as error:
        raise CannotMove(f"That database can't be reached ({type(error).__name__}). Nothing was changed.") from None
    with connection:
        connection.adapters.register_loader("jsonb", TextLoader)
        try:
            yield connection
        except psycopg.Error as error:
            raise CannotMove(f"PostgreSQL refused: {describe(error)}. Nothing was moved.") from None


def describe(error: psycopg.Error) -> str:
    """Describe an error by its class and what it names of the schema: its message may hold what a row holds."""
    names = [error.diag.table_name, error.diag.column_name, error.diag.constraint_name]
    return " ".join([type(error).__name__, *(name for name in names if name)])


def claim_empty(connection: psycopg.Connection[Any]) -> None:
    """Take the database for this move, and say so in it. Raises CannotMove unless it is empty or was begun before."""
    if connection.info.server_version < OLDEST:
        raise CannotMove("That server is older than PostgreSQL 14. Nothing was changed.")
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding != ("UTF8",):
        raise CannotMove("That database isn't in UTF-8: make it with `createdb --encoding UTF8 --template template0`.")
    # Held until the connection ends: two moves into one database would each find the other's rows.
    if not _lock(connection):
        raise CannotMove("Another move into that database is running. Nothing was changed.")
    tables = list_tables(connection)
    if tables and MARK not in tables:
        raise CannotMove("That database isn't empty: make a new one (createdb), and name it. Nothing was changed.")
    connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} (began timestamptz DEFAULT now())").format(_name(MARK)))


def _lock(connection: psycopg.Connection[Any]) -> bool:
    """Return whether this connection has the lock. A move that ended a moment ago may still hold it."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [MARK]).fetchone()
        if row == (True,) or time.monotonic() > until:
            return row == (True,)
        time.sleep(0.1)


def list_tables(connection: psycopg.Connection[Any]) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return {name for (name,) in found}


def read_columns(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Column]]:
    """Return the columns of each table that is filled, by name."""
    found: dict[str, dict[str, Column]] = {
        table: {} for table in sorted(list_tables(connection)) if table != MARK and not table.startswith(LEFT_OUT)
    }
    rows = connection.execute(
        "SELECT table_name, column_name, udt_name, character_maximum_length FROM"
        " information_schema.columns WHERE table_schema = current_schema() AND is_generated = 'NEVER'"
        " ORDER BY table_name, ordinal_position"
    )
    for table, name, kind, length in rows:
        if table in found:
            found[table][name] = Column(name, kind, length)
    return found


def get_applied_migrations(connection: psycopg.Connection[Any]) -> set[str]:
    if "django_migrations" not in list_tables(connection):
        return set()
    return {f"{app}.{name}" for app, name in connection.execute("SELECT app, name FROM django_migrations")}


@contextmanager
def emptied(connection: psycopg.Connection[Any], tables: list[str]) -> Iterator[None]:
    """Empty these tables, and fill them within: foreign keys are looked at at the end, triggers rest meanwhile.

    Inside a transaction: none of it is seen elsewhere before that is committed.
    """
    found = connection.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    guarded = [name for (name,) in found if name.strip('"') in tables]
    for table in guarded:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(_name(table.strip('"'))))
    # Together with what refers to them and isn't filled here: the search index.
    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(_name, tables))))
    connection.execute("SET CONSTRAINTS ALL DEFERRED")
    yield
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in guarded:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(_name(table.strip('"'))))


def set_sequences(connection: psycopg.Connection[Any], last: dict[str, int]) -> int:
    """Let each table go on counting after the highest number that it ever gave (`last`). Returns how many there are."""
    found = connection.execute(
        "SELECT tables.relname, columns.attname, counters.oid::regclass::text FROM pg_class counters"
        " JOIN pg_depend owned ON owned.objid = counters.oid AND owned.classid = 'pg_class'::regclass"
        " AND owned.refclassid = 'pg_class'::regclass AND owned.deptype IN ('a', 'i')"
        " JOIN pg_class tables ON tables.oid = owned.refobjid"
        " JOIN pg_attribute columns ON columns.attrelid = tables.oid AND columns.attnum = owned.refobjsubid"
        " WHERE counters.relkind = 'S' AND tables.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    for table, column, sequence in found:
        query = sql.SQL("SELECT COALESCE(MAX({}), 0) FROM {}").format(_name(column), _name(table))
        (highest,) = connection.execute(query).fetchone() or (0,)
        number = max(int(highest), last.get(table, 0))
        connection.execute("SELECT setval(%s, %s, %s)", [sequence, max(number, 1), number > 0])
    return len(found)


def drop_mark(connection: psycopg.Connection[Any]) -> None:
    connection.execute(sql.SQL("DROP TABLE {}").format(_name(MARK)))


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)
