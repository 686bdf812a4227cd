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
from pathlib import Path

import psycopg
import redis

from .programs import find_program

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 20.0
# A cluster that lives for minutes needs no protection from a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100", "shared_buffers=64MB")


@contextlib.contextmanager
def running_servers() -> Iterator[dict[str, str]]:
    """Yields the environment that leads to them."""
    with tempfile.TemporaryDirectory(prefix="vatra-servers-") as folder, contextlib.ExitStack() as stack:
        database_url = stack.enter_context(_postgres(Path(folder) / "postgres"))
        broker_url = stack.enter_context(_redis(Path(folder) / "redis"))
        yield {"DATABASE_URL": database_url, "BROKER_URL": broker_url}


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
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
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **_as(account))  # type: ignore[call-overload]
    settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *FAST]
    command = [
        find_program("postgres"),
        "-D",
        str(folder / "data"),
        *(word for each in settings for word in ("-c", each)),
    ]
    address = f"127.0.0.1:{port}"

    def answers() -> bool:
        try:
            psycopg.connect(f"postgresql://vatra@{address}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    with _running(command, folder / "log", answers, stop=signal.SIGINT, cwd=folder, **_as(account)):
        with psycopg.connect(f"postgresql://vatra@{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE vatra")
        yield f"postgres://vatra@{address}/vatra"


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = _free_port()
    folder.mkdir()
    options = {"--port": str(port), "--bind": "127.0.0.1", "--dir": str(folder), "--save": "", "--appendonly": "no"}
    command = [find_program("redis-server"), *(word for pair in options.items() for word in pair)]

    def answers() -> bool:
        try:
            return bool(redis.Redis(port=port, socket_timeout=2).ping())
        except redis.ConnectionError:
            return False

    with _running(command, folder / "log", answers, stop=signal.SIGTERM):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def _running(command: list[str], log: Path, answers: Callable[[], bool], *, stop: int, **how: object) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **how)  # type: ignore[call-overload]
    try:
        until = time.monotonic() + START_SECONDS
        while not answers():
            ended = process.poll() is not None
            if ended or time.monotonic() > until:
                raise SystemExit(f"{command[0]} {'ended' if ended else 'does not answer'}:\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root. Debian's package brings an account for it."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _as(account: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    with running_servers() as environment:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env={**os.environ, **environment})
        # Ctrl-C reaches the command too, which then ends by itself; the servers stay until it has.
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
