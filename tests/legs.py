"""The legs of each ring: which commands `make test`, `make test-changed` and `make test-all` run (tests/run.py).

A leg is one command with an output of its own. Three rings, from the one that everybody runs outwards:

- short (`make test`): that the whole works. Every unit that is cheap, one of each file of dear ones, and of browsers,
  real processes and servers what is marked `main`.
- changed (`make test-changed`): the dear ones that a change touches (tests/rings/touched.py).
- all (`make test-all`): everything, in legs of at most 40 minutes. CI runs one of
  them at each landing (tests/rings/turns.py).
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .marked_files import RANDOM, find_files, find_files_with_examples

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / ".test-output"
PROCESSORS = len(os.sched_getaffinity(0))
PYTHON = sys.executable
# pytest-xdist would start a thread that no fork may have.
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "tests.leg")
RINGS = ("-p", "tests.rings.forking", "-p", "tests.rings.choosing")
WORKERS = str(max(2, PROCESSORS))
UNITS = "not browser and not faults and not pictures and not clock"
CLOCK = "clock and not browser and not faults"
PUBLIC = "tests/public/"  # browsers that visit a running system, not the server of a test
ROOMS = ("site", "case_forms", "content", "notifications", "outreach_pages")
# Rooms where a branch that no test takes is a defect, as in pyproject.toml, and those whose tests take their branches:
# their own, and what is built on them. Of the others only lines are noted (docs/adr/0242).
COVERED = ("notifications/outbox", "case_forms/submissions", "case_forms/procedures", "site/access")
TAKE_BRANCHES = (
    *COVERED,
    "notifications/escalation",
    "case_forms/procedure_editor",
    "case_forms/devices",
    "case_forms/reports",
    "tests/security/test_the_chain_tells_the_day.py",
)
# What receives, stores, claims and locks.
ON_SERVERS = (
    "notifications",
    "tests/chaos/test_faults.py",
    "tests/chaos/test_storm.py",
    "tests/security/test_nothing_leaks.py",
    "tests/upgrade",
    "site/audit/tests/test_index_operations.py",
    "site/config/backups/point_in_time/tests/test_wal.py",
    "site/config/backups/point_in_time/tests/test_moments.py",
    "site/config/backups/tests/test_prepared_database.py",
    "case_forms/cases/closing",
    "case_forms/cases/talk/tests/test_at_once.py",
    "case_forms/submissions",
)
# The road from a form to an officer's answer, in real processes on PostgreSQL and Redis.
MAIN_ON_SERVERS = (
    "tests/chaos/test_faults.py",
    "notifications/outbox/tests/test_create_notice.py",
    "notifications/outbox/tests/test_delivery.py",
    "notifications/escalation/tests/test_clock.py",
    "case_forms/submissions/tests/test_receiving.py",
    "case_forms/submissions/tests/test_twenty_writers.py",
)
# Minutes of waiting for what fails (docs/faults.md), and namespaces, which only root makes.
ONLY_ALL = ("tests/chaos/test_own_machine.py", "tests/machines/test_cut_off.py")
# Random examples: a part in `short` and `changed`, as many as each test names in `all`, many more in their own leg.
FEW = {"EXAMPLES_FACTOR": "0.2"}
MANY = {"EXAMPLES_FACTOR": "3", "EXAMPLES_MINUTES": "10", "CONTRACT_EXAMPLES": "40"}
IN_A_FILE = {"TEST_DATABASE": "file"}  # the server of a browser's test runs beside it
BROWSER = ("-m", "browser", "--reruns", "1")


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

    @property
    def failed(self) -> Path:
        """The names of the tests that failed, a line each."""
        return OUTPUT / f"{self.name}.failed"

    @property
    def takes_time(self) -> bool:
        """Whether it can be told when to begin no more tests, and which tests to run (tests/rings/forking.py)."""
        return "tests.rings.forking" in self.command

    def again(self, tests: Iterable[str]) -> "Leg":
        """These of its tests, in one process and whatever their number."""
        end = self.command.index("--at-least")
        return Leg(f"{self.name}-again", (*self.command[:end], *tests), self.environment)

    def with_words(self, *words: str) -> "Leg":
        return Leg(self.name, (*self.command, *words), self.environment, self.niceness)


def of_tests(
    name: str,
    *words: str,
    at_least: int = 0,
    forks: str = "1",
    niceness: int = 0,
    on_servers: bool = False,
    may_be_none: bool = False,
    environment: dict[str, str] = FEW,
) -> Leg:
    """A leg of tests. `at_least`: a little under how many run today; raise it when many are added."""
    words = (*words, "--may-be-none") if may_be_none else words
    python = (PYTHON, "-m", "tests.servers") if on_servers else (PYTHON,)
    output = ("--failed-into", str(OUTPUT / f"{name}.failed"))
    command = (*python, *PYTEST, *RINGS, *output, "--forks", forks, "--at-least", str(at_least), *words)
    return Leg(name, command, environment, niceness)


def browser_files() -> list[str]:
    return [path for path in find_files("browser") if not path.startswith(PUBLIC)]


def public_files() -> list[str]:
    return [path for path in find_files("browser") if path.startswith(PUBLIC)]


def build_short() -> list[list[list[Leg]]]:
    """`make test`: stages; in each lanes at the same time; in a lane legs one after the other."""
    main = ("--ring", "main")
    lanes = [
        [
            Leg("lint", ("make", "--no-print-directory", "lint"), niceness=5),
            of_tests(
                "units", "-m", UNITS, "--ring", "short", forks=WORKERS, at_least=11500, niceness=10, environment=FEW
            ),
        ],
        [
            of_tests("browser", *browser_files(), *BROWSER, *main, at_least=20, environment=FEW | IN_A_FILE),
            of_tests("public", *public_files(), *BROWSER, *main, at_least=4, environment=FEW | IN_A_FILE),
        ],
        [
            of_tests("chaos", *find_files("faults"), "-m", "faults", *main, at_least=7, environment=FEW),
            of_tests("servers", *MAIN_ON_SERVERS, "-m", "not browser", at_least=50, on_servers=True, environment=FEW),
        ],
    ]
    return [lanes, [[of_tests("clock", *find_files("clock"), "-m", CLOCK, "--ring", "short", environment=FEW)]]]


def build_changed(touched: Iterable[str]) -> list[list[list[Leg]]]:
    """`make test-changed`: stages, of each leg the dear tests that a change touches. A leg without any is left out."""
    files = set(touched)
    faults = find_files("faults")
    on_servers = [path for path in sorted(files - {*faults, *find_files("browser")}) if path.startswith(ON_SERVERS)]

    def touched_of(name: str, paths: Iterable[str], *words: str, **how: Any) -> list[Leg]:
        chosen = [path for path in paths if path in files]
        return [of_tests(name, *chosen, *words, may_be_none=True, **how)] if chosen else []

    lanes = [
        touched_of("dear", sorted(files), "-m", UNITS, "--ring", "dear", forks=WORKERS, niceness=10, environment=FEW),
        [
            *touched_of("browser", browser_files(), *BROWSER, forks="2", environment=FEW | IN_A_FILE),
            *touched_of("public", public_files(), *BROWSER, environment=FEW | IN_A_FILE),
        ],
        [
            *touched_of("chaos", [path for path in faults if path not in ONLY_ALL], "-m", "faults", environment=FEW),
            *touched_of("servers", on_servers, "-m", "not browser", on_servers=True, environment=FEW),
        ],
    ]
    clock = touched_of("clock", find_files("clock"), "-m", CLOCK, "--ring", "dear", environment=FEW)
    return [found for stage in (lanes, [clock]) if (found := [lane for lane in stage if lane])]


@dataclass(frozen=True)
class Turn:
    """What CI runs at one landing beside the other rings. `cost`: about how many minutes on two quiet processors."""

    name: str
    lanes: list[list[Leg]]
    cost: int
    as_root: bool = False
    in_ci: bool = True  # what measures, or boots a machine: asked for by name, before a release

    @property
    def legs(self) -> list[Leg]:
        return [leg for lane in self.lanes for leg in lane]


def build_turns() -> list[Turn]:
    """Everything that can be tried, in the order of turns. Those that need root are left out for anybody else."""
    turns = [
        Turn(
            "dear", [[of_tests("dear", "-m", UNITS, "--ring", "dear", forks=WORKERS, at_least=500, environment={})]], 20
        ),
        Turn(
            "browser",
            [[of_tests("browser", *browser_files(), *BROWSER, forks="2", at_least=205, environment=IN_A_FILE)]],
            20,
        ),
        Turn(
            "processes",
            [
                [of_tests("public", *public_files(), *BROWSER, at_least=44, environment=IN_A_FILE)],
                [of_tests("chaos", *find_files("faults"), "-m", "faults", at_least=55, environment={})],
            ],
            20,
        ),
        Turn("servers", [[build_servers()]], 30),
        Turn("coverage", [build_measured_units()], 35),
        Turn("examples", [[build_examples()]], 20),
        Turn("mutation", [[Leg("mutation", (PYTHON, "-m", "tests.mutation", "--minutes", "30"), FEW)]], 30),
        Turn("clock", [[of_tests("clock", *find_files("clock"), "-m", CLOCK, environment={})]], 5),
        Turn("installations", build_installations(), 25, as_root=True),
        Turn("growth", [[Leg("growth", (PYTHON, "-m", "tests.bench", "scale"))]], 40, in_ci=False),
        Turn("systemd", [[Leg("systemd", (PYTHON, "-m", "tests.install.real_systemd", "sqlite"))]], 40, True, False),
    ]
    return [turn for turn in turns if not turn.as_root or os.geteuid() == 0]


def build_servers() -> Leg:
    landings = FEW | {"LANDINGS": "all"}
    return of_tests("servers", *ON_SERVERS, "-m", "not browser", at_least=1700, on_servers=True, environment=landings)


def build_examples() -> Leg:
    words = (*find_files_with_examples(), "-m", f"{RANDOM} and ({UNITS})")
    return of_tests("examples", *words, forks=WORKERS, at_least=700, niceness=10, environment=MANY)


def build_measured_units() -> list[Leg]:
    """The units as two legs that note which lines ran, and what is said of that.

    One notes which branches were taken as well, which takes half as long again. The other leaves to Python itself to
    say which lines ran (`sys.monitoring`), at next to no cost. What is random is not in it: the examples have that.
    """
    branches, lines = ROOT / ".coverage.branches", ROOT / ".coverage.lines"
    by_xdist = ("-n", WORKERS, "--dist", "worksteal")  # pytest-cov knows its processes, and no forks
    pytest = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.leg", *by_xdist)
    note = (*(f"--cov={room}" for room in ROOMS), "--cov-report=", "--cov-fail-under=0")
    taken = (*note, "--cov-branch", *TAKE_BRANCHES, "-m", UNITS, "--at-least", "4500")
    elsewhere = (f"--ignore={path}" for path in TAKE_BRANCHES)
    ran = (*note, *elsewhere, "-m", f"{UNITS} and not {RANDOM}", "--at-least", "11000")
    measuring = "sysmon" if sys.version_info >= (3, 12) else "ctrace"
    # How much must be covered says pyproject.toml.
    include = ",".join(f"{room}/*" for room in COVERED)
    enough = ("-m", "coverage", "report", f"--data-file={branches}", f"--include={include}")
    return [
        Leg("branches", (*pytest, *taken), {**FEW, "COVERAGE_FILE": str(branches)}, 10),
        Leg("lines", (*pytest, *ran), {**FEW, "COVERAGE_FILE": str(lines), "COVERAGE_CORE": measuring}, 10),
        Leg("coverage", (PYTHON, *enough)),
        Leg("coverage-of-all", (PYTHON, "-m", "tests.covered_lines", str(branches), str(lines))),
    ]


def build_installations() -> list[list[Leg]]:
    """What root alone can try: bare Debians, one for each database, and a first certificate.

    By themselves, for these measure how long an upgrade and a restore take.
    """

    def install(database: str) -> Leg:
        command = (PYTHON, "-m", "tests.install.bare_debian", database, "--first", "landed")
        return Leg(f"bare-debian-{database}", command)

    certificate = Leg("first-certificate", (PYTHON, "-m", "tests.install.first_certificate"))
    return [[install("sqlite"), certificate], [install("postgresql")]]
