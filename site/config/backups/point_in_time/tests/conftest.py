"""The system of `backups.tests`, and a journal of its database."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection

from config.backups.making import get_recipients
from config.backups.point_in_time.sources import PostgresSource, SqliteSource
from config.backups.point_in_time.writing import Journal
from config.backups.tests.conftest import FilledSystem, system

__all__ = ["system"]
collect_ignore = [] if connection.vendor == "postgresql" else ["test_wal.py"]  # it is PostgreSQL's log


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may pass through; pytest closes its own again with each run."""
    with tempfile.TemporaryDirectory(prefix="moment-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@dataclass
class Kept:
    """A journal, and what brings SQLite's test database, which is in memory, into the file that the journal reads."""

    journal: Journal
    catch_up: Callable[[], None]


@pytest.fixture
def kept(system: FilledSystem) -> Iterator[Kept]:
    work = system.root / "work"
    work.mkdir()
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            path = system.root / "copy.sqlite3"

            def catch_up() -> None:
                connection.ensure_connection()
                with closing(sqlite3.connect(path)) as copy:
                    connection.connection.backup(copy)

            catch_up()
            source: SqliteSource | PostgresSource = stack.enter_context(closing(SqliteSource(path)))
        else:
            source = stack.enter_context(closing(PostgresSource(work, dict(connection.settings_dict))))

            def catch_up() -> None:
                time.sleep(1.5)  # the log comes a moment later

        yield Kept(Journal(system.folder, get_recipients(), source, work), catch_up)
