"""The loop goes on whatever fails, says what, and begins anew where the thread is broken."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config.backups.database import CannotCopy
from config.backups.making import NoBackup
from config.backups.point_in_time import running
from config.backups.point_in_time.names import Piece
from config.backups.point_in_time.sources import GapInLog, PostgresSource, SqliteSource
from config.backups.tests.conftest import FilledSystem
from config.health import POINT_IN_TIME
from notifications.outbox.models import Heartbeat

START = datetime(2026, 11, 29, 4, tzinfo=UTC)


class Journal:
    """Does each turn what it is given: an error to raise, or nothing."""

    def __init__(self, *turns: Exception | None, lasts: float = 0.0) -> None:
        self.turns, self.done, self.point, self.lasts = list(turns), [], START, lasts
        self.over: Callable[[], None] = lambda: None

    def begin(self) -> Piece:
        return self._turn("base", Piece(START, 0, START))

    def go_on(self) -> Piece:
        return self._turn("change", Piece(START, 1, START))

    def remove_old(self, _days: int) -> list[Piece]:
        return []

    def _turn(self, kind: str, piece: Piece) -> Piece:
        self.done.append(kind)
        time.sleep(self.lasts)
        failure = self.turns.pop(0) if self.turns else None
        if not self.turns:
            self.over()
        if failure is not None:
            raise failure
        return piece


@pytest.fixture
def run(system: FilledSystem, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], list[str]]]:
    """run(journal): what it did, and what was said."""

    def go(journal: Journal, is_over: threading.Event | None = None, share: float = 1.0) -> tuple[list[str], list[str]]:
        @contextmanager
        def no_source(_work: Path) -> Iterator[SimpleNamespace]:
            yield SimpleNamespace(share=share)

        is_over, said = is_over or threading.Event(), []  # type: ignore[var-annotated]
        journal.over = is_over.set
        monkeypatch.setattr(running, "open_source", no_source)
        monkeypatch.setattr(running, "Journal", lambda *_arguments: journal)
        monkeypatch.setattr(running, "RETRY_SECONDS", 0.01)
        running.run(system.folder, is_over, seconds=0.01, days=7, say=said.append)
        return journal.done, said

    return go


def test_a_base_is_followed_by_changes(run: Any) -> None:
    assert run(Journal(None, None, None)) == (["base", "change", "change"], [])
    assert Heartbeat.objects.get(part=POINT_IN_TIME).facts == {
        "point": START.isoformat(), "elsewhere": None, "error": "",
    }  # fmt: skip


def test_what_fails_is_said_once_and_tried_again(run: Any) -> None:
    failure = NoBackup("disk_full", "Make room.")
    done, said = run(Journal(None, failure, failure, None))
    assert done == ["base", "change", "change", "change"]
    assert said == ["Make room."]


def test_a_base_that_fails_is_begun_again(run: Any) -> None:
    assert run(Journal(CannotCopy("No."), None, None)) == (["base", "base", "change"], ["No."])


def test_after_a_gap_a_new_base_is_made(run: Any) -> None:
    assert run(Journal(None, GapInLog("A gap."), None, None))[0] == ["base", "change", "base", "change"]


class Pauses(threading.Event):
    """Notes how long it is waited for, and doesn't wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return super().wait(0)


@pytest.mark.parametrize(("share", "least", "most"), [(1.0, 0.0, 0.0), (0.05, 19 * 0.05, 100.0)])
def test_only_a_source_that_reads_all_each_time_is_asked_less_often_when_it_is_slow(
    run: Any, share: float, least: float, most: float
) -> None:
    pauses = Pauses()
    run(Journal(None, None, None, lasts=0.05), pauses, share)
    after_changes = pauses.seconds[1:]
    assert len(after_changes) == 2
    assert all(least <= pause <= most for pause in after_changes)


def test_the_log_of_a_server_is_asked_as_often_as_is_set_and_a_whole_file_less_often() -> None:
    assert (PostgresSource.share, SqliteSource.share) == (1.0, 0.05)


def test_a_second_one_on_the_same_machine_is_refused(run: Any, system: FilledSystem) -> None:
    with running.claim("point-in-time"), pytest.raises(NoBackup, match="runs already"):
        run(Journal(None))
