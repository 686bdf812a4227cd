"""Move all rows in one transaction, compare both sides, and look at what was moved with its own settings.

1. The target is empty, or was begun by an earlier try; it is marked, and migrated by a process of its own.
2. The source is stopped: the folder's lock and SQLite's are ours until the end.
3. Every table is copied, and digested on the way: the sum of the digests of its rows, whatever their order.
4. PostgreSQL's rows are read back in the same transaction and digested; a difference rolls all of it back.
5. After the commit a process of its own opens the canaries, reads the record and makes the search index anew.
6. The mark goes. Before that the service refuses to start on the database.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from config.health import get_last_migrations
from config.supervisor.instance import CannotStart, lock_folder

from .source import ROWS, CannotMove, Source, open_source
from .target import (
    claim_empty,
    connect,
    drop_mark,
    emptied,
    get_applied_migrations,
    read_columns,
    set_sequences,
)
from .values import Column, Converter, Unfit, digest_row

AT_MOST_NAMED = 20
MODULUS = 2**256
CHILD_SECONDS = 2 * 3600
MANAGE = Path(__file__).resolve().parents[3] / "manage.py"

Say = Callable[[str], None]


@dataclass
class Totals:
    """Rows of a table, and the sum of their digests."""

    rows: int = 0
    digest: int = 0

    def add(self, digest: int) -> None:
        self.rows += 1
        self.digest = (self.digest + digest) % MODULUS


@dataclass
class Moved:
    """What was moved. `replaced`: values in which a NUL became U+FFFD. `findings`: what was looked at afterwards."""

    tables: dict[str, Totals] = field(default_factory=dict)
    replaced: int = 0
    sequences: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables.values())


def prepare_target(source: Path, database: dict[str, Any], url: str, *, replaces_nul: bool, say: Say) -> None:
    """Make the schema and look for values that don't fit, while the service still runs. Raises CannotMove."""
    with connect(database) as there:
        claim_empty(there)
        _migrate(there, url, say)
        with open_source(source, frozen=False) as here:
            plan = _plan(here, there)
            unfit = _Unfit()
            for table, columns in plan.items():
                for _row in _convert(here, table, columns, unfit, replaces_nul=replaces_nul):
                    pass
            unfit.refuse()
    say(f"{len(plan)} tables are ready, and every value fits. Stop the service, and run it without --prepare.")


def move(source: Path, database: dict[str, Any], url: str, *, replaces_nul: bool, say: Say) -> Moved:
    """Move everything. Raises CannotMove; then the source is as it was, and the target takes another try."""
    with _stopped(), connect(database) as there:
        claim_empty(there)
        _migrate(there, url, say)
        with open_source(source, frozen=True) as here:
            moved = _copy(here, there, replaces_nul=replaces_nul, say=say)
            say("looking at what was moved")
            moved.findings = _run_there(url, "look", {"head": _get_head(here)})["findings"]
            failed = [each["words"] for each in moved.findings if not each["ok"]]
            if failed:
                raise CannotMove(
                    f"All rows are there, and not all is well: {'; '.join(failed)}. Don't use that database; the one"
                    " of now is as it was."
                )
            drop_mark(there)
    return moved


@contextmanager
def _stopped() -> Iterator[None]:
    """Hold the folder's lock, which every part of a running service holds. Raises CannotMove."""
    folder = Path(settings.DATA_DIR)
    (folder / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        lock = lock_folder(folder)
    except CannotStart:
        raise CannotMove(
            f"The service still runs on {folder}: `systemctl stop vatra`, then try again. Nothing was moved."
        ) from None
    try:
        yield
    finally:
        os.close(lock)


def _migrate(there: psycopg.Connection[Any], url: str, say: Say) -> None:
    wanted = {f"{app}.{name}" for app, name in get_last_migrations()}
    if wanted <= get_applied_migrations(there):
        return
    say("making the tables there")
    _run_there(url, "migrate", {})


def _plan(here: Source, there: psycopg.Connection[Any]) -> dict[str, tuple[Column, ...]]:
    """Return the tables to move with their columns. Raises CannotMove unless both sides have the same."""
    applied, new = here.get_applied_migrations(), get_applied_migrations(there)
    if applied != new:
        odd = sorted(applied ^ new)
        raise CannotMove(
            f"The database of now isn't at this release ({len(odd)} migrations differ, the first is {odd[0]}): start"
            " the service on it once, which migrates, and try again."
        )
    columns, plan = read_columns(there), {}
    for table, names in here.columns.items():
        if table not in columns:
            if here.count(table):
                raise CannotMove(f"The table {table} isn't of this release, and holds rows. Look at what it is.")
            continue
        if set(names) != columns[table].keys():
            odd = sorted(set(names) ^ columns[table].keys())
            raise CannotMove(f"{table} has other columns here than there: {', '.join(odd)}.")
        plan[table] = tuple(columns[table][name] for name in names)
    missing = sorted(columns.keys() - plan.keys())
    if missing:
        raise CannotMove(f"The database of now lacks tables: {', '.join(missing[:3])}.")
    return plan


def _copy(here: Source, there: psycopg.Connection[Any], *, replaces_nul: bool, say: Say) -> Moved:
    plan, unfit, moved = _plan(here, there), _Unfit(), Moved()
    with there.transaction():
        with emptied(there, list(plan)):
            for table, columns in plan.items():
                moved.tables[table] = totals = Totals()
                with there.cursor().copy(_copy_into(table, columns)) as copy:
                    for row in _convert(here, table, columns, unfit, replaces_nul=replaces_nul):
                        copy.write_row(row)
                        totals.add(digest_row(columns, row))
            unfit.refuse()
            moved.replaced = unfit.replaced
        say(f"{moved.rows} rows in {len(plan)} tables copied, comparing them")
        for table, columns in plan.items():
            found = _digest_there(there, table, columns)
            if found != moved.tables[table]:
                raise CannotMove(
                    f"{table}: {moved.tables[table].rows} rows went out and {found.rows} came back, or one of them came"
                    " back changed. Nothing was moved. Please tell us."
                )
        moved.sequences = set_sequences(there, here.get_last_numbers())
    there.execute("ANALYZE")
    return moved


def _copy_into(table: str, columns: tuple[Column, ...]) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in columns)
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)


def _convert(
    here: Source, table: str, columns: tuple[Column, ...], unfit: "_Unfit", *, replaces_nul: bool
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table as PostgreSQL takes them; those that don't fit are noted, and left out."""
    converters = [Converter(each, replaces_nul=replaces_nul) for each in columns]
    names = tuple(each.name for each in columns)
    for row in here.iter_rows(table, names):
        try:
            yield tuple([convert(value) for convert, value in zip(converters, row, strict=True)])
        except Unfit:
            unfit.note(table, converters, row)
    unfit.replaced += sum(each.replaced for each in converters)


class _Unfit:
    """What PostgreSQL can't hold: which columns of which rows, and why."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.amount, self.replaced = 0, 0

    def note(self, table: str, converters: list[Converter], row: tuple[Any, ...]) -> None:
        key = next((f" {row[0]}" for each in converters[:1] if each.column.kind in ("int4", "int8", "uuid")), "")
        for converter, value in zip(converters, row, strict=True):
            try:
                converter(value)
            except Unfit as reason:
                self.amount += 1
                if len(self.found) < AT_MOST_NAMED:
                    self.found.append(f"  {table}{key}, {converter.column.name}: {reason}")

    def refuse(self) -> None:
        """Raises CannotMove when anything was noted."""
        if self.amount:
            more = [f"  and {self.amount - len(self.found)} more"] if self.amount > len(self.found) else []
            raise CannotMove(
                "\n".join(
                    [
                        f"PostgreSQL can't hold {self.amount} values as they are:",
                        *self.found,
                        *more,
                        "Correct them where they were entered. NUL characters alone can be replaced by U+FFFD:"
                        " --replace-nul. Nothing was moved.",
                    ]
                )
            )


def _digest_there(there: psycopg.Connection[Any], table: str, columns: tuple[Column, ...]) -> Totals:
    totals = Totals()
    names = sql.SQL(", ").join(sql.Identifier(each.name) for each in columns)
    with there.cursor(name="reading") as cursor:
        cursor.itersize = ROWS
        cursor.execute(sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table)))
        for row in cursor:
            totals.add(digest_row(columns, row))
    return totals


def _get_head(here: Source) -> str:
    rows = here.connection.execute("SELECT number, hash FROM audit_chainhead WHERE id = 1").fetchall()
    return f"{rows[0][0]}:{rows[0][1]}" if rows else "0:"


def _run_there(url: str, step: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Run `manage.py moved` with the settings of now and the new database. Raises CannotMove."""
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"DATA_DIR": str(settings.DATA_DIR), "VAULT_CASE_KEY_DIR": str(settings.VAULT_CASE_KEY_DIR)}
    environment |= {"AUDIT_KEY_FILE": str(settings.AUDIT_KEY_FILE)}
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(MANAGE), "moved", step],
        env=environment,
        input=json.dumps(facts),
        capture_output=True,
        text=True,
        check=False,
        timeout=CHILD_SECONDS,
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    except ValueError:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise CannotMove(f"{step}: {said[-1][:300] if said else done.returncode}. Nothing was moved.") from None
    return found
