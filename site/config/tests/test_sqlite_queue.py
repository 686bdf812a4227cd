"""The queue before SQLite's one writer: with processes of their own on a file of their own."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import load_backend

from ..settings import base
from ..sqlite3.base import DatabaseWrapper
from ..sqlite3.queueing import WriteQueue, get_queue

SPAWN = multiprocessing.get_context("spawn")
HOLD = 0.03
SETTINGS: dict[str, Any] = {
    "ENGINE": "config.sqlite3",
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"},
    "TIME_ZONE": None,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "TEST": {"NAME": None},
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
}


@pytest.fixture(autouse=True)
def _a_file_of_its_own(django_db_blocker: Any) -> Iterator[None]:
    """These touch no database of the project."""
    with django_db_blocker.unblock():
        yield


def connected(path: Path) -> DatabaseWrapper:
    return DatabaseWrapper({**SETTINGS, "NAME": str(path)}, "kept_apart")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "busy.sqlite3"
    connection = connected(path)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE turns (who TEXT)")
        cursor.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return path


@pytest.fixture
def connection(file: Path) -> Iterator[DatabaseWrapper]:
    found = connected(file)
    yield found
    found.close()


def write(connection: DatabaseWrapper, who: str, hold: float = 0.0) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO turns VALUES (%s)", [who])
            time.sleep(hold)
        connection.commit()
    finally:
        connection.set_autocommit(True)


def said(connection: DatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        return [who for (who,) in cursor.execute("SELECT who FROM turns ORDER BY rowid")]


def hog(path: str, over: Event, threads: int) -> None:
    """Writes with this many threads, without a pause, until it is over."""

    def one() -> None:
        connection = connected(Path(path))
        while not over.is_set():
            write(connection, "hog", HOLD)
        connection.close()

    hands = [threading.Thread(target=one) for _hand in range(threads)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()


def hold_for_ever(path: str, holding: Event) -> None:
    write_lock = get_queue(path)
    assert write_lock.enter()
    holding.set()
    time.sleep(600)


def test_a_process_that_writes_without_a_pause_leaves_every_other_its_turn(
    file: Path, connection: DatabaseWrapper
) -> None:
    over = SPAWN.Event()
    busy = SPAWN.Process(target=hog, args=(str(file), over, 6))
    busy.start()
    try:
        deadline = time.monotonic() + 60
        while "hog" not in said(connection) and time.monotonic() < deadline:
            time.sleep(0.05)
        for number in range(12):
            if number % 2:
                write(connection, "other")
            else:
                with connection.cursor() as cursor:  # outside a transaction
                    cursor.execute("INSERT INTO turns VALUES ('other')")
    finally:
        over.set()
        busy.join(60)
    turns = said(connection)
    places = [number for number, who in enumerate(turns) if who == "other"]
    between = [later - earlier - 1 for earlier, later in itertools.pairwise(places)]
    assert len(between) == 11
    assert sorted(between)[5] <= 2, between
    assert max(between) <= 40, between  # a process that the machine let wait; without a queue it is hundreds


def test_the_turn_of_a_process_that_was_killed_is_free(file: Path, connection: DatabaseWrapper) -> None:
    holding = SPAWN.Event()
    dead = SPAWN.Process(target=hold_for_ever, args=(str(file), holding))
    dead.start()
    assert holding.wait(60)
    assert dead.pid is not None
    os.kill(dead.pid, signal.SIGKILL)
    dead.join(60)
    queue = WriteQueue(str(file))
    assert queue.enter()
    queue.leave()
    write(connection, "next")
    assert said(connection) == ["next"]


def test_who_waits_too_long_writes_without_a_turn_and_so_do_the_next_for_a_while(
    file: Path, connection: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = SPAWN.Event()
    silent = SPAWN.Process(target=hold_for_ever, args=(str(file), holding))
    silent.start()
    try:
        assert holding.wait(60)
        monkeypatch.setattr("config.sqlite3.queueing.PATIENCE", 0.05)
        write(connection, "went on")
        monkeypatch.setattr("config.sqlite3.queueing.PATIENCE", 600.0)
        write(connection, "at once")
        assert not get_queue(str(file)).enter()
    finally:
        silent.kill()
        silent.join(60)
    assert said(connection) == ["went on", "at once"]
    get_queue(str(file))._left_alone_until = 0.0
    assert get_queue(str(file)).enter()
    get_queue(str(file)).leave()


def test_a_queue_that_cannot_be_made_is_passed_by(file: Path, connection: DatabaseWrapper) -> None:
    Path(f"{file}.queue").mkdir()
    write(connection, "all the same")
    assert said(connection) == ["all the same"]


def test_a_turn_ends_with_the_commit_the_rollback_and_the_connection(file: Path, connection: DatabaseWrapper) -> None:
    def is_free() -> bool:
        found: list[bool] = []
        asking = threading.Thread(target=lambda: found.append(_try(get_queue(str(file)))))
        asking.start()
        asking.join(10)
        return found == [True]

    write(connection, "committed")
    assert is_free()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.rollback()
    connection.set_autocommit(True)
    assert is_free()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.close()
    assert is_free()


def _try(queue: WriteQueue) -> bool:
    entered = queue._of_this_process.acquire(timeout=0.2)
    if entered:
        queue._of_this_process.release()
    return entered


def test_a_transaction_that_cannot_begin_gives_its_turn_back(file: Path, connection: DatabaseWrapper) -> None:
    connection.ensure_connection()
    other = connected(file)
    other.settings_dict = {**other.settings_dict, "OPTIONS": {**SETTINGS["OPTIONS"], "timeout": 0}}
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with pytest.raises(OperationalError):  # the same thread: it doesn't wait for itself
        other.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    other.close()
    connection.commit()
    connection.set_autocommit(True)
    write(connection, "next")
    assert said(connection) == ["next"]


def test_a_fork_begins_with_a_queue_of_its_own(file: Path) -> None:
    queue = get_queue(str(file))
    assert queue.enter()
    try:
        child = os.fork()
        if not child:
            os._exit(0 if queue._holder is None and queue._of_this_process.acquire(blocking=False) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert queue._holder == threading.get_ident()
    finally:
        queue.leave()


def test_the_project_writes_through_it() -> None:
    if base.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        pytest.skip("PostgreSQL has writers enough")
    assert base.DATABASES["default"]["ENGINE"] == SETTINGS["ENGINE"]
    assert load_backend(SETTINGS["ENGINE"]).DatabaseWrapper is DatabaseWrapper
