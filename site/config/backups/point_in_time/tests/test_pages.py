"""SQLite's pages: what is put together is what was committed, whenever a writer is killed and the log folded in."""

import io
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from config.backups.point_in_time import pages
from config.backups.point_in_time.pages import Pages, Snapshot, Unreadable

# Each row that was acknowledged stands in the second file, after its commit, with the times before and after.
WRITER = """
import random, sqlite3, sys, time
database, acknowledged, seed = sys.argv[1], open(sys.argv[2], "a", buffering=1), int(sys.argv[3])
chance = random.Random(seed)
there = sqlite3.connect(database, isolation_level=None, timeout=30)
there.execute("PRAGMA synchronous = FULL")
there.execute("PRAGMA wal_autocheckpoint = 20")
while True:
    began = time.time()
    there.execute("BEGIN IMMEDIATE")
    number = there.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM rows").fetchone()[0]
    there.execute("INSERT INTO rows VALUES (?, ?)", (number, chance.randbytes(chance.choice((50, 3000, 20000)))))
    there.execute("UPDATE audit_chainhead SET number = ?, hash = ?", (number, f"h{number}"))
    if chance.random() < 0.2:
        there.execute("DELETE FROM bulk WHERE id IN (SELECT id FROM bulk LIMIT 3)")
        there.executemany("INSERT INTO bulk(data) VALUES (?)", [(chance.randbytes(9000),)] * 3)
    there.execute("COMMIT")
    acknowledged.write(f"{number} {began} {time.time()}\\n")
    if number > 5000:  # where readings are slow the lives are many, and all at once reads no more than 256 MB
        time.sleep(0.005)
"""


@pytest.fixture(autouse=True, params=["page by page", "all at once"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of reading: Debian 12's SQLite has only the second."""
    if request.param == "all at once":
        monkeypatch.setattr(Pages, "_can_read_single_pages", lambda _self: False)
    return str(request.param)


def make_database(path: Path) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as there:
        there.execute("PRAGMA journal_mode = WAL")
        there.execute("CREATE TABLE rows(id INTEGER PRIMARY KEY, data BLOB)")
        there.execute("CREATE TABLE bulk(id INTEGER PRIMARY KEY, data BLOB)")
        there.execute("CREATE TABLE audit_chainhead(id INTEGER PRIMARY KEY, number INTEGER, hash TEXT)")
        there.execute("INSERT INTO audit_chainhead VALUES (1, 0, '')")
    return path


def take(source: Pages) -> tuple[Snapshot, bytes]:
    out = io.BytesIO()
    found = source.write_changed(out)
    source.confirm()
    return found, out.getvalue()


def read_rows(path: Path) -> tuple[list[int], int]:
    with closing(sqlite3.connect(path)) as there:
        (head,) = there.execute("SELECT number FROM audit_chainhead").fetchone()
        return [row[0] for row in there.execute("SELECT id FROM rows ORDER BY id")], head


def kill_in_the_middle(database: Path, acknowledged: Path, chance: random.Random) -> None:
    command = [sys.executable, "-c", WRITER, str(database), str(acknowledged), str(chance.random())[2:8]]
    writer = subprocess.Popen(command)
    time.sleep(0.4 + chance.random() * 0.5)
    writer.send_signal(signal.SIGKILL)
    writer.wait()


@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2])
def test_each_moment_holds_what_was_acknowledged_before_it_and_nothing_begun_after_it(
    tmp_path: Path, seed: int
) -> None:
    chance, database, acknowledged = random.Random(seed), make_database(tmp_path / "a.sqlite3"), tmp_path / "ack"
    source, taken = Pages(database), []
    is_over = threading.Event()

    def write() -> None:
        for life in range(40):
            if life >= 4 and len(taken) > 8:  # on a busy machine one reading outlasts a life
                break
            kill_in_the_middle(database, acknowledged, chance)
        is_over.set()

    source.close()
    thread = threading.Thread(target=write)
    thread.start()
    source = Pages(database)
    while not is_over.is_set():
        taken.append(take(source))
        time.sleep(0.15)
    thread.join()
    taken.append(take(source))
    source.close()
    lines = [line.split() for line in acknowledged.read_text().splitlines() if line.count(" ") == 2]
    rows = [(int(number), float(began), float(ended)) for number, began, ended in lines]
    assert len(taken) > 8
    assert len(rows) > 20
    copy = tmp_path / "copy.sqlite3"
    for snapshot, changes in taken:
        pages.apply(io.BytesIO(changes), copy)
        assert pages.compute_state(copy, snapshot.size) == snapshot.state
        trial = tmp_path / "trial.sqlite3"
        trial.write_bytes(copy.read_bytes())
        pages.check_integrity(trial)
        there, head = read_rows(trial)
        before = {number for number, _began, ended in rows if ended < snapshot.began.timestamp()}
        after = {number for number, began, _ended in rows if began > snapshot.point.timestamp()}
        assert before <= set(there)
        assert not after & set(there)
        assert there == list(range(1, len(there) + 1))
        assert head == len(there)
        for left in tmp_path.glob("trial.sqlite3*"):
            left.unlink()
    assert read_rows(copy) == read_rows(database)


def test_only_what_differs_is_written_and_nothing_while_nobody_writes(tmp_path: Path) -> None:
    database = make_database(tmp_path / "a.sqlite3")
    with closing(sqlite3.connect(database, isolation_level=None)) as there:
        there.executemany("INSERT INTO bulk(data) VALUES (?)", [(bytes(3000),)] * 300)
        source = Pages(database)
        base, _content = take(source)
        assert base.changed == base.count
        assert not source.has_changed()
        there.execute("INSERT INTO rows VALUES (1, 'x')")
        assert source.has_changed()
        change, _content = take(source)
        assert 0 < change.changed < 6
        source.close()


def test_what_was_not_stored_is_written_again(tmp_path: Path) -> None:
    database = make_database(tmp_path / "a.sqlite3")
    with closing(sqlite3.connect(database, isolation_level=None)) as there:
        source = Pages(database)
        take(source)
        there.execute("INSERT INTO rows VALUES (1, 'x')")
        lost = source.write_changed(io.BytesIO())
        assert source.has_changed()
        assert take(source)[0].changed == lost.changed
        source.close()


def test_a_database_that_shrank_is_as_short_as_it_was(tmp_path: Path) -> None:
    database, copy = make_database(tmp_path / "a.sqlite3"), tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None)) as there:
        there.executemany("INSERT INTO bulk(data) VALUES (?)", [(bytes(3000),)] * 300)
        source = Pages(database)
        pages.apply(io.BytesIO(take(source)[1]), copy)
        there.execute("DELETE FROM bulk")
        there.execute("VACUUM")
        snapshot, content = take(source)
        pages.apply(io.BytesIO(content), copy)
        source.close()
    assert copy.stat().st_size == snapshot.size * snapshot.count
    assert pages.compute_state(copy, snapshot.size) == snapshot.state
    pages.check_integrity(copy)


@pytest.mark.parametrize("cut", [3, 11, 200, -1])
def test_pages_that_are_cut_off_are_refused(tmp_path: Path, cut: int) -> None:
    source = Pages(make_database(tmp_path / "a.sqlite3"))
    content = take(source)[1]
    source.close()
    with pytest.raises(Unreadable):
        pages.apply(io.BytesIO(content[:cut]), tmp_path / "copy.sqlite3")


def test_a_snapshot_says_when_it_began_and_when_it_was_fixed(tmp_path: Path) -> None:
    source = Pages(make_database(tmp_path / "a.sqlite3"))
    snapshot, _content = take(source)
    source.close()
    assert isinstance(snapshot.began, datetime)
    assert snapshot.began <= snapshot.point
    assert snapshot.head == "0:"


def test_what_is_read_all_at_once_has_a_limit_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(pages, "WHOLE", 8000)
    source = Pages(make_database(tmp_path / "a.sqlite3"))
    if way == "all at once":
        with pytest.raises(Unreadable, match="reads no single pages"):
            take(source)
    else:
        assert take(source)[0].count > 2
    assert not source.connection.in_transaction
    source.close()


def test_both_ways_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = make_database(tmp_path / "a.sqlite3")
    with closing(sqlite3.connect(database)) as there:
        there.executemany("INSERT INTO bulk(data) VALUES (?)", [(random.Random(1).randbytes(9000),)] * 50)
        there.execute("DELETE FROM bulk WHERE id % 3 = 0")
        there.commit()
        states = set()
        for can in (True, False):
            monkeypatch.setattr(Pages, "_can_read_single_pages", lambda _self, can=can: can)
            source = Pages(database)
            states.add(take(source)[0].state)
            source.close()
    assert len(states) == 1
