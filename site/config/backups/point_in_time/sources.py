"""What both databases offer: a base, and what was written since. `Source` is what `writing` asks."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.db import connection
from django.utils import timezone

from ..database import CannotCopy, find_program
from . import wal
from .pages import MEMBER as PAGES
from .pages import Pages

TRIES = 3


@dataclass(frozen=True)
class Found:
    """What stands in `path` under the name `member`: all up to `point`. `facts` go into the manifest."""

    member: str
    path: Path
    point: datetime
    facts: dict[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """A database. Each method raises CannotCopy, Unreadable, OSError.

    `share`: the part of the time that taking changes may last; what lasts longer is done less often.
    """

    share: float

    def take_base(self, work: Path) -> Found: ...

    def take_changes(self, work: Path) -> Found | None:
        """Return what was written since the last `confirm`, or None when nothing was."""
        ...

    def confirm(self) -> None:
        """What was taken last is stored."""
        ...

    def close(self) -> None: ...


@contextmanager
def open_source(folder: Path) -> Iterator[Source]:
    """Open the service's database. `folder`: an empty one on this machine's disk, for what is received meanwhile."""
    source: Source = (
        SqliteSource(Path(connection.settings_dict["NAME"]))
        if connection.vendor == "sqlite"
        else PostgresSource(folder, dict(connection.settings_dict))
    )
    with closing(source):
        yield source


class SqliteSource:
    """The pages of one file: all of them are read each time, however few changed."""

    share = 0.05

    def __init__(self, path: Path) -> None:
        self.pages = Pages(path)

    def close(self) -> None:
        self.pages.close()

    def take_base(self, work: Path) -> Found:
        self.pages.forget()
        return self._take(work)

    def take_changes(self, work: Path) -> Found | None:
        return self._take(work) if self.pages.has_changed() else None

    def confirm(self) -> None:
        self.pages.confirm()

    def _take(self, work: Path) -> Found:
        path = work / PAGES
        with path.open("wb") as out:
            found = self.pages.write_changed(out)
        facts = {"vendor": "sqlite", "head": found.head, "page_size": found.size, "state": found.state}
        return Found(PAGES, path, found.point, facts | {"began": found.began.isoformat(), "pages": found.changed})


class PostgresSource:
    """The log of one cluster: only what was written since is read."""

    share = 1.0

    def __init__(self, folder: Path, database: dict[str, Any]) -> None:
        for program in ("pg_basebackup", "pg_receivewal"):
            find_program(program)
        self.database = database
        self.receiver = wal.Receiver(folder / "wal", database)
        self.stored = self.next = wal.Position()
        self.facts: dict[str, Any] = {}

    def close(self) -> None:
        self.receiver.stop()

    def take_base(self, work: Path) -> Found:
        """The log goes on being received meanwhile. The one received so far stays until the base is stored.

        The checkpoint that it begins with may remove what the receiver still lacks: then both are begun once more.
        """
        for _try in range(TRIES - 1):
            with suppress(GapInLog):
                return self._take_base(work)
        return self._take_base(work)

    def _take_base(self, work: Path) -> Found:
        if not self.receiver.is_running():
            self.receiver.start_anew()
            # Only then the base: it ends with another segment, and what is received begins with the one of then.
            self.receiver.wait_for(self._is_received)
        path = work / wal.BASE_MEMBER
        start = wal.write_base(path, self.database)
        self._wait_for_receiver(lambda: self.receiver.has(start))
        with connection.cursor() as cursor:
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
            system = str(cursor.fetchone()[0])
            cursor.execute("SELECT pg_size_bytes(current_setting('wal_segment_size'))")
            size = int(cursor.fetchone()[0])
        self.facts = {"vendor": "postgresql", "system": system, "segment": size, "start": start}
        self.next = wal.Position(start)
        name, user = str(self.database["NAME"]), str(self.database["USER"])
        return Found(wal.BASE_MEMBER, path, timezone.now(), self.facts | {"database": name, "user": user})

    def _is_received(self, condition: str = "state = 'streaming'", *values: str) -> bool:
        """Tell whether the server says so of the receiver, which tells it each second what it has written.

        Raises CannotCopy where the service's role may not know.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT state IS NULL, {condition} FROM pg_stat_replication WHERE application_name = %s",  # noqa: S608
                [*values, self.receiver.name],
            )
            found = cursor.fetchone()
        if found is not None and found[0]:
            raise CannotCopy(
                "PostgreSQL doesn't tell the service how far it has sent its log: run GRANT pg_read_all_stats TO … once"
                " (docs/operator.md, A moment of your choice)."
            )
        return found is not None and bool(found[1])

    def take_changes(self, work: Path) -> Found | None:
        if not self.receiver.is_running():
            if self.receiver.has_gap():
                raise GapInLog("the log of PostgreSQL has a gap: a new base is made")
            self.receiver.start()
        point = timezone.now()
        until = wal.read_position(self._wait_for_all_until_now(), int(self.facts["segment"]))
        path = work / wal.MEMBER
        with path.open("wb") as out:
            self.next = self.receiver.write_new(out, self.stored, until)
        return Found(wal.MEMBER, path, point, dict(self.facts)) if self.next != self.stored else None

    def _wait_for_all_until_now(self) -> str:
        """Wait until what is acknowledged by now is received, and return up to where in the log that is.

        A receiver that is away, or behind, holds less.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_flush_lsn()")
            end = cursor.fetchone()[0]
        self._wait_for_receiver(lambda: self._is_received("write_lsn >= %s::pg_lsn", end))
        return str(end)

    def _wait_for_receiver(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so; a receiver that was killed meanwhile goes on. Raises CannotCopy, GapInLog."""
        for tries_left in reversed(range(TRIES)):
            try:
                self.receiver.wait_for(is_so)
            except CannotCopy as error:
                if self.receiver.is_running():
                    raise
                if self.receiver.has_gap():
                    raise GapInLog(str(error)) from None
                if not tries_left:
                    raise
                self.receiver.start()
            else:
                return

    def confirm(self) -> None:
        self.stored = self.next
        self.receiver.remove_before(self.stored)


class GapInLog(CannotCopy):
    """Raised when what comes next can't be had any more: only a new base helps."""


def make_work_folder(parent: Path) -> "tempfile.TemporaryDirectory[str]":
    """Make a folder for what is only there meanwhile; `backup` clears away others than these."""
    return tempfile.TemporaryDirectory(prefix="point-", dir=parent)
