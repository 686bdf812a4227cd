"""The loop goes on whatever fails, says what, and begins anew where the thread is broken."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.backups.database import CannotCopy
from config.backups.making import NoBackup
from config.backups.point_in_time import running
from config.backups.point_in_time.names import Piece
from config.backups.point_in_time.sources import GapInLog
from config.backups.tests.conftest import House
from config.health import POINT_IN_TIME
from notifications.outbox.models import Heartbeat

START = datetime(2026, 11, 29, 4, tzinfo=UTC)


class Journal:
    """Does each turn what it is given: an error to raise, or nothing."""

    def __init__(self, *turns: Exception | None) -> None:
        self.turns, self.done, self.point = list(turns), [], START
        self.over: Callable[[], None] = lambda: None

    def begin(self) -> Piece:
        return self._turn("base", Piece(START, 0, START))

    def go_on(self) -> Piece:
        return self._turn("change", Piece(START, 1, START))

    def remove_old(self, _days: int) -> list[Piece]:
        return []

    def _turn(self, kind: str, piece: Piece) -> Piece:
        self.done.append(kind)
        failure = self.turns.pop(0) if self.turns else None
        if not self.turns:
            self.over()
        if failure is not None:
            raise failure
        return piece


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], list[str]]]:
    """run(journal): what it did, and what was said."""

    @contextmanager
    def no_source(_work: Path) -> Iterator[None]:
        yield None

    def go(journal: Journal) -> tuple[list[str], list[str]]:
        is_over, said = threading.Event(), []  # type: ignore[var-annotated]
        journal.over = is_over.set
        monkeypatch.setattr(running, "open_source", no_source)
        monkeypatch.setattr(running, "Journal", lambda *_arguments: journal)
        monkeypatch.setattr(running, "RETRY_SECONDS", 0.01)
        running.run(house.folder, is_over, seconds=0.01, days=7, say=said.append)
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


def test_a_second_one_on_the_same_machine_is_refused(run: Any, house: House) -> None:
    with running.claim("point-in-time"), pytest.raises(NoBackup, match="runs already"):
        run(Journal(None))
