"""A database in memory, in the place of the real one, for one thread and one block of code.

Django's `connections` is local to the thread (`thread_critical` in django/utils/connection.py): what is put there is
what every model, transaction and `on_commit` of this thread finds under "default", and no other thread sees it.

1. The tables of all models are made once in a process, from the models; the result is remembered as bytes.
2. `MemoryDatabase` begins with these tables, empty. Its owner fills it.
3. `in_place` puts it in the place of the real database, opens one transaction, and takes all of it back on the way
   out, whichever way that is. The transaction is never committed, so nothing that waits for a commit ever runs.
"""

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.sqlite3 import base  # before `operations`, which it imports itself
from django.db.backends.sqlite3.operations import DatabaseOperations
from django.db.utils import ConnectionHandler

from vault.data_keys import suspended

# Statements that SQLite keeps prepared; its own 128 are fewer than a story has.
PREPARED_STATEMENTS = 1500
_building = threading.Lock()
_in_place = threading.local()


class AlreadyImagined(Exception):
    """A simulation inside a simulation: the inner one would take the outer one's world for the real one."""


class MemoryOperations(DatabaseOperations):
    """SQLite's, with compilers that remember what they have compiled."""

    compiler_module = "case_forms.simulation.compilers"

    # SQLite takes the innermost of a name, and blocks end from the inside out. With a name of its own, each savepoint
    # would be statements that were never read before.
    def savepoint_create_sql(self, sid: str) -> str:
        return "SAVEPOINT inner"

    def savepoint_commit_sql(self, sid: str) -> str:
        return "RELEASE SAVEPOINT inner"

    def savepoint_rollback_sql(self, sid: str) -> str:
        return "ROLLBACK TO SAVEPOINT inner"

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> datetime | None:
        return as_moment(value)


def as_moment(stored: str | None) -> datetime | None:
    """Read a moment as it stands in a memory database: in UTC, without saying so."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if stored is not None else None


class MemoryCursor(sqlite3.Cursor):
    """What stands for Django's two cursors, one around the other: it takes each statement straight to SQLite.

    It remembers how a statement reads with question marks, as SQLite takes it, and notes which table it wrote to.
    """

    def __init__(self, raw: Any, wrapper: "MemoryConnection") -> None:
        super().__init__(raw)
        self._wrapper = wrapper

    def __enter__(self) -> "MemoryCursor":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def execute(self, query: str, params: Any = ()) -> "MemoryCursor":
        return self._run(super().execute, query, params or ())

    def executemany(self, query: str, params: Any) -> "MemoryCursor":
        return self._run(super().executemany, query, params)

    def _run(self, run: Any, query: str, params: Any) -> "MemoryCursor":
        wrapper = self._wrapper
        if wrapper.needs_rollback:
            wrapper.validate_no_broken_transaction()
        asked, written = _read_statement(query)
        try:
            run(asked, params)
        except sqlite3.Error:
            with wrapper.wrap_database_errors:
                raise
        if written:
            wrapper.note_written(written)
        return self


class MemoryConnection(base.DatabaseWrapper):
    """SQLite's, which says when a table was last written to. Counted up, also where a savepoint is undone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.writes = 0
        self._written: dict[str, int] = {}

    def get_connection_params(self) -> dict[str, Any]:
        # Values come as they are stored: Django's converters read them, and nobody reads what isn't looked at.
        return {**super().get_connection_params(), "detect_types": 0}

    def cursor(self) -> Any:
        # Whoever wraps statements, as a test that counts them, needs Django's own.
        if self.execute_wrappers or self.queries_logged or self.connection is None:
            return super().cursor()
        return MemoryCursor(self.connection, self)

    def create_cursor(self, name: str | None = None) -> Any:
        return MemoryCursor(self.connection, self)

    def note_written(self, table: str) -> None:
        self.writes += 1
        self._written[table] = self.writes

    def get_last_write(self, tables: Iterable[str]) -> int:
        """Return the number of the last statement that wrote to one of these tables; 0 before the first."""
        return max((self._written.get(table, 0) for table in tables), default=0)


_WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|REPLACE INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)


@lru_cache(maxsize=PREPARED_STATEMENTS)
def _read_statement(query: str) -> tuple[str, str]:
    """Return the statement with question marks, and the table that it writes to, or ""."""
    found = _WRITES.match(query)
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"), found[1] if found else ""


class MemoryDatabase:
    """A SQLite database in memory with the tables of all models. It belongs to the thread that made it."""

    def __init__(self) -> None:
        tables = get_empty_tables()
        self.connection = _connect()
        self.connection.connection.deserialize(tables)

    def close(self) -> None:
        """Free the memory. Django leaves a database in memory open, because closing it deletes it."""
        if self.connection.connection is not None:
            self.connection.connection.close()
            self.connection.connection = None

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let this thread work on this database; on the way out all that it wrote is gone, and the real one is back.

        Raises AlreadyImagined inside another such block.
        """
        if getattr(_in_place, "taken", False):
            raise AlreadyImagined
        real = connections[DEFAULT_DB_ALIAS]
        _in_place.taken = True
        connections[DEFAULT_DB_ALIAS] = self.connection
        try:
            with suspended(), transaction.atomic():
                try:
                    yield
                finally:
                    transaction.set_rollback(True)
        finally:
            connections[DEFAULT_DB_ALIAS] = real
            _in_place.taken = False
            self.connection.run_on_commit = []


def get_empty_tables() -> bytes:
    """Return a serialized SQLite database with the tables of every model, made once in a process."""
    # One thread builds, others wait for it instead of building as well.
    with _building:
        return _build_tables()


@cache
def _build_tables() -> bytes:
    connection = _connect()
    try:
        with connection.schema_editor() as editor:
            for model in apps.get_models():
                if model._meta.managed and not model._meta.proxy and not model._meta.swapped:
                    editor.create_model(model)
        tables: bytes = connection.connection.serialize()
        return tables
    finally:
        connection.connection.close()


@cache
def get_sqlite() -> Any:
    """Return a connection that says how values are written for SQLite; it is never opened, so all threads share it."""
    return _handler()[DEFAULT_DB_ALIAS]


def _handler() -> ConnectionHandler:
    options = {"cached_statements": PREPARED_STATEMENTS}
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": options}
    return ConnectionHandler({DEFAULT_DB_ALIAS: settings})


def _connect() -> Any:
    """Open a new database in memory, in autocommit, under the name that every model looks for.

    What it doesn't hold may be named all the same: only what a story reads is copied, so foreign keys aren't enforced.
    """
    connection: Any = MemoryConnection(get_sqlite().settings_dict, DEFAULT_DB_ALIAS)
    connection.ops = MemoryOperations(connection)
    connection.connect()
    connection.disable_constraint_checking()
    return connection
