"""Within one pytest, instead of running its tests: record which of them enters which function, then try each mutant.

The parent has no database and no threads: each child makes its own database from the template, as a run of tests does.
"""

import os
import shutil
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest
from django.db import connections

from .children import Results, Say, Told, run_child, run_tests
from .choice import Module
from .mutants import Mutant
from .swapping import Code, watch_functions, watch_mutant

MAX_RETRIES = 3  # of a mutant that was noticed by a test which fails without it, too
RECORDING = 600.0  # seconds that one test may take while what it enters is recorded


class Outcome(StrEnum):
    """What became of a mutant. Alive are those that no test noticed."""

    FAILED = "a test failed"
    HUNG = "time was over"
    DIED = "the process died"
    ALIVE = "alive"
    NOT_REACHED = "not reached"

    @property
    def is_caught(self) -> bool:
        return self in (Outcome.FAILED, Outcome.HUNG, Outcome.DIED)


@dataclass(frozen=True)
class Tried:
    """`by`: the test that noticed it. `tests`: how many could have, and how many of them ran at most."""

    mutant: Mutant
    outcome: Outcome
    by: str = ""
    tests: tuple[int, int] = (0, 0)
    took: float = 0.0


@dataclass(frozen=True)
class Limits:
    """In seconds. `tests`: how long those may work that are tried on one mutant, by a processor's time, so that a busy
    machine tries no fewer; `patience`: how long one may take beyond ten times what it took; `run`: when none begins.
    """

    tests: float
    patience: float
    run: float


@dataclass
class Recorded:
    """What one test entered, as (path, name, line of the function), and its seconds, as `Results` has them."""

    item: pytest.Item
    entered: set[tuple[str, str, int]]
    took: float
    worked: float


@dataclass
class Leg:
    """A plugin that takes the place of pytest's own loop. The results are in `tried` and `left`."""

    root: Path
    modules: Sequence[Module]
    drawn: Sequence[Mutant]
    limits: Limits
    data: Path  # where the tests store files; what one child leaves there, no other finds
    tried: list[Tried] = field(default_factory=list)
    left: list[Mutant] = field(default_factory=list)
    unreliable: dict[str, str] = field(default_factory=dict)  # {test: why it was left out}
    recorded_in: float = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("not all tests could be collected")
        self._check_is_alone()
        began = time.monotonic()
        self._clean: set[str] = self._list_data()
        self._code = Code(self.root, [each.path for each in self.modules])
        self._items = {item.nodeid: item for item in session.items}
        self._recorded = self._record(list(self._items.values()))
        self.recorded_in = time.monotonic() - began
        self._say(f"{len(self._recorded)} tests recorded in {self.recorded_in:.0f} s; {len(self.drawn)} mutants")
        for number, mutant in enumerate(self.drawn):
            if time.monotonic() - began > self.limits.run:
                self.left = list(self.drawn[number:])
                break
            self.tried.append(self._try(mutant))
            last = self.tried[-1]
            self._say(f"{number + 1:3} {mutant.path}:{mutant.lines[1]} {last.outcome} {last.took:.1f} s {last.by}")
        return True

    def _say(self, line: str) -> None:
        print(line, file=sys.__stdout__, flush=True)

    def _check_is_alone(self) -> None:
        """Raise RuntimeError where a fork would not be safe."""
        held = [each.alias for each in connections.all(initialized_only=True) if each.connection is not None]
        if held or threading.active_count() != 1:
            raise RuntimeError(f"connections are open: {held}; threads: {threading.enumerate()}")

    def _list_data(self) -> set[str]:
        return set(os.listdir(self.data)) if self.data.exists() else set()

    def _run(self, work: Callable[[Say], None], patience: Callable[[str], float]) -> Told:
        try:
            return run_child(work, patience)
        finally:
            for name in self._list_data() - self._clean:
                path = self.data / name
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _record(self, items: list[pytest.Item]) -> dict[str, Recorded]:
        def work(say: Say) -> None:
            watch = watch_functions(self._code)
            watch.begin()

            def ended(item: pytest.Item, results: Results) -> bool:
                entered = sorted(watch.entered)  # type: ignore[type-var]
                seconds = (results.took, results.worked)
                say({"test": item.nodeid, "failed": results.failed, "seconds": seconds, "entered": entered})
                watch.begin()
                return False

            run_tests(items, ended, say)

        told = self._run(work, lambda _test: RECORDING)
        if not told.is_whole:
            raise RuntimeError(f"recording ended in {told.hung_in or 'a test that ends its process'}")
        found = {}
        for message in told.messages:
            if "test" not in message:
                continue
            name = message["test"]
            if message["failed"]:
                self.unreliable[name] = "fails without any mutant"
            else:
                entered = {(path, function, line) for path, function, line in message["entered"]}
                found[name] = Recorded(self._items[name], entered, *message["seconds"])
        return found

    def _choose(self, mutant: Mutant) -> tuple[list[Recorded], int]:
        """Return the tests to try, file by file: the module's own first, then the cheap; and how many there would be.

        As many as work `limits.tests` seconds; at least one.
        """
        found = [
            each
            for name, each in self._recorded.items()
            if (mutant.path, *mutant.key) in each.entered and name not in self.unreliable
        ]
        own = next(each.tests for each in self.modules if each.path == mutant.path)
        costs: dict[str, float] = defaultdict(float)
        for each in found:
            costs[self._file_of(each)] += each.worked

        def rank(each: Recorded) -> tuple[int, float, str]:
            file = self._file_of(each)
            nearest = [at for at, path in enumerate(own) if file == path or file.startswith(f"{path}/")]
            return min(nearest, default=len(own)), costs[file], file

        found.sort(key=rank)
        chosen: list[Recorded] = []
        seconds = 0.0
        for each in found:
            if chosen and seconds + each.worked > self.limits.tests:
                break
            chosen.append(each)
            seconds += each.worked
        return chosen, len(found)

    @staticmethod
    def _file_of(each: Recorded) -> str:
        return each.item.nodeid.partition("::")[0]

    def _patience(self, test: str) -> float:
        known = self._recorded.get(test)
        return self.limits.patience + 10 * (known.took if known else 0.0)

    def _try(self, mutant: Mutant) -> Tried:
        began = time.monotonic()
        for _again in range(MAX_RETRIES):
            chosen, count = self._choose(mutant)
            if not chosen:
                return Tried(mutant, Outcome.NOT_REACHED)
            tests = (count, len(chosen))
            outcome, by = self._run_mutant(mutant, [each.item for each in chosen])
            if outcome is not Outcome.FAILED or self._passes_without(by):
                return Tried(mutant, outcome, by, tests, time.monotonic() - began)
            self.unreliable[by] = "fails by itself without any mutant"
        return Tried(mutant, Outcome.ALIVE, "", tests, time.monotonic() - began)

    def _run_mutant(self, mutant: Mutant, items: list[pytest.Item]) -> tuple[Outcome, str]:
        code = mutant.compile(self._code.files[mutant.path])

        def work(say: Say) -> None:
            given = self._code.swap(mutant.path, mutant.key, code)
            was_entered = watch_mutant(given)

            def ended(item: pytest.Item, results: Results) -> bool:
                if results.failed:
                    say({"failed": item.nodeid})
                return results.failed

            run_tests(items, ended, say)
            say({"entered": was_entered()})

        told = self._run(work, self._patience)
        if failed := told.first("failed"):
            return Outcome.FAILED, failed
        if told.hung_in:
            return Outcome.HUNG, told.hung_in
        if not told.is_whole:
            return Outcome.DIED, str(told.messages[-1].get("begins", "") if told.messages else "")
        return (Outcome.ALIVE if told.first("entered") else Outcome.NOT_REACHED), ""

    def _passes_without(self, test: str) -> bool:
        """Say whether a test that noticed a mutant passes by itself where nothing is wrong."""

        def work(say: Say) -> None:
            def ended(_item: pytest.Item, results: Results) -> bool:
                if results.failed:
                    say({"failed": test})
                return True

            run_tests([self._items[test]], ended, say)

        told = self._run(work, self._patience)
        return told.is_whole and told.first("failed") is None
