"""`make test-fast`: style, and the tests nearest to what was changed, in under 90 seconds on two cores.

What was changed: since what landed last (SINCE names another commit), and what is uncommitted. The nearest tests of
each changed file run first, then those of CORE, which between them hold what the service promises: who may see what,
what is sealed, what a rule decides, what is owed and sent. When the time is over no test is begun any more, and the
summary says which were left out. No dear tests, no browser, no real processes: `make test` and `make test-changed`
have those.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .rings.touched import changed_files, find_base, find_nearest_tests

ROOT = Path(__file__).resolve().parents[1]
SECONDS = float(os.environ.get("FAST_SECONDS", "85"))
CORE = (
    "site/access/tests/test_policy_table.py",
    "site/vault/tests/test_vault.py",
    "case_forms/expressions/tests/test_vectors.py",
    "case_forms/procedures/tests/test_decide.py",
    "notifications/outbox/tests/test_create_notice.py",
    "notifications/outbox/tests/test_states.py",
    "notifications/outbox/tests/test_delivery.py",
    "case_forms/submissions/tests/test_receiving.py",
)
STYLE = (
    ("ruff", "check", "--quiet", "."),
    ("ruff", "format", "--check", "--quiet", "."),
    ("lint-imports", "--no-logo"),
)
FORKS = ("-p", "tests.rings.forking", "-p", "tests.rings.choosing", "--forks", "2", "--in-order", "--ring", "short")
ARGUMENTS = ("-p", "no:cacheprovider", "-p", "no:xdist", "-q", "--maxfail=10", *FORKS)
MARKS = ("-m", "not browser and not faults and not pictures and not clock")


def find_nearest(path: str) -> str:
    """A changed test file itself; else the `tests` folder nearest above the file. "" where there is none."""
    if Path(path).match("test_*.py"):
        return path if (ROOT / path).exists() else ""
    return find_nearest_tests(path)


def main() -> int:
    until = time.monotonic() + SECONDS
    programs = Path(sys.executable).parent
    style = [(subprocess.Popen([programs / words[0], *words[1:]], cwd=ROOT), words) for words in STYLE]
    failed = [" ".join(words) for process, words in style if process.wait() != 0]
    if failed:
        print("Failed: " + ", ".join(failed))
        return 1
    nearest = dict.fromkeys(filter(None, map(find_nearest, changed_files(find_base()))))
    time_left = ("--end-after", f"{until - time.monotonic():.0f}")
    return pytest.main([*ARGUMENTS, *MARKS, *time_left, *dict.fromkeys((*nearest, *CORE))])


if __name__ == "__main__":
    sys.exit(main())
