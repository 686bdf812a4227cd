"""Run the tests in several processes, forked once all tests are collected: `-p tests.rings.forking --forks 2`.

pytest-xdist starts new processes, and each imports and collects everything again. Here one process collects, and its
forks begin with what it has loaded. Each takes the next chunk of tests as soon as it has ended one. The dearest chunks
come first (stored costs). A fork that dies fails the test that it was running, and another one goes on with the rest.

`--end-after SECONDS`: the cheapest chunks come first, so that most tests run; those that haven't begun by then are left
out, and the summary says how many of which files.
"""

import mmap
import os
import pickle
import selectors
import signal
import struct
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.conf import settings
from django.test.signals import setting_changed

from .costs import Costs, read_costs

HEADER = struct.Struct("!I")  # the length of a message in bytes; the number of a chunk
MAX_CHUNK = 15.0  # seconds of a processor: a file that costs more is divided
MAX_CHUNKS = 16_000  # as many numbers as fit into a pipe that nobody reads yet
PATIENCE = 20.0  # seconds for a fork to end after it was told to
Item = pytest.Item


class Order(StrEnum):
    DEAREST = "dearest"  # the forks end at about the same time
    CHEAPEST = "cheapest"  # most tests before the time is over
    COLLECTED = "collected"


def build_chunks(items: list[Item], costs: Costs, order: Order = Order.DEAREST) -> list[list[Item]]:
    """Tests that run one after the other in one process: a file's, or a part of a dear file's. Which ones come first is
    the order's to say."""
    files: dict[str, list[Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    chunks: list[tuple[float, list[Item]]] = []
    for of_file in files.values():
        chunk: list[Item] = []
        cost = 0.0
        for item in of_file:
            chunk.append(item)
            cost += costs.of(item.nodeid)
            if cost >= MAX_CHUNK:
                chunks.append((cost, chunk))
                chunk, cost = [], 0.0
        if chunk:
            chunks.append((cost, chunk))
    if order is not Order.COLLECTED:
        chunks.sort(key=lambda each: each[0], reverse=order is Order.DEAREST)
    return [chunk for _cost, chunk in chunks]


@dataclass
class Fork:
    """One process that runs tests, as its parent sees it. `running`: the test that it has begun and not ended."""

    pid: int
    pipe: int
    unread: bytes = b""
    running: str = ""


class Forking:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.count: int = config.getoption("--forks")
        end_after: float | None = config.getoption("--end-after")
        self.until = float("inf") if end_after is None else time.monotonic() + end_after
        self.order = Order.DEAREST if end_after is None else Order.CHEAPEST
        if config.getoption("--in-order"):
            self.order = Order.COLLECTED
        self.is_stopped = mmap.mmap(-1, 1)  # shared with the forks
        self.left_out: Counter[str] = Counter()
        self.numbers = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if self.config.option.collectonly:
            return None
        if session.testsfailed and not self.config.option.continue_on_collection_errors:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        reporter.showfspath = False  # of several processes' tests the file would change with each
        # All forks make their folders in it: made later, each would make its own and none would delete them.
        self.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        remaining = {item.nodeid: item for item in session.items}
        before = len(remaining) + 1
        while len(remaining) < before and remaining and not self.is_stopped[0]:
            before = len(remaining)
            self.run_round(session, list(remaining.values()), remaining)
        self.left_out.update(nodeid.partition("::")[0] for nodeid in remaining)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True

    def run_round(self, session: pytest.Session, items: list[Item], remaining: dict[str, Item]) -> None:
        """Run these in as many forks as were asked for. One round is enough unless a fork dies."""
        chunks = build_chunks(items, read_costs(), self.order)[:MAX_CHUNKS]
        self.chunks, chunks_for_forks = os.pipe()
        os.set_blocking(self.chunks, False)
        os.write(chunks_for_forks, b"".join(HEADER.pack(number) for number in range(len(chunks))))
        os.close(chunks_for_forks)
        forks: list[Fork] = []
        try:
            for _each in range(min(self.count, len(chunks))):
                forks.append(self.begin_fork(session, chunks, forks))
            self.listen(session, forks, remaining)
        finally:
            self.stop()
            os.close(self.chunks)
            end(forks)
            self.is_stopped[0] = int(bool(session.shouldfail or session.shouldstop or time.monotonic() > self.until))

    def begin_fork(self, session: pytest.Session, chunks: list[list[Item]], others: list[Fork]) -> Fork:
        reading, writing = os.pipe()
        name = f"gw{self.numbers}"  # as pytest-xdist calls its processes: pytest-django and our settings know that
        self.numbers += 1
        pid = os.fork()
        if not pid:
            for pipe in (reading, *(other.pipe for other in others)):
                os.close(pipe)
            run_in_fork(Speaking(self.config, writing), session, self.take_chunks(chunks), self.is_stopped, name)
        os.close(writing)
        return Fork(pid, reading)

    def take_chunks(self, chunks: list[list[Item]]) -> Iterator[list[Item]]:
        while number := os.read(self.chunks, HEADER.size):
            yield chunks[HEADER.unpack(number)[0]]

    def listen(self, session: pytest.Session, forks: list[Fork], remaining: dict[str, Item]) -> None:
        """Report what the forks say until all of them have ended."""
        with selectors.DefaultSelector() as selector:
            for fork in forks:
                selector.register(fork.pipe, selectors.EVENT_READ, fork)
            while selector.get_map():
                for key, _events in selector.select(timeout=0.5):
                    said = os.read(key.data.pipe, 1 << 20)
                    if said:
                        self.hear(key.data, said, remaining)
                        continue
                    selector.unregister(key.data.pipe)
                    if key.data.running:
                        self.report_dead(key.data, remaining)
                if session.shouldfail or session.shouldstop or time.monotonic() > self.until:
                    self.stop()

    def hear(self, fork: Fork, said: bytes, remaining: dict[str, Item]) -> None:
        fork.unread += said
        while len(fork.unread) >= HEADER.size:
            end_of_message = HEADER.size + HEADER.unpack_from(fork.unread)[0]
            if len(fork.unread) < end_of_message:
                return
            message, fork.unread = fork.unread[HEADER.size : end_of_message], fork.unread[end_of_message:]
            kind, content = pickle.loads(message)  # noqa: S301 -- what our own fork wrote
            self.act_on(fork, kind, content, remaining)

    def act_on(self, fork: Fork, kind: str, content: Any, remaining: dict[str, Item]) -> None:
        hook = self.config.hook
        if kind == "begun":
            fork.running = content
        elif kind == "ended":
            fork.running = ""
            remaining.pop(content, None)
        elif kind == "report":
            report = hook.pytest_report_from_serializable(config=self.config, data=content)
            hook.pytest_runtest_logreport(report=report)
        else:
            raise RuntimeError(f"A process of this run failed:\n{content}")

    def report_dead(self, fork: Fork, remaining: dict[str, Item]) -> None:
        """Fail the test that a fork was running when it died."""
        item = remaining.pop(fork.running)
        words = f"the process that ran {fork.running} died"
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")
        self.config.hook.pytest_runtest_logreport(report=report)

    def stop(self) -> None:
        """Let no fork begin another test."""
        self.is_stopped[0] = 1
        while take(self.chunks):
            pass

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.left_out or self.until == float("inf"):
            return
        terminalreporter.write_line(f"The time was over: {self.left_out.total()} tests were left out.", yellow=True)
        for name, count in sorted(self.left_out.items()):
            terminalreporter.write_line(f"  {count:5} {name}")


class Speaking:
    """What a fork tells its parent, as a plugin in the place of the reporter."""

    def __init__(self, config: pytest.Config, pipe: int) -> None:
        self.config = config
        self.pipe = pipe

    def say(self, kind: str, content: object) -> None:
        message = pickle.dumps((kind, content))
        message = HEADER.pack(len(message)) + message
        while message:
            message = message[os.write(self.pipe, message) :]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.say("report", self.config.hook.pytest_report_to_serializable(config=self.config, report=report))


def run_in_fork(
    speaking: Speaking, session: pytest.Session, chunks: Iterator[list[Item]], is_stopped: mmap.mmap, name: str
) -> NoReturn:
    """Run chunk after chunk, and end without a word to what this process shares with its parent."""
    status = 1
    try:
        become_one_of_several(speaking, name)
        run_chunks(speaking, session, chunks, is_stopped)
        speaking.config.hook.pytest_sessionfinish(session=session, exitstatus=pytest.ExitCode.OK)
        status = 0
    except KeyboardInterrupt:
        status = int(pytest.ExitCode.INTERRUPTED)
    except BaseException:  # noqa: BLE001 -- whatever it is, the parent says it
        speaking.say("broken", traceback.format_exc())
    finally:
        os._exit(status)  # no exit function of the parent's runs here


def become_one_of_several(speaking: Speaking, name: str) -> None:
    """Take a folder, a database and captured output of one's own, as a process of pytest-xdist has them."""
    plugins = speaking.config.pluginmanager
    for each in ("terminalreporter", "leg", "forking"):
        if plugin := plugins.getplugin(each):
            plugins.unregister(plugin)
    plugins.register(speaking)
    capture: Any = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    speaking.config.workerinput = {"workerid": name}  # type: ignore[attr-defined]
    os.environ["PYTEST_XDIST_WORKER"] = name
    if settings.configured:
        move_data(Path(settings.DATA_DIR), Path(settings.DATA_DIR) / name)


def move_data(old: Path, new: Path) -> None:
    """Let every setting that leads into one folder lead into another."""
    new.mkdir(parents=True, exist_ok=True)
    os.environ["DATA_DIR"] = str(new)
    for name in dir(settings):
        if name.isupper():
            value = getattr(settings, name)
            moved = move_value(value, str(old), str(new))
            if moved is not value:
                setattr(settings, name, moved)
                setting_changed.send(sender=Forking, setting=name, value=moved, enter=True)


def move_value(value: Any, old: str, new: str) -> Any:
    """The same value where nothing in it leads into the old folder. Dictionaries are changed in place."""
    if isinstance(value, dict):
        value.update({key: move_value(each, old, new) for key, each in value.items()})
        return value
    text = str(value) if isinstance(value, str | Path) else ""
    if old not in text or text.startswith(new):
        return value
    return type(value)(text.replace(old, new))


def run_chunks(
    speaking: Speaking, session: pytest.Session, chunks: Iterator[list[Item]], is_stopped: mmap.mmap
) -> None:
    """The next chunk is taken before the last test of this one, for that test's clearing away knows what comes next."""
    ahead: list[Item] = []
    while True:
        while len(ahead) < 2 and (chunk := next(chunks, None)):
            ahead += chunk
        if not ahead or is_stopped[0]:
            return
        item, ahead = ahead[0], ahead[1:]
        speaking.say("begun", item.nodeid)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=ahead[0] if ahead else None)
        speaking.say("ended", item.nodeid)


def take(pipe: int) -> bytes:
    return os.read(pipe, 1 << 16)


def end(forks: list[Fork]) -> None:
    """Wait until they have ended; what hasn't by then is killed."""
    until = time.monotonic() + PATIENCE
    for fork in forks:
        os.close(fork.pipe)
        while os.waitpid(fork.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(fork.pid, signal.SIGKILL)
            time.sleep(0.01)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forks", type=int, default=0, help="Collect once and run the tests in as many processes.")
    parser.addoption("--in-order", action="store_true", help="Begin with the files that were named first.")
    parser.addoption("--end-after", type=float, help="Begin no test after so many seconds.")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--forks"):
        config.pluginmanager.register(Forking(config), "forking")
