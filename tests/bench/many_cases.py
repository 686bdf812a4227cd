"""How fast the staff's pages are among 10,000, 100,000 and a million cases, on SQLite and on PostgreSQL.

Goal (issue 14): 95 of 100 requests within 200 ms at a million cases, and within 1.5 times the figure at 10,000. Beside
the time by the clock stands the CPU time of the server's side (with PostgreSQL's), which other work on the machine
lengthens far less. The ratio is of that; so is the goal of 200 ms while more processes want to run than there are
processors, and that is said then.

The service's own tasks of each second, minute and hour stand in a table of their own and are held to the ratio: nobody
waits for them. Last stands how many bytes 1,000 cases bring along.

`make bench` goes to 100,000, `make bench-million` to a million: the rows alone take minutes to make. BENCH_SIZES,
BENCH_DATABASES ("sqlite", "postgresql"), BENCH_ROUNDS (requests for each page) and BENCH_ONLY (a pattern that a name
must contain) choose others. `scale` is another name of this suite.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .tables import table

ROOT = Path(__file__).resolve().parents[2]
SIZES = (10_000, 100_000)
QUICK = (1_000, 10_000)
GOAL_MS = 200.0
GOAL_RATIO = 1.5
# Two figures of a few milliseconds differ by chance: a ratio counts from here on.
COUNTS_FROM_MS = 20.0


def run(*, quick: bool) -> bool:
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split(",") if size] or (QUICK if quick else SIZES)
    wanted = os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")
    fine = True
    for vendor in wanted:
        with _database(vendor) as environment:
            found = _measure(environment, sizes, rounds=int(os.environ.get("BENCH_ROUNDS", 10 if quick else 40)))
        fine = report(vendor, found, sizes) and fine
    return fine


def report(vendor: str, found: dict[str, Any], sizes: Any) -> bool:
    """Print what `many_cases_inside` found. Returns whether the goals were met."""
    heads = "milliseconds: 95 of 100 requests (of their CPU time; median of that; queries)"
    fine = True
    for kind, key in (("page", "pages"), ("task", "tasks")):
        print(f"\n{vendor}, {key}, {heads}")
        print(table(*_rows(kind, found[key], sizes)))
        fine = _judge(vendor, found[key], sizes, goal=GOAL_MS if kind == "page" else None) and fine
    print(f"\n{vendor}: kilobytes that 1,000 cases bring along")
    print(table(*_growth(found, sizes)))
    return fine


@contextlib.contextmanager
def _database(vendor: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="vatra-bench-") as folder, contextlib.ExitStack() as stack:
        more: dict[str, str] = {}
        if vendor == "postgresql":
            from tests.servers import running_servers

            more = {"DATABASE_URL": stack.enter_context(running_servers()).environment["DATABASE_URL"]}
        yield {
            **os.environ,
            **more,
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}",
            "LOG_LEVEL": "ERROR",
        }


def _measure(environment: dict[str, str], sizes: Any, *, rounds: int) -> dict[str, Any]:
    """Fill and measure in a process of its own; see `many_cases_inside`."""
    for words in (["migrate", "-v0"], ["seed_reference", "-v0"], ["seed_demo", "-v0"]):
        subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    words = [sys.executable, "-m", "tests.bench.many_cases_inside", str(rounds), *map(str, sizes)]
    done = subprocess.run(words, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _growth(found: dict[str, Any], sizes: Any) -> tuple[list[str], list[list[str]]]:
    """What is stored for 1,000 cases, on average up to each size; 20 entries of the audit chain are part of a case."""
    stored = found["stored"]
    rows = []
    for what in stored["0"]:
        grown = [(stored[str(size)][what] - stored["0"][what]) / size for size in sizes]
        rows.append([what, *(f"{bytes_each:,.0f}" for bytes_each in grown)])
    rows.append(["sealed answers and briefs, as in the demo", *(f"{found['sealed']:,}" for _size in sizes)])
    rows.append(["entries of the audit chain (number)", *(f"{found['entries'][str(size)]:,}" for size in sizes)])
    return ["stored", *(f"{size:,}" for size in sizes)], rows


def _rows(kind: str, found: dict[str, dict[str, list[float]]], sizes: Any) -> tuple[list[str], list[list[str]]]:
    heads = [kind, *(f"{size:,}" for size in sizes), "ratio"]
    rows = []
    for page, at in found.items():
        cells = ["{:.0f} ({:.0f}; {:.0f}; {:.0f})".format(*at[str(size)]) for size in sizes]
        rows.append([page, *cells, f"{_ratio(at, sizes):.1f}"])
    return heads, rows


def _ratio(at: dict[str, list[float]], sizes: Any) -> float:
    first, last = at[str(sizes[0])][2], at[str(sizes[-1])][2]
    return last / max(first, 0.1)


def _judge(vendor: str, found: dict[str, dict[str, list[float]]], sizes: Any, *, goal: float | None) -> bool:
    load, processors = os.getloadavg()[1], len(os.sched_getaffinity(0))
    is_crowded = load > processors
    last = str(sizes[-1])
    slow = [page for page, at in found.items() if goal and at[last][1 if is_crowded else 0] > goal]
    grown = [page for page, at in found.items() if at[last][2] > COUNTS_FROM_MS and _ratio(at, sizes) > GOAL_RATIO]
    within = f"within {goal:.0f} ms, and " if goal else ""
    print(f"goal: {within}{GOAL_RATIO} times the first column, where that is over {COUNTS_FROM_MS:.0f} ms")
    if goal and is_crowded:
        print(f"load {load:.1f} on {processors} processors: judged by CPU time, not by the clock")
    if slow:
        print(f"slower on {vendor}: {', '.join(slow)}")
    if grown:
        print(f"grown on {vendor}: {', '.join(grown)}")
    return not (slow or grown)
