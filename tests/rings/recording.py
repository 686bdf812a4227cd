"""Record what each test costs and which files of the project it uses: `-p tests.rings.recording --record-into FOLDER`.

Each process appends lines of JSON to a file of its own there. `python -m tests.rings.store FOLDER` makes the stored
costs and the stored map of them.

A file counts as used by a test file when one of its functions is entered while those tests run (`sys.monitoring`), when
it is opened (scripts, styles, data), or when it is rendered (templates). What runs as a module is imported doesn't
count: the import graph has that.
"""

import inspect
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from django.test.signals import template_rendered

ROOT = f"{Path(__file__).resolve().parents[2]}{os.sep}"
monitoring: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
TOOL = 4  # a free number: coverage.py takes 1, profilers 2
ELSEWHERE = (".venv", "node_modules", ".test", "var/", ".hypothesis")


def read_processor() -> float:
    """Seconds of a processor that this process, and those it started that have ended, have used."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


class Recording:
    """What the tests of one process used. Costs are in seconds of a processor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[str] = set()
        self.test_file = ""
        self.costs: dict[str, float] = {}
        self._listen()

    def _listen(self) -> None:
        monitoring.use_tool_id(TOOL, "rings")
        monitoring.register_callback(TOOL, monitoring.events.PY_START, self.note_entered)
        sys.addaudithook(self.note_opened)
        template_rendered.connect(self.note_rendered)

    def note_entered(self, code: CodeType, _offset: int) -> Any:
        if code.co_flags & inspect.CO_OPTIMIZED:  # a function, and neither a module's nor a class' body
            self.note(code.co_filename)
        return monitoring.DISABLE

    def note_opened(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str) and not arguments[0].endswith((".py", ".pyc")):
            self.note(arguments[0])

    def note_rendered(self, template: Any, **_more: object) -> None:
        self.note(str(template.origin.name))

    def note(self, path: str) -> None:
        if path.startswith(ROOT) and not path.startswith(ELSEWHERE, len(ROOT)):
            self.used.add(path[len(ROOT) :])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        test_file = item.nodeid.partition("::")[0]
        if test_file != self.test_file:
            self.write()
            self.test_file = test_file
            monitoring.set_events(TOOL, monitoring.events.PY_START)
            monitoring.restart_events()
        result = yield
        self.append({"test": item.nodeid, **self.costs})
        self.costs = {}
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        yield from self._measure("setup")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        yield from self._measure("call")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        yield from self._measure("teardown")

    def _measure(self, phase: str) -> Iterator[None]:
        began = read_processor()
        try:
            return (yield)
        finally:
            self.costs[phase] = self.costs.get(phase, 0.0) + round(read_processor() - began, 4)

    def write(self) -> None:
        """Append what the last test file used."""
        if self.test_file:
            self.append({"file": self.test_file, "used": sorted(self.used)})
        self.used = set()

    def append(self, line: dict[str, object]) -> None:
        with (self.folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")

    def pytest_sessionfinish(self) -> None:
        self.write()
        monitoring.set_events(TOOL, monitoring.events.NO_EVENTS)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-into", type=Path, help="Record what tests cost and use into this folder.")


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--record-into")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        config.pluginmanager.register(Recording(folder))
