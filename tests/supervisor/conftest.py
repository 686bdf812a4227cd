import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from notifications.channels.tests.servers import Receiver, receiver

from .running_system import RunningSystem, marked


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningSystem]]:
    """build(name, like=other): a system not yet started, on an empty folder or on a copy of `like`'s data."""
    folder = tmp_path_factory.mktemp("system")
    built: list[RunningSystem] = []

    def make(name: str, *, like: RunningSystem | None = None) -> RunningSystem:
        system = RunningSystem(folder / name, folder / "static")
        if like is not None:
            shutil.copytree(
                like.data_dir, system.data_dir, ignore=shutil.ignore_patterns("log", "lock", "local.json", "*.bell")
            )
        built.append(system)
        return system

    yield make
    for system in built:
        if system.process is not None and system.process.poll() is None:
            system.process.kill()
            system.process.wait(10)
        for pid in marked(system.mark) if system.mark else ():
            _end(pid)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture(scope="module")
def watch_outside() -> Iterator[Receiver]:
    """What would raise an alarm elsewhere if it weren't asked any more."""
    with receiver((204, {})) as found:
        yield found


@pytest.fixture(scope="module")
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[socket.socket]:
    """What systemd would listen at."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path_factory.mktemp("systemd") / "notify"))
        listener.settimeout(30)
        yield listener


@pytest.fixture(scope="module")
def first(build: Callable[..., RunningSystem], watch_outside: Receiver, systemd: socket.socket) -> RunningSystem:
    """A system on an empty folder, ready, with a watch outside, started as systemd would."""
    environment = {"OUTSIDE_WATCH_URL": watch_outside.url, "NOTIFY_SOCKET": systemd.getsockname()}
    return build("first").start(**environment).wait_ready(seconds=600)
