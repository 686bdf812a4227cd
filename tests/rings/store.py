"""Store what was recorded: `python -m tests.rings.store FOLDER` (see recording.py) renews costs.json and used.json.

What wasn't recorded this time stays as it was, unless its file is gone.
"""

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from . import costs
from .costs import DEAR, OfAFile, read_costs
from .touched import git
from .used import read_used

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("setup", "call", "teardown")


def read_lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def group_costs(lines: Iterable[dict[str, Any]]) -> dict[str, OfAFile]:
    """What each test cost, by file: see costs.py. `lines` in the order in which a process wrote them."""
    by_file: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for line in lines:
        if "test" in line:
            path, _colons, name = line["test"].partition("::")
            by_file[path][name] = {phase: line.get(phase, 0.0) for phase in PHASES}
    return {path: cost_of_file(tests) for path, tests in by_file.items()}


def cost_of_file(tests: dict[str, dict[str, float]]) -> OfAFile:
    """What the first test set up beyond what the others do was made for all of them, or for the whole process."""
    usual = statistics.median(each["setup"] for each in tests.values())
    first = next(iter(tests))
    for_all = max(0.0, tests[first]["setup"] - usual) if len(tests) > 1 else 0.0
    shared = for_all / len(tests)
    cost = {name: sum(each.values()) + shared for name, each in tests.items()}
    cost[first] -= for_all
    cheap = [seconds for seconds in cost.values() if seconds < DEAR]
    dear = {name: round(seconds, 2) for name, seconds in cost.items() if seconds >= DEAR}
    return {"each": round(statistics.mean(cheap), 4) if cheap else DEAR, "dear": dict(sorted(dear.items()))}


def store(folder: Path) -> str:
    """Renew both files from what was recorded into this folder. Returns what there is now, in words."""
    lines = list(read_lines(folder))
    files = {path: each for path, each in read_costs().files.items() if (ROOT / path).exists()}
    files |= group_costs(lines)
    costs.STORED.write_text(json.dumps(dict(sorted(files.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    used = read_used()
    by_test: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if "file" in line:
            by_test[line["file"]].update(line["used"])
    for test, paths in sorted(by_test.items()):
        used.note(test, paths)
    used.commit = git("rev-parse", "HEAD")[0]
    for gone in [test for test in used.tests if not (ROOT / test).exists()]:
        used.note(gone, ())
    used.write()
    dear = sum(len(each["dear"]) for each in files.values())
    return f"{len(files)} test files, {dear} dear tests; {len(used.used)} files are used by some."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    print(store(parser.parse_args().folder))


if __name__ == "__main__":
    main()
