"""PostgreSQL's log: a moment is restored to the commit, whenever the writer or the receiver is killed."""

import random
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.backups.database import CannotCopy, connect_arguments
from config.backups.making import get_recipients
from config.backups.point_in_time import restoring
from config.backups.point_in_time.sources import GapInLog, PostgresSource
from config.backups.point_in_time.wal import Receiver
from config.backups.point_in_time.writing import Journal
from config.backups.proof import build_url
from config.backups.restoring import CannotRestore
from config.backups.tests.conftest import FilledSystem

WRITER = """
import random, sys, time, psycopg
url, acknowledged, seed = sys.argv[1], open(sys.argv[2], "a", buffering=1), int(sys.argv[3])
chance = random.Random(seed)
there = psycopg.connect(url)
there.execute("SET synchronous_commit = on")
while True:
    began = time.time()
    with there.transaction():
        there.execute("LOCK TABLE rows IN EXCLUSIVE MODE")
        number = there.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM rows").fetchone()[0]
        there.execute("INSERT INTO rows VALUES (%s, %s)", (number, chance.randbytes(chance.choice((50, 3000, 60000)))))
    there.commit()
    acknowledged.write(f"{number} {began} {time.time()}\\n")
    time.sleep(0.01)
"""


@pytest.fixture
def database(system: FilledSystem) -> Iterator[str]:
    """The URL of a database with a table, on the cluster of the tests."""
    with _database() as (name, url):
        with psycopg.connect(url) as there:
            there.execute("CREATE TABLE rows(id INTEGER PRIMARY KEY, data BYTEA)")
        yield name


@contextmanager
def _database() -> Iterator[tuple[str, str]]:
    name, own = f"moment_{secrets.token_hex(4)}", connection.settings_dict
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield name, build_url(own, name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def write_and_kill(url: str, acknowledged: Path, chance: random.Random, lives: int) -> None:
    for _life in range(lives):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, url, str(acknowledged), str(chance.randrange(10**6))])
        time.sleep(1.2 + chance.random())
        writer.send_signal(signal.SIGKILL)
        writer.wait()


def test_each_moment_holds_what_was_acknowledged_before_it_and_nothing_begun_after_it(
    system: FilledSystem, database: str, tmp_path: Path
) -> None:
    chance, acknowledged, work = random.Random(1), tmp_path / "ack", tmp_path / "work"
    work.mkdir()
    own = {**connection.settings_dict, "NAME": database}
    with closing(PostgresSource(work, own)) as source:
        journal = Journal(system.folder, get_recipients(), source, work)
        journal.begin()
        time.sleep(1.1)
        writer = threading.Thread(
            target=write_and_kill, args=(build_url(own, database), acknowledged, chance, 3), daemon=True
        )
        writer.start()
        kills = 0
        while writer.is_alive():
            time.sleep(0.4)
            if chance.random() < 0.3 and source.receiver.process is not None:
                source.receiver.process.kill()  # it goes on where it ended
                kills += 1
            journal.go_on()
        time.sleep(1.5)
        journal.go_on()
    lines = [line.split() for line in acknowledged.read_text().splitlines() if line.count(" ") == 2]
    rows = [(int(number), float(began), float(ended)) for number, began, ended in lines]
    assert len(rows) > 20
    assert kills
    first, last = rows[0][2], rows[-1][2]
    moments = [first + (last - first) * share for share in (0.3, chance.random())] + [last + 1]
    for index, moment in enumerate(moments):
        at = datetime.fromtimestamp(moment, UTC)
        with _database() as (name, url):
            into = tmp_path / f"into{index}"
            restoring.unpack(
                restoring.find_folder(system.folder), at, [system.identity], into, database={**own, "NAME": name}
            )
            with psycopg.connect(url) as there:
                found = {row[0] for row in there.execute("SELECT id FROM rows")}
        assert {number for number, _began, ended in rows if ended < moment} <= found
        assert not {number for number, began, _ended in rows if began > moment} & found
        assert found == set(range(1, len(found) + 1))


def test_a_receiver_that_stands_still_lets_no_moment_be_called_stored(
    system: FilledSystem, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    own = {**connection.settings_dict, "NAME": database}
    with closing(PostgresSource(work, own)) as source, psycopg.connect(build_url(own, database)) as there:
        journal = Journal(system.folder, get_recipients(), source, work)
        journal.begin()
        journal.go_on()
        before = journal.point
        assert source.receiver.process is not None
        source.receiver.process.send_signal(signal.SIGSTOP)
        there.execute("SET synchronous_commit = on")
        there.execute("INSERT INTO rows VALUES (1, %s)", (b"x" * 3000,))
        there.commit()
        monkeypatch.setattr("config.backups.point_in_time.wal.WAIT_SECONDS", 1.5)
        with pytest.raises(CannotCopy, match="sent nothing"):
            journal.go_on()
        assert journal.point == before
        source.receiver.process.send_signal(signal.SIGCONT)
        monkeypatch.undo()
        assert journal.go_on() is not None
        assert before is not None
        assert journal.point is not None
        assert journal.point > before


def test_a_role_that_may_not_see_the_receiver_is_told_what_it_lacks(system: FilledSystem, tmp_path: Path) -> None:
    role, work = f"plain_{secrets.token_hex(4)}", tmp_path / "work"
    work.mkdir()
    own = connection.settings_dict
    with psycopg.connect(**connect_arguments(own), autocommit=True) as server, connection.cursor() as cursor:
        server.execute(f"CREATE ROLE {role} LOGIN REPLICATION")  # type: ignore[arg-type]
        try:
            cursor.execute(f"SET ROLE {role}")
            with closing(PostgresSource(work, {**own, "USER": role})) as source:
                with pytest.raises(CannotCopy, match="GRANT pg_read_all_stats"):
                    source.take_base(tmp_path)
                server.execute(f"GRANT pg_read_all_stats TO {role}")  # type: ignore[arg-type]
                source.receiver.wait_for(source._is_received)
        finally:
            cursor.execute("RESET ROLE")
            server.execute(f"DROP ROLE {role}")  # type: ignore[arg-type]


def test_a_receiver_that_lost_its_log_asks_for_a_new_base(system: FilledSystem, database: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    own = {**connection.settings_dict, "NAME": database}
    with closing(PostgresSource(work, own)) as source:
        journal = Journal(system.folder, get_recipients(), source, work)
        first = journal.begin()
        assert source.receiver.process is not None
        source.receiver.process.kill()
        source.receiver.process.wait()
        (work / "wal" / "errors").write_text("could not send: requested WAL segment 00000001 has already been removed")
        with pytest.raises(GapInLog):
            journal.go_on()
        time.sleep(1.1)
        assert journal.begin().base > first.base


def test_a_log_with_a_hole_is_refused_and_leads_to_the_last_commit_before_it(
    system: FilledSystem, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    own = {**connection.settings_dict, "NAME": database}
    read = Receiver._read
    with closing(PostgresSource(work, own)) as source, psycopg.connect(build_url(own, database)) as there:
        journal = Journal(system.folder, get_recipients(), source, work)
        journal.begin()
        there.execute("SET synchronous_commit = on")
        for number in range(1, 9):
            there.execute("INSERT INTO rows VALUES (%s, %s)", (number, b"x" * 3000))
            there.commit()
            # As if it had been read before it was written.
            with monkeypatch.context() as patch:
                if number == 6:
                    patch.setattr(Receiver, "_read", lambda *args: bytes(len(read(*args))))
                assert journal.go_on() is not None

    def restore(at: datetime, name: str) -> list[int]:
        with _database() as (empty, url):
            target = {**own, "NAME": empty}
            folder = restoring.find_folder(system.folder)
            restoring.unpack(folder, at, [system.identity], tmp_path / name, database=target)
            with psycopg.connect(url) as there:
                return [row[0] for row in there.execute("SELECT id FROM rows ORDER BY id")]

    with pytest.raises(CannotRestore, match="has a hole") as refused:
        restore(datetime.now(UTC), "refused")
    assert not (tmp_path / "refused").exists()
    (named,) = re.findall(r'--at "([^"]+)"', str(refused.value))
    assert restore(datetime.fromisoformat(named), "named") == [1, 2, 3, 4, 5]
