"""Which files each test file used when that was last recorded (`make record`): `used.json`.

`tests` is a list of test files, `used` has a number in hexadecimal for each file that any of them used: bit N is set
where the N-th of `tests` used it. `commit`: what was checked out then; what tests use may be another since.
"""

import functools
import json
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORED = Path(__file__).with_name("used.json")


class Used:
    def __init__(self, commit: str, tests: list[str], used: dict[str, int]) -> None:
        self.commit = commit
        self.tests = tests
        self.used = used

    def by(self, path: str) -> set[str]:
        """The test files that used this file. Empty where none did, or none was recorded."""
        bits = self.used.get(path, 0)
        return {test for number, test in enumerate(self.tests) if bits >> number & 1}

    def note(self, test: str, paths: Iterable[str]) -> None:
        """Set what a test file uses, in the place of what it used before."""
        if test not in self.tests:
            self.tests.append(test)
        bit = 1 << self.tests.index(test)
        for path in self.used:
            self.used[path] &= ~bit
        for path in paths:
            self.used[path] = self.used.get(path, 0) | bit

    def write(self) -> None:
        """Store it, without what nobody uses any more, or is gone."""
        used = {path: f"{bits:x}" for path, bits in sorted(self.used.items()) if bits and (ROOT / path).exists()}
        stored = {"commit": self.commit, "tests": self.tests, "used": used}
        STORED.write_text(json.dumps(stored, indent=0) + "\n", encoding="utf-8")


@functools.cache
def read_used() -> Used:
    if not STORED.exists():
        return Used("", [], {})
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    return Used(stored["commit"], stored["tests"], {path: int(bits, 16) for path, bits in stored["used"].items()})
