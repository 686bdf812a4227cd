"""Run tests in a forked process that says what it does, and end it where it takes too long."""

import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest

Say = Callable[[dict[str, Any]], None]
DONE, ERROR = "done", "error"
START = 60.0  # seconds from the fork to the first test, on a machine that has much else to do


class ChildFailed(Exception):
    """The process itself went wrong, not a test in it."""


@dataclass
class Told:
    """What a child has said. `hung_in`: the test in which its time was over; `is_whole`: it came to its end."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    hung_in: str = ""
    is_whole: bool = False

    def first(self, name: str) -> Any:
        return next((each[name] for each in self.messages if name in each), None)


def run_child(work: Callable[[Say], None], patience: Callable[[str], float]) -> Told:
    """Do this in a process forked from here. `patience`: how many seconds a test may take, by its name.

    Raises ChildFailed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(work, writing)
    os.close(writing)
    told, rest, running = Told(), b"", ""
    try:
        while not told.is_whole:
            ready, _w, _x = select.select([reading], [], [], patience(running) if running else START)
            if not ready:
                told.hung_in = running or "its beginning"
                break
            data = os.read(reading, 1 << 16)
            if not data:
                break  # it died
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                message = json.loads(line)
                told.messages.append(message)
                running = message.get("begins", running)
                told.is_whole = told.is_whole or DONE in message or ERROR in message
    finally:
        _end(child)
        os.close(reading)
    if (error := told.first(ERROR)) is not None:
        raise ChildFailed(error)
    return told


def _end(child: int) -> None:
    """End the process and all that it has started."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _be_child(work: Callable[[Say], None], writing: int) -> NoReturn:
    def say(message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(writing, data) :]

    try:
        os.setsid()  # so that what its tests start ends with it
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        work(say)
        say({DONE: True})
    except BaseException:  # noqa: BLE001 - told to the one who waits
        say({ERROR: traceback.format_exc()})
    finally:
        signal.pause()  # until it is ended: what Python would do at its end belongs to the other process
        os._exit(1)


class Results:
    """What became of the test that runs. `took`: seconds of the clock; `worked`: of a processor, in this process."""

    def __init__(self) -> None:
        self.failed, self.took, self.worked = False, 0.0, 0.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed
        self.took += report.duration


def run_tests(items: Sequence[pytest.Item], ended: Callable[[pytest.Item, Results], bool], say: Say) -> None:
    """Run these, each between `begins` and a call of `ended`, until that says to stop."""
    if not items:
        return
    plugins = items[0].config.pluginmanager
    plugins.unregister(name="terminalreporter")
    for at, item in enumerate(items):
        results = Results()
        plugins.register(results)
        say({"begins": item.nodeid})
        following = items[at + 1] if at + 1 < len(items) else None
        began = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        results.worked = time.process_time() - began
        plugins.unregister(results)
        if ended(item, results):
            return
