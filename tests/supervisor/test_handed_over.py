"""The service is started again behind a socket that stays: whoever connects meanwhile waits, and nobody is refused.

systemd stores the socket (FileDescriptorStoreMax in deploy/vatra.service) and gives it back; here the test does it by
the same rules: sd_notify(3), sd_listen_fds(3).
"""

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from config.catching_up import PLACES, SECONDS

from .running_system import ROOT, RunningSystem, wait_until

pytestmark = pytest.mark.faults

PAGES = ("/?n={number}", "/en/?n={number}", "/pyet/", "/accounts/login/")
AWAY_SECONDS = 10  # as long as a restart on a small machine takes, besides the start itself

GIVE_BACK = """
import os, sys
os.dup2(int(sys.argv[1]), 3)  # for exec, too
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web")
os.execv(sys.executable, [sys.executable, "-m", "config.supervisor"])
"""


class StoredSystem(RunningSystem):
    """A system under what does as systemd does with a socket: it is stored, and given back at the next start."""

    def listen_for_notes(self) -> "StoredSystem":
        self.stored: int | None = None
        self.notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = self.data_dir.with_suffix(".notify")
        self.notes.bind(str(address))
        self.address = str(address)
        threading.Thread(target=self._store, daemon=True).start()
        return self

    def _store(self) -> None:
        while True:
            try:
                message, files, _flags, _address = socket.recv_fds(self.notes, 4096, 1)
            except OSError:
                return
            if b"FDSTORE=1" in message.split() and files:
                self.stored = files[0]

    def start(self, **changes: str) -> "StoredSystem":
        environment = self.build_environment() | {"NOTIFY_SOCKET": self.address} | changes
        command, passed = ["-m", "config.supervisor"], []
        if self.stored is not None:
            command, passed = ["-c", GIVE_BACK, str(self.stored)], [self.stored]
        with self.console.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, pass_fds=passed,
            )  # fmt: skip
        return self

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


class Readers:
    """People who each open a connection of their own, ten a second: how each was answered, and after how long.

    `people`: as many come at most. A machine that starts slowly would gather more than the service has places for.
    `paths`: asked in turn; `{number}` in one makes it a page that no cache holds.
    `again`: who was left without an answer at a connection that was taken, and asked a second time as nginx does
    (deploy/nginx.conf). granian's hyper closes at once what it took and hasn't read from yet (hyperium/hyper#3808).
    """

    def __init__(self, port: int, paths: Sequence[str] = ("/healthz",), people: int = 5_000) -> None:
        self.port, self.paths, self.people, self.is_over = port, paths, people, threading.Event()
        self.answers: list[tuple[object, float]] = []
        self.again = 0
        self.threads: list[threading.Thread] = []

    def run(self) -> None:
        while len(self.threads) < self.people and not self.is_over.is_set():
            self.threads.append(threading.Thread(target=self._ask, args=(len(self.threads),), daemon=True))
            self.threads[-1].start()
            time.sleep(0.1)

    def wait(self) -> None:
        """Wait until each has an answer."""
        self.is_over.set()
        for each in self.threads:
            each.join()

    def _ask(self, number: int) -> None:
        path = self.paths[number % len(self.paths)].format(number=number)
        began = time.monotonic()
        status = self.ask_once(path)
        if status in ("RemoteDisconnected", "ConnectionResetError"):
            self.again += 1
            status = self.ask_once(path)
        self.answers.append((status, time.monotonic() - began))

    def ask_once(self, path: str) -> object:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredSystem]:
    system = StoredSystem(tmp_path / "data", tmp_path / "static").begin_migrated().listen_for_notes()
    system.start().wait_ready()
    yield system
    if system.process is not None and system.process.poll() is None:
        system.stop()
    system.notes.close()


def test_nobody_is_refused_while_the_service_is_started_again(stored: StoredSystem) -> None:
    wait_until(lambda: stored.stored is not None, seconds=20, what="the socket is stored")
    readers = Readers(stored.port)
    thread = threading.Thread(target=readers.run)
    thread.start()
    time.sleep(2)
    stops = 2
    for _round in range(stops):
        stored.stop()
        stored.console.unlink()
        stored.start().wait_ready()
        time.sleep(1)
    readers.is_over.set()
    thread.join()
    readers.wait()
    longest = max(seconds for _status, seconds in readers.answers)
    print(f"{len(readers.answers)} answers, {readers.again} at the second try; the longest wait {longest:.1f} s")
    assert {status for status, _seconds in readers.answers} == {200}
    assert readers.again <= stops  # ten readers a second, and each stop closes what it took in some milliseconds
    assert longest > 1  # otherwise nobody had to wait, and nothing was tried


def count_who_can_be_served(readers: Readers) -> int:
    """As many as there are places for, or as the machine makes pages for in half the time that one of them waits.

    At least those who come while the service is away. One that makes eight pages a second, beside other tests, has had
    the last of 240 wait for longer than anybody may.
    """
    asked = [path.format(number=number) for number in range(-8, 0) for path in PAGES]
    began = time.monotonic()
    assert {readers.ask_once(path) for path in asked} == {200}
    a_second = len(asked) / (time.monotonic() - began)
    return min(PLACES, max(AWAY_SECONDS * 10, int(a_second * SECONDS / 2)))


@pytest.mark.parametrize("processes", ["1", "2"])
def test_all_who_waited_for_a_restart_get_their_page_though_they_come_at_once(
    stored: StoredSystem, processes: str
) -> None:
    wait_until(lambda: stored.stored is not None, seconds=20, what="the socket is stored")
    readers = Readers(stored.port, PAGES)
    readers.people = count_who_can_be_served(readers)
    thread = threading.Thread(target=readers.run)
    stored.stop()
    thread.start()
    time.sleep(AWAY_SECONDS)
    stored.console.unlink()
    stored.start(WEB_WORKERS=processes).wait_ready()
    time.sleep(3)
    readers.is_over.set()
    thread.join()
    readers.wait()
    longest = max(seconds for _status, seconds in readers.answers)
    print(f"{len(readers.answers)} answers; the longest wait {longest:.1f} s")
    assert readers.again == 0
    assert Counter(status for status, _seconds in readers.answers) == {200: len(readers.answers)}
    assert longest > AWAY_SECONDS
