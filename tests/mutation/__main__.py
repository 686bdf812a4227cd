"""`python -m tests.mutation`: draw mutants, try them, say which live. Its status is 1 where too many do."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from .choice import draw, find_all, read_list
from .leg import Leg, Limits
from .report import iter_lines, score, write_json

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / ".test-output" / "mutation.json"
UNITS = "not browser and not faults and not pictures"
AT_LEAST = 85.0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="module", help="paths out of the list; all of it without any")
    parser.add_argument("--count", type=int, default=60, help="so many mutants")
    parser.add_argument("--seed", default="", help="which ones; without it, those of the newest commit")
    parser.add_argument("--minutes", type=float, default=35.0, help="none begins later than this")
    parser.add_argument("--at-least", type=float, default=AT_LEAST, help="the score below which the status is 1")
    parser.add_argument("--seconds", type=float, default=45.0, help="of a processor, for the tests of one mutant")
    parser.add_argument("--patience", type=float, default=30.0, help="seconds beyond which a test has hung")
    parser.add_argument("--list", type=Path, default=Path(__file__).with_name("modules.toml"), help="what to read")
    parser.add_argument("--into", type=Path, default=OUTPUT, help="the result as JSON")
    parser.add_argument("--only-list", action="store_true", help="name what was drawn, and try nothing")
    return parser.parse_args()


def get_newest_commit() -> str:
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip()[:12] or "0"


def main() -> int:
    arguments, began = read_arguments(), time.monotonic()
    if sys.version_info < (3, 12):
        sys.exit("Python 3.12 or newer is needed: older ones can't say cheaply which test enters which function.")
    seed = arguments.seed or get_newest_commit()
    try:
        modules, equal = read_list(arguments.list, arguments.modules)
        mutants = find_all(ROOT, modules, equal)
    except ValueError as error:
        sys.exit(str(error))
    drawn = draw(mutants, arguments.count, seed)
    there = sum(map(len, mutants.values()))
    print(f"{len(drawn)} of {there} mutants, {len(equal)} are equal; seed {seed}", flush=True)
    if arguments.only_list:
        for each in drawn:
            print(f"{each.path}:{each.lines[1]} {each.function}\n{each.difference}")
        return 0
    os.chdir(ROOT)
    # The same random examples each time: whether a mutant is noticed is no matter of luck.
    os.environ |= {"CI": "1", "EXAMPLES_FACTOR": os.environ.get("EXAMPLES_FACTOR", "0.2")}
    for name in ("TEST_DATABASE", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="vatra-mutation-") as folder:
        data = os.environ["DATA_DIR"] = f"{folder}/data"
        limits = Limits(arguments.seconds, arguments.patience, arguments.minutes * 60)
        leg = Leg(ROOT, modules, drawn, limits, Path(data))
        paths = dict.fromkeys(path for module in modules for path in module.tests)
        options = (
            "-p",
            "no:cacheprovider",
            "-p",
            "no:rerunfailures",
            "-q",
            "--capture=sys",
            f"--basetemp={folder}/tests",
            "-m",
            UNITS,
        )
        status = pytest.main([*options, *paths], plugins=[leg])
    print("\n".join(iter_lines(leg)))
    seconds = time.monotonic() - began
    write_json(leg, seed, seconds, arguments.into)
    print(f"{seconds / 60:.1f} minutes, {leg.recorded_in / 60:.1f} of them for recording")
    # What was not tried is no proof of anything: half of what was drawn must have been.
    return int(status) or int(score(leg.tried) < arguments.at_least or len(leg.left) > len(leg.tried))


if __name__ == "__main__":
    sys.exit(main())
