"""The parts of the service: the lines of the Procfile, and each as a process that runs and is restarted."""

import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from notifications.outbox.linux_processes import die_with_parent

from .orphans import is_group_alive, signal_group

BACKOFF_SECONDS = (0.2, 1.0, 2.0, 5.0, 10.0, 15.0)
STEADY_SECONDS = 30.0
LOG_BYTES = 10 * 1024 * 1024
LINE = re.compile(r"^([a-z][a-z0-9_]*):\s*(\S.*)$")


class ProcfileError(Exception):
    """A line of the Procfile can't be used."""


@dataclass(frozen=True)
class Part:
    """One process of the service. `command` is its argument vector."""

    name: str
    command: tuple[str, ...]

    @property
    def management_arguments(self) -> tuple[str, ...] | None:
        """The arguments after `python manage.py`, when that is how the command begins; else None.

        Such a part runs in a fork of the supervisor, which has Django loaded already: that saves each start three
        seconds of importing, and the parts share that memory.
        """
        return self.command[2:] if self.command[:2] == ("python", "manage.py") else None


def read_procfile(path: Path) -> list[Part]:
    """Return the parts in the order of their lines. Raises ProcfileError."""
    parts = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.match(line.strip())
        if match is None:
            raise ProcfileError(f"{path.name}, line {number} is not of the form `name: command`")
        parts.append(Part(match[1], tuple(shlex.split(match[2]))))
    if len({part.name for part in parts}) != len(parts):
        raise ProcfileError(f"{path.name} names one part twice")
    return parts


@dataclass
class Child:
    """A part and its process.

    `pid` is also the id of its session and process group: what it forks stays in the group and can be ended with it.
    """

    part: Part
    log: Path | None
    close_supervisors: Callable[[], None]  # called in the new process: closes what only the supervisor may hold
    pid: int | None = None
    leader_ended: bool = False
    started: float = 0.0
    falls: int = 0
    next_start: float = 0.0

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def uptime(self) -> float:
        return time.monotonic() - self.started if self.pid else 0.0

    def is_due(self) -> bool:
        return self.pid is None and time.monotonic() >= self.next_start

    def start(self) -> bool:
        """Fork. Returns True in the new process, which then must become the part (`run_part`), else False."""
        supervisor = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._set_up_process(supervisor)
            return True
        self.pid, self.leader_ended, self.started = pid, False, time.monotonic()
        return False

    def _set_up_process(self, supervisor: int) -> None:
        """Prepare the new process: session, signals, descriptors, log."""
        # A session of its own: Ctrl-C at the terminal reaches the supervisor only, which stops the parts in order.
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # The supervisor blocks its signals; a fork inherits that.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with_parent(signal.SIGTERM, parent=supervisor)
        self.close_supervisors()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        if self.log is not None:
            _rotate(self.log)
            output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(output, 1)
            os.dup2(output, 2)

    def handle_exit(self) -> float:
        """Kill what the dead leader left of its group; returns the seconds until the restart."""
        self.end(signal.SIGKILL)
        self.leader_ended = True
        # A part that ran for a while starts again with the shortest pause.
        self.falls = 1 if self.uptime > STEADY_SECONDS else self.falls + 1
        pause = BACKOFF_SECONDS[min(self.falls, len(BACKOFF_SECONDS)) - 1]
        self.next_start = time.monotonic() + pause
        return pause

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal: SIGTERM to the leader, which ends its own processes in order; SIGKILL to the whole group."""
        if self.pid is None:
            return
        if number == signal.SIGKILL:
            signal_group(self.pid, number)
        elif not self.leader_ended:
            os.kill(self.pid, number)

    def lives(self) -> bool:
        """Whether any process of the group is left."""
        return self.pid is not None and is_group_alive(self.pid)

    def reset_if_gone(self) -> None:
        """Let the part start again once the whole group is gone."""
        if self.leader_ended and not self.lives():
            self.pid = None


def run_part(part: Part) -> int:
    """Run the part in this (forked) process and return its exit code, or replace the process by it."""
    arguments = part.management_arguments
    if arguments is None:
        program = sys.executable if part.command[0] == "python" else part.command[0]
        os.execvp(program, [program, *part.command[1:]])
    from django.core.management import call_command  # late: the supervisor itself does without Django

    sys.argv = ["manage.py", *arguments]
    # Without the checks of `manage.py`: the preparation made them, and they would touch (copy) all the shared memory.
    call_command(*arguments)
    return 0


def _rotate(log: Path) -> None:
    """Rotate the log: keep one older file beside the current one, once that has more than LOG_BYTES."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
