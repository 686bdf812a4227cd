"""The witness: notices older ciphertext that was put back, because it remembers how new a cell once was.

A sealed value carries the time it was sealed, and nobody without the key gives an old one a new time (`vault.seal`).
But a value from a backup, or from an hour ago, is still a value that opens. So a file beside the data
(`VAULT_WITNESS_FILE`) remembers, for each cell that was ever rewritten, the newest time that was seen. Once an hour, in
steps, all sealed cells are compared with it; no key is used and nothing is opened. A cell that is older than it was is
reported: also when its whole row, or all rows, were put back together, because the file isn't in the database.

What it doesn't see: a value put back before any step has met the newer one (an hour at most), a row that was deleted
and put back, and a whole database restored by the operator, who drops the file's content (`reset`).
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CharField
from django.db.models.functions import Cast, Substr

from . import rotation
from .fields import SealedField
from .seal import SealBroken, Token, get_place, split_token

SECONDS_A_STEP = 0.5
PASS_EACH_S = 3600.0
ROWS = 500
HEAD = 64  # characters: format, key id, version
AT_MAX_NAMED = 20

TABLES = (
    "CREATE TABLE IF NOT EXISTS cells (place TEXT PRIMARY KEY, sealed_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS put_back (place TEXT PRIMARY KEY, found_at REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS walk (id INTEGER PRIMARY KEY, label TEXT, last TEXT, began REAL, ended REAL)",
)


@dataclass
class Seen:
    """The findings. `put_back`: cells that are older than they were, as table/column/row. `new`: those found just now.

    `ended`: when the last whole walk ended, in seconds since 1970; 0 before the first.
    """

    put_back: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    ended: float = 0.0


def step(*, seconds: float = SECONDS_A_STEP, now: float | None = None) -> Seen | None:
    """Continue the hourly walk, for so many seconds at most. None while another process walks.

    Raises OSError, sqlite3.Error, DatabaseError.
    """
    moment, until, seen = now or time.time(), time.monotonic() + seconds, Seen()
    try:
        with _file() as file:
            seen.ended = _walk(file, moment, until, seen)
            seen.put_back = [row[0] for row in file.execute("SELECT place FROM put_back ORDER BY found_at, place")]
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return None
        raise
    return seen


def reset() -> None:
    """Drop what was seen before, because the database was restored from a copy."""
    with _file() as file:
        for table in ("cells", "put_back", "walk"):
            file.execute(f"DELETE FROM {table}")  # noqa: S608


def _walk(file: sqlite3.Connection, now: float, until: float, seen: Seen) -> float:
    """Walk over the sealed cells until the time is up. Return when the last whole walk ended."""
    found = file.execute("SELECT label, last, began, ended FROM walk WHERE id = 1").fetchone()
    label, last, began, ended = found or ("", None, 0.0, 0.0)
    if not label and now - began < PASS_EACH_S:
        return float(ended)
    all_models = {model._meta.label: fields for model, fields in rotation.sealed_fields()}
    labels = sorted(all_models)
    # A new walk, or one that stopped at a model which a release has removed.
    if label not in all_models:
        label, last, began = labels[0], None, now
    while time.monotonic() < until:
        fields = all_models[label]
        page = _page(fields[0].model, fields, last)
        _compare_with_seen(file, fields, page, now, seen)
        if len(page) == ROWS:
            last = str(page[-1][0])
            continue
        following = labels[labels.index(label) + 1 :]
        label, last = (following[0], None) if following else ("", None)
        if not label:
            ended = now
            break
    file.execute("INSERT OR REPLACE INTO walk VALUES (1, ?, ?, ?, ?)", (label, last, began, ended))
    return float(ended)


def _page(model: type[models.Model], fields: list[SealedField], last: str | None) -> list[tuple[Any, ...]]:
    """Return (key, head of each sealed column or None) of the next rows, in the order of their keys."""
    # Only the beginning of each value, which names its version: contents stay in the database.
    heads = {f"_head_{f.attname}": Substr(Cast(f.attname, CharField()), 1, HEAD) for f in fields}
    rows = model._base_manager.order_by("pk").annotate(**heads)
    if last is not None:
        rows = rows.filter(pk__gt=model._meta.pk.to_python(last))
    return list(rows.values_list("pk", *heads)[:ROWS])


def _compare_with_seen(
    file: sqlite3.Connection, fields: list[SealedField], page: list[tuple[Any, ...]], now: float, seen: Seen
) -> None:
    met = {
        get_place(f.model._meta.db_table, f.attname, row[0]).decode(): token
        for row in page
        for f, head in zip(fields, row[1:], strict=True)
        if head is not None and (token := _head(head)) is not None
    }
    known = _known(file, list(met))
    for place, token in met.items():
        newest = known.get(place, 0)
        if token.sealed_at < newest:
            new = file.execute("INSERT OR IGNORE INTO put_back VALUES (?, ?)", (place, now)).rowcount
            seen.new += [place] * new
        elif token.sealed_at > newest or place in known:
            file.execute("DELETE FROM put_back WHERE place = ?", (place,))
            # A cell that was never rewritten has no older value to put back, so only rewritten ones take space.
            if token.again and token.sealed_at > newest:
                file.execute("INSERT OR REPLACE INTO cells VALUES (?, ?)", (place, token.sealed_at))


def _head(text: str) -> Token | None:
    try:
        return split_token(text)
    except SealBroken:
        return None  # no value of ours: opening it raises SealBroken


def _known(file: sqlite3.Connection, places: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(places), ROWS):
        some = places[start : start + ROWS]
        marks = ",".join("?" * len(some))
        found |= dict(file.execute(f"SELECT place, sealed_at FROM cells WHERE place IN ({marks})", some))  # noqa: S608
    return found


@contextmanager
def _file() -> Iterator[sqlite3.Connection]:
    """Open the file, for this process alone until the step is written: all of it, or none."""
    path = Path(settings.VAULT_WITNESS_FILE)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # No waiting: another process is at it then, and this one comes again in a minute.
    # isolation_level: Python begins no transactions of its own.
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as file:
        path.chmod(0o600)
        file.execute("BEGIN IMMEDIATE")
        try:
            for table in TABLES:
                file.execute(table)
            yield file
        except BaseException:
            file.execute("ROLLBACK")
            raise
        file.execute("COMMIT")
