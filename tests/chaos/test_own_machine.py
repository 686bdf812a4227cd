"""What a machine of one's own does one day: a full disk, a Redis that hangs, a PostgreSQL that is killed, a mail server
that takes and never answers, a clock that jumps, a second machine whose first dies.

Forms come in by HTTP all the while. Nothing that was acknowledged is lost, nobody is notified twice of one thing but
where a server took a mail whose sender died, and somebody learns of it. Real processes; PostgreSQL and Redis of their
own. A table is printed (`-s`), as in docs/faults.md.
"""

import contextlib
import json
import os
import resource
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.examples import FACTOR
from tests.servers import running_servers

from .parts import ROOT, Driver, Kept, Nursery, Sink, free_port, wait_until, workers
from .test_storm import Clients
from .watching import measure_human

pytestmark = pytest.mark.faults
FORMS = 40 if FACTOR >= 1 else 12
SECONDS = 8.0  # that a fault lasts, at least
DRAINED_WITHIN = 90.0
LEASE_SECONDS = "20"  # as in production: another machine can't read what the dead one had noted
TWO_HOURS = 7200
MEGABYTE = 2**20
TABLE: list[str] = []


@dataclass
class Machine:
    """Its processes, started as a supervisor does, and its address."""

    name: str
    nursery: Nursery
    place: Path
    port: int = field(default_factory=free_port)
    kept: list[Kept] = field(default_factory=list)

    def start(self, *words: str, **more: str) -> Kept:
        self.kept.append(Kept(self.nursery, *words, environment={"PORT": str(self.port), **more}))
        return self.kept[-1]

    def start_all(self) -> None:
        for words in (("web",), ("run_cluster", "urgent"), ("sweeper",)):
            self.start(*words)

    def die(self) -> None:
        """All of it at once, as when its power fails."""
        for each in self.kept:
            each.stopping = True
        for each in self.kept:
            with contextlib.suppress(ProcessLookupError):
                each.kill_group()

    def stop(self) -> None:
        for each in self.kept:
            each.stop()
        self.kept.clear()

    def ask(self) -> tuple[int, set[str]]:
        """Return the status of `/readyz` and the parts that aren't well; 0 where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return answer.status, set(json.load(answer)["degraded"])
        except urllib.error.HTTPError as error:
            with contextlib.suppress(ValueError, KeyError), error:
                return error.code, set(json.load(error)["degraded"])
            return error.code, set()
        except (OSError, HTTPException, ValueError):
            return 0, set()


class Watcher:
    """Looks at `/readyz` four times a second from when a fault begins, and notes when it first says something new."""

    def __init__(self, *machines: Machine) -> None:
        self.machines = machines
        self.before = {part for each in machines for part in each.ask()[1]}
        self.seen: dict[str, float] = {}
        self._stopped = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stopped.wait(0.25):
            for machine in self.machines:
                status, degraded = machine.ask()
                states = {0: {"silent"}, 503: {"not ready"}}.get(status, set())
                for each in (degraded - self.before) | states:
                    self.seen.setdefault(each, round(time.monotonic() - self._began, 1))

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(10)


@dataclass
class Testbed:
    """The servers, the driver that asks the application, and how machines are made."""

    __test__ = False  # its name begins as a test's

    driver: Driver
    sink: Sink
    servers: Any
    place: Path
    make: Callable[[str], Machine]


@contextlib.contextmanager
def make_testbed(place: Path, address: dict[str, str], sink: Sink, servers: Any) -> Iterator[Testbed]:
    """An application on these servers or this database, and machines of it, each with a folder of its own."""
    (place / "gateways.json").write_text("[]")

    def build_environment(name: str) -> dict[str, str]:
        folder = place / name
        folder.mkdir(exist_ok=True)
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("COV_", "PYTEST_"))},
            "DATA_DIR": str(folder),
            "VAULT_CASE_KEY_DIR": str(place / "case_keys"),
            "AUDIT_KEY_FILE": str(place / "audit.keys"),
            "AUDIT_WATCH_FILE": str(place / "witness" / "chain"),
            "VAULT_WITNESS_FILE": str(place / "witness" / "cells.sqlite3"),
            **address,
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "NOTIFICATION_GATEWAYS_FILE": str(place / "gateways.json"),
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "site")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LOG_LEVEL": "WARNING",
            "FAULT_LEASE_SECONDS": LEASE_SECONDS,
            "FAULT_MACHINE": name,
            "FAULT_CLOCK": str(folder / "clock"),
            "DISK_MIN_MB": "4",
        }

    made: list[Machine] = []

    def make(name: str) -> Machine:
        environment = build_environment(name)
        made.append(Machine(name, Nursery(environment, place / f"{name}.log"), Path(environment["DATA_DIR"])))
        return made[-1]

    driver = Driver({key: value for key, value in build_environment("first").items() if not key.startswith("FAULT_")})
    driver.ask("prepare")
    try:
        yield Testbed(driver, sink, servers, place, make)
    finally:
        for each in made:
            each.die()
            each.nursery.close()
        driver.close()


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Testbed]:
    with running_servers(keeps_commits=True) as servers:
        place = tmp_path_factory.mktemp("own")
        with make_testbed(place, servers.environment, sink, servers) as made:
            yield made


@pytest.fixture(scope="module")
def first(testbed: Testbed) -> Machine:
    return testbed.make("first")


@pytest.fixture(autouse=True)
def calm_sink(sink: Sink) -> Iterator[None]:
    sink.accepted.clear()
    sink.mood, sink.turned_away = "", 0
    yield
    sink.mood = ""


def wait_for(machine: Machine, testbed: Testbed) -> None:
    # Nobody has made a backup, nor held a drill: what counts is that notices can go out.
    assert wait_until(lambda: machine.ask()[0] == 200, seconds=60, pause=0.3), machine.ask()
    assert wait_until(lambda: "broker" not in machine.ask()[1] and "smtp" not in machine.ask()[1], seconds=30)


def live_through(
    name: str,
    testbed: Testbed,
    machine: Machine,
    begin: Callable[[], Any],
    end: Callable[[], Any],
    *,
    until: Callable[[Watcher], bool] = lambda _watcher: True,
    looks_at: Machine | None = None,
    record_property: Callable[[str, Any], None],
) -> dict[str, Any]:
    """Send forms before, during and after a fault; return what became of them, and add a line to the table."""
    clients = Clients(machine.port, **testbed.driver.ask("write_forms", count=FORMS))
    clients.start()
    clients.submit(FORMS // 4)
    watcher = Watcher(machine, *([looks_at] if looks_at is not None else []))
    try:
        begin()
        began = time.monotonic()
        clients.submit(FORMS // 2)
        wait_until(lambda: time.monotonic() - began > SECONDS and until(watcher), seconds=60, pause=0.2)
        if looks_at is not None:
            clients.address = clients.address.replace(str(machine.port), str(looks_at.port))
        end()
        clients.submit(FORMS)
        drained = time.monotonic()
        assert wait_until(lambda: clients.are_done, seconds=DRAINED_WITHIN, pause=0.2), clients.answers
        uuids = list(clients.answers)
        assert wait_until(
            lambda: testbed.driver.ask("received", uuids=uuids)["unsent"] == 0, seconds=DRAINED_WITHIN, pause=0.5
        ), testbed.driver.ask("received", uuids=uuids)
    finally:
        clients.stopping = True
        end()
        watcher.stop()
    found = testbed.driver.ask("received", uuids=uuids)
    owed = testbed.driver.ask("owed_for", uuids=uuids)
    came = Counter(message_id.strip("<>").split("@")[0] for message_id, _address in list(testbed.sink.accepted))
    row = {
        "acknowledged": len(set(clients.received)),
        "present": found["submissions"],
        "cases": found["cases"],
        "owed": len(owed),
        "out": len(set(owed) & set(came)),
        "twice": sum(came[each] - 1 for each in owed if each in came),
        "notified_twice": found["doubled"],
        "seen": watcher.seen,
        "human": measure_human(watcher.seen),
        "drained": round(time.monotonic() - drained, 1),
        "answers": clients.count_answers(),
    }
    for key, value in row.items():
        record_property(key, value)
    TABLE.append(
        f"| {name} | {row['acknowledged']} | {row['present']} | {row['owed']} | {row['out']} | {row['twice']} |"
        f" {', '.join(f'{part} {seconds} s' for part, seconds in watcher.seen.items()) or '–'} | {row['human']} |"
    )
    print(f"\n{TABLE[-1]}\n  drained in {row['drained']} s, answers {row['answers']}")
    assert_nothing_is_lost(row)
    return row


def assert_nothing_is_lost(row: dict[str, Any]) -> None:
    assert (row["acknowledged"], row["present"], row["cases"]) == (FORMS, FORMS, FORMS)
    assert row["out"] == row["owed"] >= FORMS
    assert row["notified_twice"] == 0
    assert "500" not in row["answers"], row["answers"]


@pytest.fixture
def running(testbed: Testbed, first: Machine) -> Iterator[Machine]:
    first.start_all()
    wait_for(first, testbed)
    yield first
    first.stop()


def test_a_redis_that_hangs(testbed: Testbed, running: Machine, record_property: Any) -> None:
    row = live_through(
        "Redis hangs",
        testbed,
        running,
        testbed.servers.redis.pause,
        testbed.servers.redis.resume,
        until=lambda watcher: "broker" in watcher.seen,
        record_property=record_property,
    )
    assert row["twice"] == 0
    assert "broker" in row["seen"]


def test_a_postgresql_that_is_killed(testbed: Testbed, running: Machine, record_property: Any) -> None:
    postgres = testbed.servers.postgres
    row = live_through(
        "PostgreSQL killed",
        testbed,
        running,
        postgres.kill,
        lambda: postgres.start_again() if postgres.process.poll() is not None else None,
        record_property=record_property,
    )
    assert "not ready" in row["seen"]
    assert row["twice"] <= 2 * len(workers(running.kept[1].pid))


def test_a_mail_server_that_takes_and_never_answers(testbed: Testbed, running: Machine, record_property: Any) -> None:
    def hang() -> None:
        testbed.sink.mood = "hang"

    def answer() -> None:
        testbed.sink.mood = ""

    row = live_through(
        "mail server hangs",
        testbed,
        running,
        hang,
        answer,
        until=lambda watcher: "smtp" in watcher.seen,
        record_property=record_property,
    )
    assert "smtp" in row["seen"]


def test_a_clock_that_jumps_two_hours_forward_and_back(
    testbed: Testbed, running: Machine, record_property: Any
) -> None:
    clock = running.place / "clock"
    row = live_through(
        "clock +2 h and back",
        testbed,
        running,
        lambda: clock.write_text(str(TWO_HOURS)),
        lambda: clock.write_text("0"),
        until=lambda watcher: "clock" in watcher.seen,
        record_property=record_property,
    )
    assert row["twice"] == 0
    assert "clock" in row["seen"]


def test_of_two_machines_one_dies(testbed: Testbed, first: Machine, record_property: Any) -> None:
    second = testbed.make("second")
    first.start_all()
    wait_for(first, testbed)
    second.start_all()
    wait_for(second, testbed)
    assert testbed.driver.ask("leader") == "first"
    times: dict[str, float] = {}

    def die() -> None:
        times["died"] = time.monotonic()
        first.die()

    def has_followed(_watcher: Watcher) -> bool:
        if testbed.driver.ask("leader") == "second":
            times.setdefault("followed", time.monotonic())
        return "followed" in times

    try:
        row = live_through(
            "of two machines the leading one dies",
            testbed,
            first,
            die,
            lambda: None,
            until=has_followed,
            looks_at=second,
            record_property=record_property,
        )
    finally:
        second.stop()
        first.kept.clear()
    followed = times["followed"] - times["died"]
    record_property("followed", round(followed, 1))
    print(f"  the second machine's sweeper leads after {followed:.1f} s")
    assert followed < 10 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1) / 2)
    assert "silent" in row["seen"]
    assert row["twice"] <= 2  # each worker had at most one mail in hand that was taken and not noted


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A file system of this size there, where this account may mount one."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "vatra-faults", str(folder)], check=False, capture_output=True
    )
    try:
        yield
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


class Filler:
    """Fills a folder's disk, and gives the room back; where the disk isn't its own, limits what processes may write."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.path, self.machine = folder / "filler", machine
        self.is_mounted = os.path.ismount(folder)

    def fill(self) -> None:
        if not self.is_mounted:
            self._limit(MEGABYTE)
            return
        with self.path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (MEGABYTE, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size):
                        continue

    def empty(self) -> None:
        self.path.unlink(missing_ok=True)
        if not self.is_mounted:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for each in self.machine.kept:
            for pid in (each.pid, *workers(each.pid)):
                with contextlib.suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_disk_that_is_full(tmp_path: Path, sink: Sink, record_property: Any) -> None:
    """On SQLite, whose database stands there too."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, 64 * MEGABYTE):
        address = {"DATABASE_URL": f"sqlite:///{disk / 'vatra.sqlite3'}"}
        with make_testbed(disk, address, sink, None) as testbed:
            machine = testbed.make("first")
            filler = Filler(disk, machine)
            machine.start_all()
            wait_for(machine, testbed)
            row = live_through(
                "disk full",
                testbed,
                machine,
                filler.fill,
                filler.empty,
                until=lambda watcher: bool(watcher.seen),
                record_property=record_property,
            )
            machine.stop()
    assert row["seen"]
