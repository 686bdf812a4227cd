"""PostgreSQL and Redis of one's own for a command: `python -m tests.servers -m pytest notifications`.

Starts both on free ports of the loopback, in a folder that is deleted afterwards, runs Python with these arguments and
with DATABASE_URL and BROKER_URL set, and stops them by their process ids. Debian's packages: `deploy/packages.sh test`.
"""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

from .programs import find_program

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 20.0
# A cluster that lives for minutes needs no protection from a power cut.
FAST = ("fsync=off", "full_page_writes=off", "max_connections=100", "shared_buffers=64MB")
SAFE = ("max_connections=100", "shared_buffers=128MB")
# What is committed may be lost with the process: not where that is killed.
CARELESS = ("synchronous_commit=off",)


@dataclass
class Server:
    """A server process that can be stopped, killed, and started again on what it has stored."""

    command: list[str]
    log: Path
    answers: Callable[[], bool]
    stop_signal: int
    how: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers. Raises SystemExit with what it wrote."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.how,
            )
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > until:
                raise SystemExit(
                    f"{self.command[0]} {'ended' if ended else 'does not answer'}:\n{self.log.read_text()}"
                )
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start_again(self) -> None:
        """Start it after it was killed, as often as what it left behind (shared memory) still stands in the way."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return self.start()
            except SystemExit:
                if time.monotonic() > until:
                    raise
            time.sleep(0.1)

    def children(self) -> list[int]:
        """The processes that its first one has forked: of PostgreSQL, one for each connection, and its own."""
        return [pid for pid, parent in _iter_parents() if parent == self.pid]

    def pause(self) -> None:
        """SIGSTOP all of it: connections stay open, and nobody answers."""
        for pid in (self.pid, *self.children()):
            _signal(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in (*self.children(), self.pid):
            _signal(pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL its first process. Children of PostgreSQL end by themselves when they see that."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.resume()
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True)
class Servers:
    """Both, and the environment that leads to them."""

    postgres: Server
    redis: Server
    environment: dict[str, str]


@dataclass(frozen=True)
class Place:
    """Where they run: the address that they listen on, and words before their commands (`ip netns exec …`)."""

    host: str = "127.0.0.1"
    within: tuple[str, ...] = ()


HERE = Place()


@contextlib.contextmanager
def running_servers(*, keeps_commits: bool = False, is_safe: bool = False, place: Place = HERE) -> Iterator[Servers]:
    """`keeps_commits`: what PostgreSQL has committed outlasts its process; `is_safe`: also a power cut, as it does in
    earnest."""
    with tempfile.TemporaryDirectory(prefix="vatra-servers-") as folder, contextlib.ExitStack() as stack:
        postgres, database_url = stack.enter_context(
            _postgres(Path(folder) / "postgres", place, keeps_commits=keeps_commits or is_safe, is_safe=is_safe)
        )
        broker, broker_url = stack.enter_context(_redis(Path(folder) / "redis", place))
        yield Servers(postgres, broker, {"DATABASE_URL": database_url, "BROKER_URL": broker_url})


@contextlib.contextmanager
def _postgres(folder: Path, place: Place, *, keeps_commits: bool, is_safe: bool) -> Iterator[tuple[Server, str]]:
    port, account = _free_port(), _account()
    folder.mkdir()
    if account is not None:
        folder.parent.chmod(0o755)  # the account has to get through to its own folder
        os.chown(folder, account.pw_uid, account.pw_gid)
    initdb = [
        find_program("initdb"),
        "-D",
        str(folder / "data"),
        "-U",
        "vatra",
        "--auth=trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **_as(account))
    if place != HERE:
        with (folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
    settings = [
        f"port={port}",
        f"listen_addresses={place.host}",
        f"unix_socket_directories={folder}",
        *(SAFE if is_safe else FAST),
    ]
    settings += () if keeps_commits else CARELESS
    command = [
        *place.within,
        *(_as_words(account) if place.within else ()),
        find_program("postgres"),
        "-D",
        str(folder / "data"),
        *(word for each in settings for word in ("-c", each)),
    ]
    address = f"{place.host}:{port}"

    def answers() -> bool:
        try:
            psycopg.connect(f"postgresql://vatra@{address}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    # Only root may enter a namespace: there the account is taken afterwards.
    how = {} if place.within else _as(account)
    server = Server(command, folder / "log", answers, signal.SIGINT, {"cwd": folder, **how})
    with _running(server):
        with psycopg.connect(f"postgresql://vatra@{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE vatra")
        yield server, f"postgres://vatra@{address}/vatra"


@contextlib.contextmanager
def _redis(folder: Path, place: Place) -> Iterator[tuple[Server, str]]:
    port = _free_port()
    folder.mkdir()
    options = {"--port": str(port), "--bind": place.host, "--dir": str(folder), "--save": "", "--appendonly": "no"}
    options |= {} if place == HERE else {"--protected-mode": "no"}
    command = [*place.within, find_program("redis-server"), *(word for pair in options.items() for word in pair)]

    def answers() -> bool:
        try:
            return bool(redis.Redis(place.host, port, socket_timeout=2).ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    server = Server(command, folder / "log", answers, signal.SIGTERM)
    with _running(server):
        yield server, f"redis://{place.host}:{port}/0"


@contextlib.contextmanager
def _running(server: Server) -> Iterator[None]:
    try:
        server.start()
        yield
    finally:
        server.stop()


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _iter_parents() -> Iterator[tuple[int, int]]:
    """(pid, its parent) of every living process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(entry.name), int(parent)


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root. Debian's package brings an account for it."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _as_words(account: pwd.struct_passwd | None) -> tuple[str, ...]:
    if account is None:
        return ()
    return ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    with running_servers() as servers:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env={**os.environ, **servers.environment})
        # Ctrl-C reaches the command too, which then ends by itself; the servers stay until it has.
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
