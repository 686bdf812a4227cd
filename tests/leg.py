"""What a leg of `make test` promises beside passing (`-p tests.leg`): nothing is skipped, and no test has been lost.

`--at-least N`: as many tests must have run. A file that is no longer collected, a marker that no longer matches or a
`parametrize` over an empty list would otherwise pass as green as before. `--failed-into FILE` gets the names of those
that failed.

A browser on a busy machine is given a second try (`--reruns 1`). Which test needed one is said, and more than
AT_MOST_AGAIN of them fail the leg: so many aren't chance.

The exit status is 1 if tests failed and nothing else is wrong, so that a second try of them could mend it, and 2 if
one of these promises was broken besides.
"""

import gc
from pathlib import Path
from typing import Any

import pytest

from .examples import AS_NAMED, FACTOR, MINUTES

# `-p` loads this before Django: while libraries and tests are loaded the collector would find nothing to take away.
gc.set_threshold(200_000, 20, 1000)
AT_MOST_AGAIN = 2


class Leg:
    def __init__(self, at_least: int, failed_into: Path | None = None) -> None:
        self.at_least = at_least
        self.failed_into = failed_into
        self.failed: set[str] = set()
        self.ran: set[str] = set()
        self.skipped: set[str] = set()
        self.again: set[str] = set()
        self.as_named: set[str] = set()
        self.complaints: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.add(report.nodeid)
        elif report.outcome == "rerun":  # pytest-rerunfailures' own
            self.again.add(report.nodeid)
        elif report.failed:
            self.failed.add(report.nodeid)
        if report.when == "call":
            self.ran.add(report.nodeid)
            if (AS_NAMED, True) in report.user_properties:
                self.as_named.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.failed_into and self.failed:
            self.failed_into.write_text("".join(f"{name}\n" for name in sorted(self.failed)), encoding="utf-8")
        if self.skipped:
            self.complaints.append(f"{len(self.skipped)} tests were skipped: {', '.join(sorted(self.skipped)[:5])}")
        forking: Any = session.config.pluginmanager.getplugin("forking")
        is_time_over = forking is not None and bool(forking.left_out)
        if len(self.ran) < self.at_least and not is_time_over:
            self.complaints.append(
                f"only {len(self.ran)} tests ran, and at least {self.at_least} are expected (tests/legs.py): "
                "is a file no longer collected?"
            )
        if len(self.again) > AT_MOST_AGAIN:
            self.complaints.append(f"{len(self.again)} tests needed a second try, at most {AT_MOST_AGAIN} may")
        if self.complaints and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif self.complaints and session.exitstatus == pytest.ExitCode.TESTS_FAILED:
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in sorted(self.again):
            terminalreporter.write_line(f"A second try was needed: {name}", yellow=True)
        if self.as_named:
            terminalreporter.write_line(
                f"After {MINUTES:g} minutes: {len(self.as_named)} tests tried as many random examples as they name, "
                f"not {FACTOR:g} times as many.",
                yellow=True,
            )
        for complaint in self.complaints:
            terminalreporter.write_line(f"FAILED {complaint}", red=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failed-into", type=Path, help="Write the names of the tests that failed into this file.")
    parser.addoption("--at-least", type=int, default=0, help="Fail when fewer tests have run.")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Leg(config.getoption("--at-least"), config.getoption("--failed-into")), "leg")
