"""The real parts around a fault: a mail server with moods, the application, and what a supervisor keeps running."""

import asyncio
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.supervisor.house import slowness

ROOT = Path(__file__).resolve().parents[2]
RESTART_PAUSE = 0.1


def wait_until(true: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Whether this has become true within so many seconds, on a busy machine within more."""
    began = time.monotonic()
    while time.monotonic() < began + seconds * slowness():
        if true():
            return True
        time.sleep(pause)
    return true()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """Accepts mail, or is in a mood: "refuse" answers 451 to each recipient, "hang" never answers a text."""

    def __init__(self) -> None:
        self.mood = ""
        self.accepted: list[tuple[str, str]] = []  # (Message-ID, recipient)
        self.turned_away = 0
        self.port = free_port()
        self.start_again()

    def stop(self) -> None:
        self.controller.stop()

    def start_again(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.mood == "refuse":
            self.turned_away += 1
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.mood == "hang":
            self.turned_away += 1
            await asyncio.sleep(30)
        mail = message_from_bytes(envelope.content)
        self.accepted.append((mail["Message-ID"], envelope.rcpt_tos[0]))
        return "250 OK"

    def notices(self) -> set[str]:
        """The ids of the notices whose mail was accepted."""
        return {message_id.strip("<>").split("@")[0] for message_id, _address in list(self.accepted)}


class Driver:
    """The application, in a process of its own, asked over a pipe."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.driver"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, deed: str, **words: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": deed, "with": words}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the driver died at {deed}"
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


class Nursery:
    """Starts commands by forking a process that has Django loaded (`nursery.py`), and knows when they end."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.exit_codes: dict[int, int] = {}
        self._started: queue.Queue[int] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            words = json.loads(line)
            if "started" in words:
                self._started.put(words["started"])
            else:
                self.exit_codes[words["ended"]] = words["code"]

    def start(self, words: tuple[str, ...], environment: dict[str, str]) -> int:
        assert self.process.stdin is not None
        order = {"words": words, "environment": environment, "log": str(self.log)}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return self._started.get(timeout=60)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


class Kept:
    """A `manage.py` command that is started again whenever it ends, as the supervisor does."""

    def __init__(self, nursery: Nursery, *words: str, environment: dict[str, str]) -> None:
        self.nursery, self.words, self.environment = nursery, words, environment
        self.exit_codes: list[int] = []  # of those that ended by themselves
        self.stopping = False
        self.pid = nursery.start(words, environment)
        self.thread = threading.Thread(target=self._keep, daemon=True)
        self.thread.start()

    @property
    def has_ended(self) -> bool:
        return self.pid in self.nursery.exit_codes

    def _keep(self) -> None:
        while not self.stopping:
            if self.has_ended:
                self.exit_codes.append(self.nursery.exit_codes[self.pid])
                self.pid = self.nursery.start(self.words, self.environment)
            time.sleep(RESTART_PAUSE)

    def kill_group(self) -> None:
        os.killpg(self.pid, signal.SIGKILL)

    def stop(self, seconds: float = 20) -> int | None:
        """Ends it in order; returns its exit code, None when it had to be killed."""
        self.stopping = True
        self.thread.join()
        if not self.has_ended:
            os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: self.has_ended, seconds=seconds)
        if group(self.pid):
            self.kill_group()
            return None
        return self.nursery.exit_codes[self.pid]


def group(leader: int) -> list[int]:
    """The living processes of a process group."""
    return sorted(_parents(leader))


def workers(leader: int) -> list[int]:
    """The processes that a cluster's sentinel has forked: its workers, the pusher and the monitor."""
    parents = _parents(leader)
    sentinels = [pid for pid, parent in parents.items() if parent == leader]
    return sorted(pid for pid, parent in parents.items() if parent in sentinels)


def _parents(leader: int) -> dict[int, int]:
    """{pid: parent} of the group's living processes."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, parent, group_id = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(group_id) == leader and state != "Z":
            found[int(entry.name)] = int(parent)
    return found
