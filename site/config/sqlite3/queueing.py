"""A queue of those who want to write to one SQLite file: whoever came next writes next.

SQLite has one writer and no queue. Who finds it taken sleeps up to a tenth of a second and tries again, so a process
that writes without a pause keeps everybody else waiting for as long as it goes on: eight threads that flooded the
public form held up single writes by up to ten seconds, and the mail to the police by five. Here each process sends one
thread at a time into the queue, and who stands in it gets the next turn: between two writes of one process every other
process has had one.

It orders, and guards nothing: SQLite's own lock does that. A queue that can't be had (a full disk, a file system
without locks) is passed by; one that didn't move for too long is passed by for a while by everybody in the process.
"""

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

TURN, WRITE = 0, 1  # bytes of the file: the one who writes next; the one who writes
LOOK_AGAIN = 0.002  # seconds
PATIENCE = 15.0  # seconds in all; SQLite's own patience comes after it
LEFT_ALONE = 60.0  # seconds that a queue is passed by after somebody's patience was over


class WriteQueue:
    """The queue of one database file, shared by the threads of a process and, through a file beside it, by all
    processes. POSIX record locks: a process that ends leaves, a fork inherits nothing."""

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}.queue")
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._of_this_process = threading.Lock()
        self._holder: int | None = None
        self._file: int | None = None
        self._left_alone_until = 0.0

    def enter(self) -> bool:
        """Wait for this thread's turn. True when it has one, which it must `leave`; False: go on without."""
        me, now = threading.get_ident(), time.monotonic()
        if self._holder == me or now < self._left_alone_until:  # a second connection would wait for its own thread
            return False
        until = now + PATIENCE
        if not self._of_this_process.acquire(timeout=PATIENCE):
            self._left_alone_until = time.monotonic() + LEFT_ALONE
            return False
        self._holder = me
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if self._lock(TURN, until) and self._lock(WRITE, until):
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, TURN)
                return True
        except OSError:
            pass
        except BaseException:
            self.leave()
            raise
        self.leave()
        return False

    def _lock(self, byte: int, until: float) -> bool:
        assert self._file is not None
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            except BlockingIOError:
                if time.monotonic() >= until:
                    self._left_alone_until = time.monotonic() + LEFT_ALONE
                    return False
                time.sleep(LOOK_AGAIN)
            else:
                return True

    def leave(self) -> None:
        """Let the next one write. Only by the thread that entered; another one's turn is left alone."""
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
    """This process's queue for a database file (its path); one for all connections, since a process that closes a file
    loses every record lock that it has on it."""
    key = os.path.realpath(database)
    with _making:
        if key not in _queues:
            _queues[key] = WriteQueue(key)
        return _queues[key]
