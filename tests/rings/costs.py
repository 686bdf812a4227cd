"""What each test cost when that was last recorded (`make record`), in seconds of a processor: `costs.json`.

For each test file: `each`, the mean of its cheap tests, and `dear`, those that cost DEAR or more, by name. What a file
makes once for all its tests is divided among them.
"""

import functools
import json
from pathlib import Path
from typing import TypedDict

STORED = Path(__file__).with_name("costs.json")
DEAR = 0.2  # seconds of a processor
OF_A_NEW_TEST = 0.05


class OfAFile(TypedDict):
    each: float
    dear: dict[str, float]


class Costs:
    def __init__(self, files: dict[str, OfAFile]) -> None:
        self.files = files

    def of(self, nodeid: str) -> float:
        """Seconds of a processor; of one that was never recorded, a guess."""
        path, _colons, name = nodeid.partition("::")
        if of_file := self.files.get(path):
            return of_file["dear"].get(name, of_file["each"])
        return OF_A_NEW_TEST

    def is_dear(self, nodeid: str) -> bool:
        return self.of(nodeid) >= DEAR


@functools.cache
def read_costs() -> Costs:
    return Costs(json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {})
