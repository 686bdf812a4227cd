"""The real parts around a fault: an SMTP server with moods, the application, and what a supervisor would keep running."""

import asyncio
import json
import os
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

ROOT = Path(__file__).resolve().parents[2]
RESTART_PAUSE = 0.2


def wait_until(true: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
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
            [sys.executable, "-m", "tests.faults.driver"],
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
        self.process.wait(10)


class Kept:
    """A `manage.py` command that is started again whenever it ends, as the supervisor does."""

    def __init__(self, *words: str, environment: dict[str, str], log: Path) -> None:
        self.words, self.environment, self.log = words, environment, log
        self.exit_codes: list[int] = []
        self.stopping = False
        self._start()
        self.thread = threading.Thread(target=self._keep, daemon=True)
        self.thread.start()

    def _start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *self.words],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while not self.stopping:
            if self.process.poll() is None:
                time.sleep(0.05)
                continue
            self.exit_codes.append(self.process.returncode)
            time.sleep(RESTART_PAUSE)
            if not self.stopping:
                self._start()

    def kill_group(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, seconds: float = 15) -> int:
        """Ends it in order; returns its exit code. Kills what is left."""
        self.stopping = True
        self.thread.join()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            if group(self.process.pid):
                self.kill_group()


def group(leader: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


def named(leader: int, word: str) -> list[int]:
    """The workers of a cluster: the processes of its group whose parent is the sentinel; `word` "worker" or "sentinel"."""
    parents = {pid: int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in group(leader)}
    sentinels = [pid for pid, parent in parents.items() if parent == leader]
    if word == "sentinel":
        return sentinels
    return [pid for pid, parent in parents.items() if parent in sentinels]
