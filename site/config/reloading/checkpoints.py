"""Checkpoints of a start: processes that wait, each with the code that had been loaded when it was forked.

Loading all code takes more than three seconds of a processor. So a start forks again and again while it loads: the
older process waits, the younger goes on. When a file changes, the newest one that had not read it forks once more, and
only what came after is loaded anew. Needs a process without threads until all is loaded.
"""

import contextlib
import importlib.util
import os
import signal
import sys
import sysconfig
import time
from collections.abc import Iterable
from importlib.abc import MetaPathFinder
from typing import Any

from notifications.outbox.linux_processes import die_with_parent

EVERY_SECONDS = 0.4  # of the processor, between two checkpoints
OTHERS = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")})


class Checkpoints(MetaPathFinder):
    """All checkpoints before this moment, oldest first. On `sys.meta_path` it takes one whenever it is time for it.

    `since`: when loading began or last went on (seconds of the epoch); what was saved later may not have been read.
    """

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self.every, self.since = every, time.time()
        self._kept: list[tuple[frozenset[str], int]] = []  # files that had been read, and the pipe to the process
        self._taken_at = time.process_time()

    def find_spec(self, *_sought: Any) -> None:
        """Find nothing. The module that is being looked for has not been read yet: a good moment to fork."""
        if time.process_time() - self._taken_at > self.every:
            self.take()

    def take(self) -> None:
        """Leave a checkpoint here: returns in the process that goes on, and again whenever that is to be repeated."""
        read, is_repeated = frozenset(own_files()), False
        while True:
            read_end, write_end = os.pipe()
            waiting = os.getpid()
            child = os.fork()
            if child == 0:
                break
            os.close(write_end)
            is_repeated = bool(os.read(read_end, 1))
            os.close(read_end)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # and with it all that came after
            os.waitpid(child, 0)
            if not is_repeated:
                os._exit(1)  # it ended by itself: the supervisor starts all of it again
        die_with_parent(signal.SIGKILL, parent=waiting)
        os.close(read_end)
        self._kept.append((read, write_end))
        self._taken_at = time.process_time()
        if is_repeated:
            self.since = time.time()
            # A file may be new. (`importlib.invalidate_caches` imports, and so would come here again.)
            sys.path_importer_cache.clear()

    def go_back_before(self, files: Iterable[str]) -> None:
        """End this process; the newest checkpoint that has read none of these files goes on. Doesn't return."""
        changed = set(files)
        for file in changed:
            # Compiled files are told apart by whole seconds and size: two changes within one would look the same.
            with contextlib.suppress(OSError, ValueError):
                os.unlink(importlib.util.cache_from_source(file))
        fitting = [write_end for read, write_end in self._kept if not changed & read]
        if fitting:
            os.write(fitting[-1], b".")
            time.sleep(10)  # it is killed meanwhile
        os._exit(1)


def own_files() -> set[str]:
    """Return the files of all loaded modules but Python's and those of installed packages."""
    files = {getattr(module, "__file__", None) for module in [*sys.modules.values()]}
    return {file for file in files if file and file.endswith(".py") and not file.startswith(OTHERS)}
