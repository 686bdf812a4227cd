"""`make test-fast`: style, and the tests nearest to what was changed, in under 90 seconds on two cores.

What was changed: against where this branch began (`FAST_SINCE`, else `origin/main` or `main`), and what is uncommitted.
The nearest tests of each changed file run, then those of CORE, which between them hold what the service promises: who
may see what, what is sealed, what a rule decides, what is owed and sent. When the time is over the rest is left out,
and the last line says so. No browser, no real processes: `make test` runs all of it.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
ARGUMENTS = ("-p", "no:cacheprovider", "-q", "-n", "2", "--dist", "worksteal", "--maxfail=10")
MARKS = ("-m", "not browser and not faults and not pictures")


class Budget:
    """Ends the run when the time is over."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.is_over = False

    def pytest_runtest_logreport(self) -> None:
        self.is_over = time.monotonic() > self.until

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self) -> None:
        if self.is_over and not self.session.shouldstop:
            self.session.shouldstop = f"{SECONDS:.0f} seconds are over: the rest is for `make test`"


def changed_files() -> list[str]:
    """Paths of all that differs from where this branch began, deleted files left out."""
    since = os.environ.get("FAST_SINCE") or next(filter(_is_known, ("origin/main", "main")), "HEAD")
    (began,) = _git("merge-base", since, "HEAD")
    found = {*_git("diff", "--name-only", began), *_git("ls-files", "--others", "--exclude-standard")}
    return sorted(path for path in found if (ROOT / path).exists())


def nearest_tests(path: str) -> str | None:
    """A changed test file itself; else the `tests` folder nearest above the file. None where there is none."""
    if Path(path).match("test_*.py"):
        return path
    for folder in Path(path).parents:
        if "tests" in folder.parts:
            continue
        if folder != Path(".") and (ROOT / folder / "tests").is_dir():
            return str(folder / "tests")
    return None


def _is_known(name: str) -> bool:
    return subprocess.run(["git", "rev-parse", "-q", "--verify", name], cwd=ROOT, capture_output=True).returncode == 0


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def main() -> int:
    until = time.monotonic() + SECONDS
    programs = Path(sys.executable).parent
    style = [(subprocess.Popen([programs / words[0], *words[1:]], cwd=ROOT), words) for words in STYLE]
    failed = [" ".join(words) for process, words in style if process.wait() != 0]
    if failed:
        print("Failed: " + ", ".join(failed))
        return 1
    nearest = dict.fromkeys(filter(None, map(nearest_tests, changed_files())))
    return int(pytest.main([*ARGUMENTS, *MARKS, *dict.fromkeys((*nearest, *CORE))], plugins=[Budget(until)]))


if __name__ == "__main__":
    sys.exit(main())
