"""The rows of the test database: as migrations left them, and as seeding leaves them, put back instead of made anew.

Emptying the database after a test would take away what migrations laid down, and seeding takes seconds each time. Both
are therefore remembered as rows in this process: on SQLite, which all tests run on by themselves, and on PostgreSQL
(`DATABASE_URL`). Elsewhere Django empties, and seeding seeds.
"""

import functools
import pickle
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.utils import timezone

Rows = dict[str, list[tuple[Any, ...]]]
Made = TypeVar("Made")
COUNTERS = {"sqlite": "sqlite_sequence", "postgresql": "pg_sequences"}
PRINTS = "prints_of_all_tables"

_beginning: Rows = {}
_beginning_prints: dict[str, str] = {}
_changes_before: list[int] = [0]  # rows that SQLite's connection had changed when its transaction began
_seeded: dict[tuple[Callable[[], object], ...], Rows] = {}


def remember_the_beginning() -> None:
    """To be called once, when the database has been migrated and nothing else."""
    if connection.vendor in COUNTERS:
        _beginning.update(_rows())
    if connection.vendor == "postgresql":
        _beginning_prints.update(_prints())
    elif connection.vendor == "sqlite":
        _note_changes_before()


def back_to_the_beginning() -> bool:
    """Every table as migrations left it. False where that can't be done here."""
    if not _beginning:
        return False
    if connection.vendor == "postgresql":
        prints = _prints()
        changed = {table for table, print in _beginning_prints.items() if prints[table] != print}
        _put_back({table: _beginning[table] for table in (*changed, COUNTERS["postgresql"])})
        return True
    now = _rows()
    _put_back({table: rows for table, rows in _beginning.items() if rows != now[table]})
    return True


def laid_down(*seeds: Callable[[], object]) -> None:
    """What these functions lay down one after the other, each of them run once in a process. Works within a transaction
    and without one; where something has been laid down already, they simply run."""
    if not _is_at_the_beginning():
        for seed in seeds:
            seed()
        return
    known = next((seeds[:count] for count in range(len(seeds), 0, -1) if seeds[:count] in _seeded), ())
    if known:
        _put_back(_seeded[known])
    for count in range(len(known) + 1, len(seeds) + 1):
        seeds[count - 1]()
        # each step by itself: what begins in the same way goes on from there
        _seeded[seeds[:count]] = _added()


def remembered(make: Callable[..., Made]) -> Callable[..., Made]:
    """Decorate a function that makes people and places: it runs once in a process for each set of arguments.

    After that its rows are put back, and what it returned is returned as pickle brings it back: nine times as quick as
    `copy.deepcopy` was. Where the database holds more than migrations left, or the time is another than the clock's, it
    simply runs. For what doesn't age: a notice made so would be as old as the process.
    """
    known: dict[tuple[Any, ...], tuple[Rows, bytes]] = {}

    @functools.wraps(make)
    def remember(*args: Any, **kwargs: Any) -> Made:
        is_now = abs(timezone.now() - datetime.now(UTC)) < timedelta(minutes=1)
        if not is_now or not _is_at_the_beginning():
            return make(*args, **kwargs)
        key = (args, tuple(sorted(kwargs.items())), *settings.VAULT_KEYS, *settings.AUDIT_KEYS)
        if key not in known:
            made = make(*args, **kwargs)
            known[key] = _added(), pickle.dumps(made)
            return made
        rows, kept = known[key]
        _put_back(rows)
        again: Made = pickle.loads(kept)  # noqa: S301 -- what this process wrote
        return again

    return remember


def _is_at_the_beginning() -> bool:
    """Whether every table is as migrations left it. PostgreSQL's counters don't count: a rollback leaves them."""
    if not _beginning:
        return False
    if _has_written_nothing():
        return True
    if connection.vendor == "postgresql":
        return _prints() == _beginning_prints
    with connection.cursor() as cursor:
        # Most were empty, of which one statement tells: it is asked thousands of times.
        empty = " OR ".join(f'EXISTS (SELECT 1 FROM "{table}")' for table, rows in _beginning.items() if not rows)  # noqa: S608
        cursor.execute(f"SELECT {empty}")
        if cursor.fetchone()[0]:
            return False
        return all(_read(cursor, table) == rows for table, rows in _beginning.items() if rows)


def _has_written_nothing() -> bool:
    """Whether a test stands within its own transaction, and that has changed no row yet.

    A test's begins where migrations left the database: what others commit is put back after them, and what a class or
    a file lays down for all its tests was written in it. PostgreSQL numbers a transaction when that first writes.
    """
    if not any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        return False
    if connection.vendor == "sqlite":
        return bool(connection.connection.total_changes == _changes_before[0])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NULL")
        return bool(cursor.fetchone()[0])


def _note_changes_before() -> None:
    begin = connection._start_transaction_under_autocommit  # type: ignore[attr-defined]

    def note_and_begin() -> None:
        begin()
        _changes_before[0] = connection.connection.total_changes

    connection._start_transaction_under_autocommit = note_and_begin  # type: ignore[attr-defined]


def read_everything(*, without: Iterable[str] = ()) -> dict[str, list[str]]:
    """Every row of every table but these, in words that can be compared: {table: rows}."""
    left_out = {*without, *COUNTERS.values()}
    return {table: sorted(map(str, rows)) for table, rows in _rows().items() if table not in left_out}


def _added() -> Rows:
    """The tables that differ from the beginning, whole."""
    return {table: rows for table, rows in _rows().items() if rows != _beginning[table]}


def _prints() -> dict[str, str]:
    """A fingerprint of each table of PostgreSQL, asked for at once: each table by itself would be a journey."""
    with connection.cursor() as cursor:
        # What drops a table or rolls back may have let go of all that was prepared (psycopg's PrepareManager).
        cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = %s", [PRINTS])
        if cursor.fetchone() is None:
            tables = [table for table in _tables(cursor) if table != COUNTERS["postgresql"]]
            each = (
                f"SELECT '{table}', md5(coalesce(string_agg(whole_row::text, '|' ORDER BY whole_row::text), '')) "  # noqa: S608
                f'FROM "{table}" AS whole_row'
                for table in tables
            )
            cursor.execute(f"PREPARE {PRINTS} AS {' UNION ALL '.join(each)}")
        cursor.execute(f"EXECUTE {PRINTS}")
        return dict(cursor.fetchall())


def _rows() -> Rows:
    with connection.cursor() as cursor:
        return {table: _read(cursor, table) for table in _tables(cursor)}


def _read(cursor: Any, table: str) -> list[tuple[Any, ...]]:
    if table == "pg_sequences":
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY sequencename")
    else:
        cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
    return [tuple(map(_as_stored, row)) for row in cursor.fetchall()]


def _as_stored(value: Any) -> Any:
    """sqlite3 reads hours of the day, and doesn't write them."""
    return str(value) if isinstance(value, time) else value


def _tables(cursor: Any) -> list[str]:
    """All but those that SQLite's full-text index keeps for itself: it follows the table it is made of."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [*(name for (name,) in cursor.fetchall()), "pg_sequences"]
    found = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    virtual = [name for name, sql in found if sql and sql.startswith("CREATE VIRTUAL")]
    return [name for name, _sql in found if not any(name == own or name.startswith(f"{own}_") for own in virtual)]


def _put_back(rows: Rows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table, kept in sorted(rows.items(), key=_counters_last):
            if table == "pg_sequences":
                _set_counters(cursor, kept)
                continue
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608
            if kept:
                places = ", ".join(["%s"] * len(kept[0]))
                cursor.executemany(f'INSERT INTO "{table}" VALUES ({places})', kept)  # noqa: S608
    for cache in caches.all():
        cache.clear()  # ids and addresses that were looked up before


def _set_counters(cursor: Any, kept: list[tuple[Any, ...]]) -> None:
    for name, last in kept:
        cursor.execute("SELECT setval(%s, %s, %s)", [f'"{name}"', last or 1, last is not None])


def _counters_last(each: tuple[str, object]) -> bool:
    """Inserting rows moves the counters of their tables."""
    return each[0] == COUNTERS[connection.vendor]
