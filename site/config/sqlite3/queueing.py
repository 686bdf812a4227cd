"""A queue for writers of one SQLite file: first come, first served between processes.

SQLite has one writer and no queue. A writer that finds it taken sleeps up to a tenth of a second and tries again, so a
process that writes without a pause keeps all others waiting for as long as it goes on: eight threads that flooded the
public form delayed single writes by up to ten seconds, and the mail to the police by five. Here each process sends one
thread at a time into the queue, and whoever stands in it gets the next turn: between two writes of one process every
other process has had one (docs/adr/0083).

It orders writers and protects nothing: SQLite's own lock does that. A queue that can't be used (a full disk, a file
system without locks) is bypassed; one that didn't move for too long is bypassed for a while by the whole process.
"""

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

TURN, WRITE = 0, 1  # locked bytes of the file: who writes next; who writes
# Seconds between two looks: at first, since most turns are short, and at last. One process of all waits to write, and
# the file stands idle until it looks again; all others wait for that one's place.
LOOK_AGAIN = {TURN: (0.0001, 0.001), WRITE: (0.00005, 0.0001)}
SOON = 0.02  # seconds after which whoever waits to write looks as seldom as the others
PATIENCE = 15.0  # seconds in all; SQLite's own timeout comes after it
LEFT_ALONE = 60.0  # seconds for which the queue is bypassed after a wait ran out


class WriteQueue:
    """The queue of one database file for all threads of a process and, through a file beside it, for all processes.

    POSIX record locks: they end with the process that holds them, and a fork inherits none.
    """

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}.queue")
        self._begin_anew()
        # A thread lock that was held in the parent would stay locked in the child for ever.
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """Set the state of a process that holds nothing; also in a forked child."""
        self._of_this_process = threading.Lock()
        self._holder: int | None = None
        self._file: int | None = None
        self._left_alone_until = 0.0

    def enter(self) -> bool:
        """Wait for this thread's turn. True when it has one, which it must `leave`; False: write without one."""
        me, now = threading.get_ident(), time.monotonic()
        if self._holder == me or now < self._left_alone_until:  # a second connection of a thread would wait for itself
            return False
        until = now + PATIENCE
        if not self._of_this_process.acquire(timeout=PATIENCE):
            self._left_alone_until = time.monotonic() + LEFT_ALONE
            return False
        self._holder = me
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if self._lock(TURN, until) and self._lock(WRITE, until):
                # "Next" is free again as soon as we write, so somebody of another process can already wait there.
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, TURN)
                return True
        # Not an error of the write: without the queue SQLite's own lock still orders it.
        except OSError:
            pass
        except BaseException:
            self.leave()
            raise
        self.leave()
        return False

    def _lock(self, byte: int, until: float) -> bool:
        """Lock one byte of the file; False when that wasn't possible until then."""
        assert self._file is not None
        pause, longest = LOOK_AGAIN[byte]
        began = time.monotonic()
        while True:
            try:
                # Polled, since a blocking lock has no timeout.
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            except BlockingIOError:
                now = time.monotonic()
                if now >= until:
                    self._left_alone_until = now + LEFT_ALONE
                    return False
                time.sleep(pause)
                pause = min(2 * pause, longest if now - began < SOON else max(LOOK_AGAIN[TURN]))
            else:
                return True

    def leave(self) -> None:
        """Let the next one write. A thread that doesn't hold the turn does nothing."""
        if self._holder != threading.get_ident():
            return
        file, self._file, self._holder = self._file, None, None
        try:
            if file is not None:
                with suppress(OSError):
                    os.close(file)  # both locks go with it
        finally:
            self._of_this_process.release()


_queues: dict[str, WriteQueue] = {}
_making = threading.Lock()


def get_queue(database: str) -> WriteQueue:
    """Return this process's queue for a database file (its path).

    One for all connections, since a process that closes a file loses every record lock it has on that file.
    """
    key = os.path.realpath(database)
    with _making:
        if key not in _queues:
            _queues[key] = WriteQueue(key)
        return _queues[key]
