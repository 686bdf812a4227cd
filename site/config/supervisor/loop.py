"""The supervisor's main loop: start the parts, restart them, stop them; and what it says at the terminal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from notifications.outbox.linux_processes import adopt_orphans

from .instance import ROOT, Instance
from .orphans import iter_marked_processes
from .parts import Child, Part
from .pulses import PULSE, Pulses
from .systemd import Systemd
from .watch import WEB_STARTS_WITHIN, Answer, Watch, ask

STOP = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
TICK_SECONDS = 0.2
ASK_SECONDS = 2.0
GRACE_SECONDS = 6.0
REAP_SECONDS = 2.0
STILL_WAITING_SECONDS = 20.0
STARTING_SECONDS = 120.0  # ask often only for so long: without a roster a service stays unready for days


class Console:
    """The terminal. The parts log to files, or straight to standard error.

    `accounts`: the demo accounts, one line each, shown once the service is ready.
    """

    def __init__(self, place: Instance) -> None:
        self.parts_log_to_files = os.environ.get("LOG_TO", "files" if place.is_local else "stderr") == "files"
        self.accounts: Sequence[str] = ()

    def say(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def log_hint(self, child: Child) -> str:
        return f" (see {_short(str(child.log))})" if child.log else ""

    def welcome(self, place: Instance) -> None:
        """Print the addresses and demo accounts, once the service is ready."""
        base = place.public_url.rstrip("/")
        rows = [("public pages", "/"), ("mobile units", "/field/"), ("editors, coordinators", "/cms/")]
        if place.mail_socket is not None:
            rows.append(("mail of this sandbox", "/sandbox/inbox/"))
        if place.phone_socket is not None:
            rows.append(("phones of this sandbox", "/sandbox/phones/"))
        self.say("")
        for label, path in rows:
            self.say(f"  {label:<24}{base}{path}")
        if self.accounts:
            self.say("\n  demo accounts")
            for line in self.accounts:
                self.say(f"    {line}")
        self.say(f"\n  data in {_short(str(place.data_dir))}; Ctrl-C stops everything\n")
        self.say("ready")


class Supervisor:
    """The loop over all parts.

    Each turn: start what is due, sleep until a signal or tick, reap the dead, read the heartbeats of `web`, ask
    /readyz, end what is stuck.
    """

    def __init__(self, place: Instance, parts: list[Part], console: Console, *, mark: str) -> None:
        self.place, self.console, self.mark = place, console, mark
        self.watch = Watch()
        self.systemd = Systemd()
        self.pulses = Pulses.open()
        os.environ[PULSE] = str(self.pulses.write_end)
        self.is_ready = False
        self._asked_at = 0.0
        self._began_at = time.monotonic()
        self._told_at = time.monotonic()
        # Under `nohup` a closed terminal isn't meant to stop anything.
        nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        self._stops = STOP - {signal.SIGHUP} if nohup else STOP
        self._parent = os.getppid() if os.environ.get("VATRA_STOP_WITH_PARENT") else None
        self._guard, self._pipe = self._start_guard()
        self.children = [self._build_child(part) for part in parts]

    def run(self) -> Part | None:
        """Loop until the service is stopped; returns None, or in a newly forked process the part to become."""
        adopt_orphans()
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        while True:
            self.systemd.say_alive()
            for child in self.children:
                if child.is_due() and child.start():
                    return child.part
            if self._is_stop_requested() or self._parent_is_gone():
                self._stop()
                return None
            self._reap_children()
            self._check_web_pulses()
            self._check_health()

    @property
    def _signals(self) -> set[signal.Signals]:
        return {*self._stops, signal.SIGCHLD}

    def _is_stop_requested(self) -> bool:
        """Sleep until a signal comes or the tick is over; True for a signal to stop.

        Signals are blocked everywhere else, so none interrupts another step.
        """
        received = signal.sigtimedwait(self._signals, TICK_SECONDS)
        return received is not None and received.si_signo in self._stops

    def _build_child(self, part: Part) -> Child:
        """Create a part that isn't started yet."""

        def close_supervisors() -> None:
            os.close(self._pipe)
            self.pulses.close_in_part(part.name)
            self.place.close_in_part(part.name)

        log = self.place.data_dir / "log" / f"{part.name}.log" if self.console.parts_log_to_files else None
        return Child(part, log, close_supervisors)

    def _start_guard(self) -> tuple[subprocess.Popen[bytes], int]:
        """Start the guard process; returns it and the end of the pipe that only we hold."""
        read_end, write_end = os.pipe()
        script = Path(__file__).with_name("orphans.py")
        guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(script), self.mark],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            # Without the mark: the guard must not count itself among those to end.
            env={},
            start_new_session=True,
        )
        os.close(read_end)
        return guard, write_end

    def _parent_is_gone(self) -> bool:
        """Whether the process that started us (`make`) has ended, where that is to stop us."""
        return self._parent is not None and os.getppid() != self._parent

    def _reap_children(self) -> None:
        """Reap every dead process, ours or adopted, and end what a dead part left of its group."""
        ended = _reap()
        for child in self.children:
            if child.pid in ended:
                pause = child.handle_exit()
                self.console.say(f"{child.name} ended; starting it again in {pause:g} s{self.console.log_hint(child)}")
            child.reset_if_gone()
        if self._guard.pid in ended:
            # The guard itself ended: without one, a kill of the supervisor would leave orphans.
            os.close(self._pipe)
            self._guard, self._pipe = self._start_guard()

    def _check_web_pulses(self) -> None:
        """Kill each process of the web server that is silent and finishes nothing; granian starts another."""
        self.pulses.listen()
        for child in self.children:
            if child.name != "web" or child.pid is None or child.leader_ended:
                continue
            for pid, seconds in self.pulses.silent(child.pid):
                self.console.say(
                    f"web: process {pid} has been silent for {seconds:.0f} s and finished nothing; starting another"
                    f"{self.console.log_hint(child)}"
                )
                _kill(pid)
                del self.pulses.heard[pid]
            if child.uptime > WEB_STARTS_WITHIN and not self.pulses.has_heard(child.pid, WEB_STARTS_WITHIN):
                self.console.say(f"web: none of it says that it lives; starting it again{self.console.log_hint(child)}")
                child.end(signal.SIGKILL)

    def _check_health(self) -> None:
        """Ask /readyz when it is time, and kill parts that no longer work."""
        is_starting = not self.is_ready and time.monotonic() - self._began_at < STARTING_SECONDS
        if time.monotonic() - self._asked_at < (TICK_SECONDS if is_starting else ASK_SECONDS):
            return
        answer = ask(self.place)
        self._asked_at = time.monotonic()
        if answer.parts is not None:
            if self.place.listens and not self.systemd.has_said_ready:
                self.systemd.store(self.place.reserved)
            self.systemd.say_ready()
        if answer.ready and not self.is_ready:
            self.is_ready = True
            self.console.welcome(self.place)
        elif not self.is_ready:
            self._report_missing(answer)
        for child, reason in self.watch.stuck(self.children, answer):
            self.console.say(f"{child.name}: {reason}; starting it again{self.console.log_hint(child)}")
            child.end(signal.SIGKILL)

    def _report_missing(self, answer: Answer) -> None:
        if time.monotonic() - self._told_at > STILL_WAITING_SECONDS:
            self._told_at = time.monotonic()
            missing = ", ".join(answer.missing) if answer.parts is not None else "the web server does not answer"
            self.console.say(f"not ready yet: {missing}")

    def _stop(self) -> None:
        """Stop all parts: SIGTERM, a while to finish, then SIGKILL for what is left."""
        self.systemd.say_stopping()
        self.console.say("stopping")
        for child in self.children:
            child.end(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while any(child.lives() for child in self.children) and time.monotonic() < deadline:
            if self._is_stop_requested():
                break  # a second Ctrl-C: kill now
            _reap()
        # By their mark and not by group, so that what left its session is found, too.
        while left := [pid for pid in iter_marked_processes(self.mark) if pid != os.getpid()]:
            for pid in left:
                _kill(pid)
            _reap()
            time.sleep(0.02)
        # Dead processes show no mark; those not reaped here would stay in the process table after "stopped".
        deadline = time.monotonic() + REAP_SECONDS
        while any(child.lives() for child in self.children) and time.monotonic() < deadline:
            _reap()
            time.sleep(0.02)
        # Tells the guard that nothing is left to end.
        os.write(self._pipe, b".")
        self._guard.wait()
        self.console.say("stopped")


def _reap() -> list[int]:
    """Return the pids of all processes that have ended since the last call."""
    ended: list[int] = []
    while True:
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _short(path: str) -> str:
    return os.path.relpath(path) if path.startswith(f"{ROOT}{os.sep}") else path
