"""Run the legs of `make test` side by side: `python -m tests.run [--thorough] [leg ...]`.

A leg is one command with an output of its own in `.test-output`. The legs of a lane run one after the other, the lanes
at the same time. Units take whatever processor time the others leave: these start real processes and browsers, and
wait more than they calculate. What failed is shown whole at the end. The exit status is 0 only if every leg's was.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from .marked_files import RANDOM, find_files, find_files_with_examples

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / ".test-output"
PATIENCE = 20.0  # seconds for a leg to end after Ctrl-C
PROCESSORS = len(os.sched_getaffinity(0))
CHART_WIDTH = 60  # characters
PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.leg")
WORKERS = ("-n", str(max(2, PROCESSORS)), "--dist", "worksteal")
UNITS = "not browser and not faults and not pictures"
PUBLIC = "tests/public/"  # browsers that visit a running system, not the server of a test
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages")
# Rooms where a branch that no test takes is a defect, as in pyproject.toml, and those whose tests take their branches:
# their own, and what is built on them. Of the others a thorough run notes lines alone (docs/adr/0242).
COVERED = ("notifications/outbox", "case_forms/submissions", "case_forms/procedures", "site/access")
TAKE_BRANCHES = (
    *COVERED,
    "notifications/escalation",
    "case_forms/procedure_editor",
    "case_forms/devices",
    "case_forms/reports",
    "tests/security/test_the_chain_tells_the_day.py",
)
# What receives, stores, claims and locks; a thorough run takes all about submissions.
ON_SERVERS = (
    "notifications",
    "tests/chaos/test_faults.py",
    "tests/chaos/test_storm.py",
    "tests/security/test_nothing_leaks.py",
    "tests/upgrade",
    "site/audit/tests/test_index_operations.py",
    "site/audit/tests/test_prepared_sql.py",
    "site/audit/tests/test_prepared_values.py",
    "site/config/backups/point_in_time/tests/test_wal.py",
    "site/config/backups/tests/test_prepared_database.py",
    "case_forms/cases/closing",
    "case_forms/cases/talk/tests/test_at_once.py",
    "case_forms/submissions/attachments",
    "case_forms/submissions/exports",
    *(
        f"case_forms/submissions/tests/test_{each}.py"
        for each in (
            *("receiving", "api", "api_bodies", "filling_sending", "two_pages", "forgetting", "twenty_writers"),
            *("moving_at_once", "killed_midway", "register"),
        )
    ),
)
# Minutes of waiting for what fails (docs/faults.md), and namespaces, which only root makes. The others hold a commit.
ONLY_THOROUGH = ("tests/chaos/test_own_machine.py", "tests/machines/test_cut_off.py")
ALSO_ON_SERVERS = ("case_forms/submissions", "site/config/backups/point_in_time/tests/test_moments.py")


@dataclass(frozen=True)
class Leg:
    """`niceness`: how far it steps back for the legs beside it."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    niceness: int = 0

    @property
    def output(self) -> Path:
        return OUTPUT / f"{self.name}.txt"


@dataclass(frozen=True)
class Ended:
    """How a leg went. `began` and `took`: seconds of the clock since the run began; `worked`: of a processor."""

    status: int
    began: float
    took: float
    worked: float


def build_lanes(*, thorough: bool) -> list[list[Leg]]:
    """The floors (`--at-least`) are a little under what runs today: raise them when many tests are added.

    One test by itself tries as many random examples as it names; all of them together fewer. In a thorough run a leg
    of its own tries many more, and the units leave out what is random (docs/adr/0235, 0240).
    """
    python = sys.executable
    browser = ("-m", "browser", "--reruns", "1", "--at-least")
    in_public = [path for path in find_files("browser") if path.startswith(PUBLIC)]
    in_rooms = [path for path in find_files("browser") if not path.startswith(PUBLIC)]
    # More than half of such a test is waiting, for a page or a server: two of them share what one leaves.
    two = ("-n", "2", "--dist", "worksteal")
    few = {"EXAMPLES_FACTOR": "0.2"} | ({"LANDINGS": "all"} if thorough else {})
    named = few | {"EXAMPLES_FACTOR": "1"} if thorough else few
    many = {"EXAMPLES_FACTOR": "3", "EXAMPLES_MINUTES": "10", "CONTRACT_EXAMPLES": "40"}
    at_random = f"{RANDOM} and {UNITS}"
    examples = (*WORKERS, *find_files_with_examples(), "-m", at_random, "--at-least", "700")
    rooms = (*ON_SERVERS, *(ALSO_ON_SERVERS if thorough else ()))
    faults = [path for path in find_files("faults") if thorough or path not in ONLY_THOROUGH]
    on_servers = (*rooms, "-m", "not browser", "--at-least", "1700" if thorough else "900")
    return [
        [
            Leg("lint", ("make", "--no-print-directory", "lint"), niceness=5),
            *(build_measured_units(few) if thorough else [build_units(few)]),
        ],
        [
            Leg(
                "browser",
                (python, *PYTEST, *two, *in_rooms, *browser, "205"),
                {**named, "TEST_DATABASE": "file"},
            ),
            *([Leg("examples", (python, *PYTEST, *examples), many, niceness=10)] if thorough else []),
        ],
        [
            Leg("chaos", (python, *PYTEST, *faults, "-m", "faults", "--at-least", "55"), named),
            # Second: its system begins with the migrated database, which another leg has made by then.
            Leg("public", (python, *PYTEST, *in_public, *browser, "44"), {**named, "TEST_DATABASE": "file"}),
            # Few random examples, as in a shorter run: the leg `examples` tries the many, on SQLite.
            Leg("servers", (python, "-m", "tests.servers", *PYTEST, *on_servers), few, niceness=10),
        ],
    ]


def build_units(environment: dict[str, str]) -> Leg:
    return Leg("units", (sys.executable, *PYTEST, *WORKERS, "-m", UNITS, "--at-least", "12000"), environment, 10)


def build_measured_units(environment: dict[str, str]) -> list[Leg]:
    """The units as two legs that note which lines ran, and what is said of that.

    One notes which branches were taken as well, which takes half as long again. The other leaves to Python itself to
    say which lines ran (`sys.monitoring`), at next to no cost. What is random is not in it: the examples have that.
    """
    python = sys.executable
    branches, lines = ROOT / ".coverage.branches", ROOT / ".coverage.lines"
    note = (*(f"--cov={room}" for room in ROOMS), "--cov-report=", "--cov-fail-under=0")
    taken = (*WORKERS, *note, "--cov-branch", *TAKE_BRANCHES, "-m", UNITS, "--at-least", "4500")
    elsewhere = (f"--ignore={path}" for path in TAKE_BRANCHES)
    ran = (*WORKERS, *note, *elsewhere, "-m", f"{UNITS} and not {RANDOM}", "--at-least", "12000")
    measuring = "sysmon" if sys.version_info >= (3, 12) else "ctrace"
    # How much must be covered says pyproject.toml.
    include = ",".join(f"{room}/*" for room in COVERED)
    enough = ("-m", "coverage", "report", f"--data-file={branches}", f"--include={include}")
    return [
        Leg("branches", (python, *PYTEST, *taken), {**environment, "COVERAGE_FILE": str(branches)}, 10),
        Leg(
            "units",
            (python, *PYTEST, *ran),
            {**environment, "COVERAGE_FILE": str(lines), "COVERAGE_CORE": measuring},
            10,
        ),
        Leg("coverage", (python, *enough)),
        Leg("coverage-of-all", (python, "-m", "tests.covered_lines", str(branches), str(lines))),
    ]


def build_installations() -> list[list[Leg]]:
    """What root alone can try: bare Debians, one for each database, and a first certificate.

    After the other legs, for these measure how long an upgrade and a restore take.
    """

    def install(database: str) -> Leg:
        command = (sys.executable, "-m", "tests.install.bare_debian", database, "--first", "landed")
        return Leg(f"bare-debian-{database}", command)

    certificate = Leg("first-certificate", (sys.executable, "-m", "tests.install.first_certificate"))
    return [[install("sqlite"), certificate], [install("postgresql")]]


class Run:
    """All legs of one `make test`."""

    def __init__(self, lanes: list[list[Leg]]) -> None:
        self.lanes = lanes
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
            status, worked = self._run_leg(leg)
            ended = Ended(status, began - self._began, time.monotonic() - began, worked)
            with self._lock:
                self.ended[leg.name] = ended
            took = f"{ended.took:.0f} s ({worked:.0f} s of a processor)"
            say(f"{leg.name}: {outcome(status)} after {took}. {last_line(leg)}")

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
        for leg in failed:
            say(f"\n{'=' * 30} {leg.name} {outcome(statuses.get(leg.name))} {'=' * 30}")
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("legs", nargs="*", help="only these")
    parser.add_argument("--thorough", action="store_true", help="more random examples, coverage of every room")
    arguments = parser.parse_args()
    stages = [build_lanes(thorough=arguments.thorough)]
    if arguments.thorough and os.geteuid() == 0:
        stages.append(build_installations())
    names = {leg.name for lanes in stages for lane in lanes for leg in lane}
    if unknown := set(arguments.legs) - names:
        parser.error(f"no such leg: {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    signal.signal(signal.SIGTERM, interrupt)
    for lanes in stages:
        wanted = [[leg for leg in lane if not arguments.legs or leg.name in arguments.legs] for lane in lanes]
        if any(wanted) and (status := Run(wanted).go()):
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
