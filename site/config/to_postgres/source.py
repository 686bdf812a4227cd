"""The SQLite file: stopped, frozen while it is read, and never written to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings

ROWS = 2000  # read at a time
WAIT_SECONDS = 5.0
# SQLite's own, and the full-text tables: each database has others, made anew from the pages.
LEFT_OUT = ("sqlite_", "wagtailsearch_indexentry")


class CannotMove(Exception):
    """Raised when nothing was moved. The text says why and what to do."""


@dataclass(frozen=True)
class Source:
    """A connection to the file. `columns`: the columns of each table in their order."""

    connection: sqlite3.Connection
    columns: dict[str, tuple[str, ...]]

    def count(self, table: str) -> int:
        (amount,) = self.connection.execute(f"SELECT COUNT(*) FROM {quote_name(table)}").fetchone()  # noqa: S608
        return int(amount)

    def iter_rows(self, table: str, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        names = ", ".join(map(quote_name, columns))
        cursor = self.connection.execute(f"SELECT {names} FROM {quote_name(table)}")  # noqa: S608
        while rows := cursor.fetchmany(ROWS):
            yield from rows

    def get_applied_migrations(self) -> set[str]:
        return {f"{app}.{name}" for app, name in self.connection.execute("SELECT app, name FROM django_migrations")}

    def get_last_numbers(self) -> dict[str, int]:
        """Return the highest number that each counting table has ever given, also to rows that are deleted."""
        return dict(self.connection.execute("SELECT name, seq FROM sqlite_sequence"))


def get_path() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


@contextmanager
def open_source(path: Path, *, frozen: bool) -> Iterator[Source]:
    """Open the file to read it. `frozen`: nobody writes to it until the end of the block. Raises CannotMove."""
    if not path.is_file():
        raise CannotMove(f"{path}: there is no such database.")
    uri = f"file:{quote(str(path))}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
            connection.text_factory = _read_text
            connection.execute("BEGIN IMMEDIATE" if frozen else "BEGIN")
            connection.execute("PRAGMA query_only = ON")
            yield Source(connection, _read_columns(connection))
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise CannotMove("Something still writes to the database: stop it, and try again.") from None
        raise CannotMove(f"{path} can't be read ({error.sqlite_errorname}): `vatra check`.") from None
    except sqlite3.DatabaseError as error:
        raise CannotMove(f"{path} can't be read ({type(error).__name__}): `vatra check`.") from None


def quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _read_text(value: bytes) -> Any:
    """Return text; bytes where it is none, which no column of PostgreSQL's takes as text."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _read_columns(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    names = [
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    return {
        name: tuple(
            column
            for _cid, column, _type, _notnull, _default, _pk, hidden in connection.execute(
                f"PRAGMA table_xinfo({quote_name(name)})"
            )
            if not hidden
        )
        for name in names
        if not name.startswith(LEFT_OUT)
    }
