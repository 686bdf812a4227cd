"""The processes of a side: their CPU time, their workers, and starting again what was killed."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
RESTART_PAUSE = 0.2  # as the supervisor's first (config/supervisor/parts.py)


@dataclass(frozen=True)
class Process:
    """A line of /proc: `cpu` in seconds, with that of the children it has waited for."""

    pid: int
    parent: int
    name: str
    cpu: float
    began: int


def read_processes() -> dict[int, Process]:
    """Return every living process of this machine by its pid."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            head, _bracket, rest = (entry / "stat").read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = rest.split()
        if fields[0] == "Z":
            continue
        cpu = sum(int(each) for each in fields[11:15]) / TICKS
        found[int(entry.name)] = Process(int(entry.name), int(fields[1]), head.partition("(")[2], cpu, int(fields[19]))
    return found


def find_tree(roots: Iterable[int]) -> list[Process]:
    """Return these processes and all that descend from them, the oldest first."""
    living = read_processes()
    found = {pid for pid in roots if pid in living}
    while more := {each.pid for each in living.values() if each.parent in found} - found:
        found |= more
    return sorted((living[pid] for pid in found), key=lambda one: (one.began, one.pid))


def read_cpu(roots: Iterable[int]) -> float:
    """Return the seconds of CPU time that these and their descendants have used."""
    return sum(each.cpu for each in find_tree(roots))


class Kept:
    """A command that is started again whenever it ends, as a supervisor does."""

    def __init__(self, command: list[str], *, cwd: Path, environment: dict[str, str], log: Path) -> None:
        self._how = {"cwd": cwd, "env": environment, "start_new_session": True}
        self._command, self._log = command, log
        self._stopping = False
        self.process = self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(self._command, stdout=log, stderr=log, **self._how)  # type: ignore[call-overload]

    @property
    def pid(self) -> int:
        return self.process.pid

    def _keep(self) -> None:
        while not self._stopping:
            if self.process.poll() is not None:
                time.sleep(RESTART_PAUSE)
                if not self._stopping:
                    self.process = self._start()
            time.sleep(0.02)

    def stop(self, *, seconds: float = 10) -> None:
        self._stopping = True
        self._thread.join()
        family = find_tree([self.pid])
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for each in family:  # what it left behind
            kill(each.pid)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has ended already
