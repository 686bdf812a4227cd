"""Run the legs of a ring side by side: `python -m tests.run [--ring short|changed|all|turn] [leg ...]` (tests/legs.py).

Each leg's output is a file in `.test-output`. The legs of a lane run one after the other, the lanes at the same time.
Units take whatever processor time the others leave: these start real processes and browsers, and wait more than they
calculate. What failed is shown whole at the end. The exit status is 0 only if every leg's was.

`--seconds N`: no test begins later than that; what was left out is said. A test that fails is run once more by itself:
only what fails twice fails the run, and what passed at its second try is named at the end.
"""

import argparse
import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from .legs import OUTPUT, PROCESSORS, ROOT, Leg, build_changed, build_short, build_turns
from .rings import turns
from .rings.touched import find_base, find_touched

PATIENCE = 20.0  # seconds for a leg to end after Ctrl-C
TESTS_FAILED = 1  # pytest's exit status; any other says that more is wrong (tests/leg.py)
CHART_WIDTH = 60  # characters
AT_MOST_AGAIN = 5  # tests of a leg that failed and are tried once more: many aren't chance


@dataclass(frozen=True)
class Ended:
    """How a leg went. `began` and `took`: seconds of the clock since the run began; `worked`: of a processor."""

    status: int
    began: float
    took: float
    worked: float


class Run:
    """The legs of one ring. `until`: when no test begins any more, by the monotonic clock."""

    def __init__(self, lanes: list[list[Leg]], *, until: float = float("inf")) -> None:
        self.lanes = lanes
        self.until = until
        self.passed_later: dict[str, list[str]] = {}  # of each leg the tests that passed at their second try
        self.ended: dict[str, Ended] = {}
        self._running: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._is_stopped = False

    def go(self) -> int:
        """Run every lane and report. Returns the exit status."""
        OUTPUT.mkdir(exist_ok=True)
        self._began = time.monotonic()
        # Events, because a `Thread.join` that a signal interrupts takes the thread for ended (Python 3.11).
        ends = [threading.Event() for _lane in self.lanes]
        try:
            for lane, end in zip(self.lanes, ends, strict=True):
                threading.Thread(target=self._run_lane, args=(lane, end)).start()
            for end in ends:
                end.wait()
        except KeyboardInterrupt:
            self._stop()
        for end in ends:
            end.wait(PATIENCE)
        return self._report()

    def _run_lane(self, lane: list[Leg], end: threading.Event) -> None:
        try:
            self._run_legs(lane)
        finally:
            end.set()

    def _run_legs(self, lane: list[Leg]) -> None:
        for leg in lane:
            began = time.monotonic()
            if began > self.until and leg.takes_time:
                say(f"{leg.name}: left out, the time is over")
                with self._lock:
                    self.ended[leg.name] = Ended(0, began - self._began, 0.0, 0.0)
                continue
            status, worked = self._run_leg(self._with_its_time(leg))
            if status == TESTS_FAILED:
                status = self._try_again(leg, status)
            ended = Ended(status, began - self._began, time.monotonic() - began, worked)
            with self._lock:
                self.ended[leg.name] = ended
            took = f"{ended.took:.0f} s ({worked:.0f} s of a processor)"
            say(f"{leg.name}: {outcome(status)} after {took}. {last_line(leg)}")

    def _with_its_time(self, leg: Leg) -> Leg:
        if self.until == float("inf") or not leg.takes_time:
            return leg
        return leg.with_words("--end-after", f"{max(0.0, self.until - time.monotonic()):.0f}")

    def _try_again(self, leg: Leg, status: int) -> int:
        """Run by itself what failed in a leg. Returns 0 where it passes now, else the status that the leg had."""
        failed = leg.failed.read_text(encoding="utf-8").splitlines() if leg.failed.exists() else []
        if not failed or len(failed) > AT_MOST_AGAIN or not leg.takes_time:
            return status
        again, _worked = self._run_leg(leg.again(failed))
        if again:
            say(f"{leg.name}: {len(failed)} failed twice: {', '.join(failed)}")
            return status
        with self._lock:
            self.passed_later[leg.name] = failed
        return 0

    def _run_leg(self, leg: Leg) -> tuple[int, float]:
        """Returns its exit status, a signal's number below zero if that ended it; and the processor time in seconds."""
        with leg.output.open("wb") as output:
            with self._lock:
                if self._is_stopped:
                    return -signal.SIGINT, 0.0
                process = subprocess.Popen(
                    ("nice", "-n", str(leg.niceness), *leg.command),
                    cwd=ROOT,
                    env={**os.environ, **leg.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # A group and no session of its own: Linux shares processors equally between sessions, and `nice`
                    # counts only within one (sched_autogroup). With sessions the browser had no more than each other.
                    process_group=0,
                )
                self._running.append(process)
            try:
                _pid, status, usage = os.wait4(process.pid, 0)
            except ChildProcessError:  # `_stop` was there first
                return -signal.SIGINT, 0.0
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime

    def _stop(self) -> None:
        """As Ctrl-C in each leg's own terminal; what hasn't ended then is killed."""
        with self._lock:
            self._is_stopped = True
        self._signal_all(signal.SIGINT)
        until = time.monotonic() + PATIENCE
        for process in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
        self._signal_all(signal.SIGKILL)

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._running:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)

    def _report(self) -> int:
        statuses = {name: each.status for name, each in self.ended.items()}
        failed = [leg for lane in self.lanes for leg in lane if statuses.get(leg.name) != 0]
        for leg in (leg for lane in self.lanes for leg in lane if leg in failed or leg.name in self.passed_later):
            how = outcome(statuses.get(leg.name)) if leg in failed else "passed only at the second try; the first:"
            say(f"\n{'=' * 30} {leg.name} {how} {'=' * 30}")
            say(leg.output.read_text(errors="replace") if leg.output.exists() else "")
        for line in draw_timeline(self.ended):
            say(line)
        if failed:
            say("Failed: " + ", ".join(leg.name for leg in failed))
        return 1 if failed else 0


def draw_timeline(ended: dict[str, Ended]) -> Iterator[str]:
    """When each leg ran, and how much of the processors all of them used: which of them is waited for."""
    whole = max((each.began + each.took for each in ended.values()), default=0.0)
    if not whole:
        return
    for name, each in sorted(ended.items(), key=lambda item: item[1].began):
        before = round(each.began / whole * CHART_WIDTH)
        length = max(1, round((each.began + each.took) / whole * CHART_WIDTH) - before)
        bar = (" " * before + "#" * length).ljust(CHART_WIDTH)
        took = f"{each.began:5.0f} to {each.began + each.took:5.0f} s, {each.worked:5.0f} s of a processor"
        yield f"{name:>15} |{bar}| {took}"
    worked = sum(each.worked for each in ended.values())
    busy = worked / (whole * PROCESSORS)
    yield f"Together {whole:.0f} s, {worked:.0f} s of a processor: {busy:.0%} of {PROCESSORS}."


def outcome(status: int | None) -> str:
    if status == 0:
        return "passed"
    if status is None:
        return "did not run"
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"FAILED with exit status {status}"


def last_line(leg: Leg) -> str:
    lines = leg.output.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip("= ") if lines else ""


def say(text: str) -> None:
    print(text, flush=True)


def interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def count(legs: list[Leg]) -> tuple[int, int]:
    """How many tests passed and failed in these, as their last lines say."""
    passed = failed = 0
    for leg in legs:
        if leg.output.exists():
            for number, word in re.findall(r"(\d+) (passed|failed|errors?)\b", last_line(leg)):
                passed, failed = (passed + int(number), failed) if word == "passed" else (passed, failed + int(number))
    return passed, failed


def run_ring(name: str, stages: list[list[list[Leg]]], wanted: set[str], **how: float) -> int:
    """Run stage after stage, and none after one that failed. Says how many tests passed. Returns the exit status."""
    began, status, ran = time.monotonic(), 0, []
    later: list[str] = []
    for lanes in stages:
        chosen = [found for lane in lanes if (found := [leg for leg in lane if not wanted or leg.name in wanted])]
        for leg in (leg for lane in chosen for leg in lane):
            ran.append(leg)
            for old in (leg.output, leg.failed):
                old.unlink(missing_ok=True)
        if chosen and not status:
            run = Run(chosen, **how)
            status = run.go()
            later += itertools.chain.from_iterable(run.passed_later.values())
    passed, failed = count(ran)
    passed, failed = passed + len(later), failed - len(later)
    for test in later:
        say(f"Passed only at its second try: {test}")
    say(f"Ring {name}: {passed} passed, {failed} failed, in {time.monotonic() - began:.0f} s.")
    return status


def run_turn(wanted: set[str], until: float) -> int:
    """Run the legs whose turn it is, and count what failed there and wouldn't have been chosen by the change."""
    turn = turns.find_turn([each.name for each in build_turns() if each.in_ci])
    found = next(each for each in build_turns() if each.name == turn)
    say(f"The turn: {turn}, about {found.cost} minutes.")
    if time.monotonic() + found.cost * 60 > until and not all(leg.takes_time for leg in found.legs):
        say("Left out: it can't be divided, and the time would not suffice.")
        return 0
    status = run_ring(f"turn ({turn})", [found.lanes], wanted, until=until)
    touched = find_touched(find_base())
    failed = {name for leg in found.legs if leg.failed.exists() for name in leg.failed.read_text().splitlines()}
    missed = sorted(name for name in failed if name.partition("::")[0] not in touched)
    say(f"Failed in the turn: {len(failed)}; of these not chosen by the change: {len(missed)}")
    for name in missed:
        say(f"  {name}")
    return status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("legs", nargs="*", help="only these")
    parser.add_argument("--ring", choices=("short", "changed", "all", "turn"), default="short")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no test begins later")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    until, wanted = time.monotonic() + arguments.seconds, set(arguments.legs)
    if arguments.ring == "turn":
        return run_turn(wanted, until)
    stages = build_stages(arguments.ring)
    names = {leg.name for lanes in stages for lane in lanes for leg in lane}
    if unknown := wanted - names - {turn.name for turn in build_turns() if arguments.ring == "all"}:
        parser.error(f"no such leg: {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    for turn in build_turns() if arguments.ring == "all" else ():
        wanted |= {leg.name for leg in turn.legs} if turn.name in wanted else set()
    return run_ring(arguments.ring, stages, wanted, until=until)


def build_stages(ring: str) -> list[list[list[Leg]]]:
    """Lanes that run at the same time, one after the other. What measures seconds runs by itself."""
    if ring == "short":
        return build_short()
    if ring == "changed":
        base = find_base()
        touched = find_touched(base)
        say(f"{len(touched)} test files are touched since {base[:8]}.")
        return build_changed(touched)
    return [[[Leg("lint", ("make", "--no-print-directory", "lint"))]], *(turn.lanes for turn in build_turns())]


if __name__ == "__main__":
    sys.exit(main())
