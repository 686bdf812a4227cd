"""Limits for heavy work in the web server: how much runs at once, and who is refused.

Imports no Django: the process that sanitises files imports this module without it.
"""

import threading
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Busy(Exception):
    """Too much of this work at once. Answered with 503 and Retry-After (`config.views.server_error`)."""


class _FairSemaphore:
    """A semaphore that serves whoever has waited longest.

    Python's own semaphore lets a newcomer overtake those who wait.
    """

    def __init__(self, turns: int) -> None:
        self._lock = threading.Lock()
        self._free = turns  # 0 while anybody waits
        self._line: deque[threading.Event] = deque()

    def acquire(self, *, timeout: float) -> bool:
        """Wait for a turn, `timeout` seconds at most; False when none came."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Event()
            self._line.append(mine)
        try:
            if mine.wait(timeout):
                return True
        except BaseException:
            # The turn came while the wait was interrupted: hand it on, or it is lost for good.
            if not self._left(mine):
                self.release()
            raise
        return not self._left(mine)

    def release(self) -> None:
        with self._lock:
            if self._line:
                # The turn goes straight to the next in line; `_free` stays 0, so nobody new can take it.
                self._line.popleft().set()
            else:
                self._free += 1

    def _left(self, mine: threading.Event) -> bool:
        """Leave the queue; False when the turn was handed over at the last moment."""
        with self._lock:
            if mine.is_set():
                return False
            self._line.remove(mine)
            return True


class Bounded:
    """At most `at_once` run in each process and `waiting` more wait, for `seconds` at most; all others are refused.

    Whoever has waited longest is next. A request that waits holds a thread of the web server, so few may, and not for
    long.
    """

    def __init__(self, *, at_once: int, waiting: int, seconds: float) -> None:
        self.seconds = seconds
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._turns = _FairSemaphore(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one of the turns for the length of the block. Raises Busy."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._turns.acquire(timeout=self.seconds):
                raise Busy
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()


class BoundedForEach:
    """The same bounds for each person separately, so that one who asks for much leaves the others' places free."""

    def __init__(self, *, at_once: int, waiting: int, seconds: float) -> None:
        self._limits = {"at_once": at_once, "waiting": waiting, "seconds": seconds}
        self._lock = threading.Lock()
        self._here: dict[Hashable, tuple[Bounded, int]] = {}  # and how many requests of this person use it

    @contextmanager
    def turn(self, person: Hashable) -> Iterator[None]:
        """Hold one of this person's turns for the length of the block. Raises Busy."""
        with self._lock:
            own, how_many = self._here.get(person) or (Bounded(**self._limits), 0)  # type: ignore[arg-type]
            self._here[person] = (own, how_many + 1)
        try:
            with own.turn():
                yield
        finally:
            with self._lock:
                # The last one out removes the entry, so that the dictionary doesn't grow with everybody who ever came.
                own, how_many = self._here.pop(person)
                if how_many > 1:
                    self._here[person] = (own, how_many - 1)


# A hash takes 100 MB and eight threads on purpose; a page of PDF about a second of processor time.
passwords = Bounded(at_once=2, waiting=12, seconds=5)
papers = Bounded(at_once=1, waiting=3, seconds=15)
# A kit of session materials with a PDF of each: some ten seconds when none of them was made before.
kits = Bounded(at_once=1, waiting=2, seconds=45)
pictures = Bounded(at_once=1, waiting=1, seconds=10)
# A procedure's scenarios take some ten seconds when they are lived through anew, beside everybody's other pages.
simulations = Bounded(at_once=1, waiting=2, seconds=20)
