"""Heartbeats of a web process to the supervisor, from a thread of its own and from every finished request.

Each line on the pipe of `VATRA_PULSE` reads `<pid> <requests finished> <moment>`, the moment on the machine's monotonic
clock. No request, database, cache or port takes part in it, so a busy process can't look like a dead one: it is silent
only when its interpreter stands still *and* no request comes to an end (docs/adr/0040).
"""

import os
import threading
import time

PULSE = "VATRA_PULSE"
BEAT_SECONDS = 1.0
# Every limit on a single request is far shorter: waiting for SQLite 20 s, sanitising a file 30 s, Redis 15 s. When all
# threads have been at work for so long and none came to an end, they wait for each other, and beating would be a lie.
WEDGED_SECONDS = 300.0


class Pulse:
    """The heartbeat of this process. Until it is started, or without a supervisor, it only counts.

    Shared by the server's threads.
    """

    def __init__(self) -> None:
        self.descriptor: int | None = None
        self.finished = 0
        self._all_busy_since: float | None = None
        self._told_at = 0.0

    def start(self) -> None:
        """Start beating. Called in the process itself: threads don't survive a fork."""
        number = os.environ.get(PULSE, "")
        if number.isdigit():
            self.descriptor = int(number)
            # A supervisor that doesn't read must never block a request.
            os.set_blocking(self.descriptor, False)
            self.beat()
            threading.Thread(target=self._beat_for_ever, name="pulse", daemon=True).start()

    def finish(self) -> None:
        """Count a finished request, and beat when the thread that should is late."""
        self.finished += 1
        is_late = time.monotonic() - self._told_at > 2 * BEAT_SECONDS
        if self.descriptor is not None and is_late and not self.is_wedged():
            self.beat()

    def all_busy(self, are_they: bool) -> None:
        """Note whether every slot is taken (`admission`). To be called whenever one is freed."""
        if not are_they:
            self._all_busy_since = None
        elif self._all_busy_since is None:
            self._all_busy_since = time.monotonic()

    def is_wedged(self) -> bool:
        """Whether all slots have been taken for so long that the requests must be waiting for each other."""
        since = self._all_busy_since
        return since is not None and time.monotonic() - since > WEDGED_SECONDS

    def beat(self) -> None:
        """Write one line. A full or closed pipe is no failure."""
        assert self.descriptor is not None
        self._told_at = time.monotonic()
        try:
            os.write(self.descriptor, f"{os.getpid()} {self.finished} {self._told_at:.3f}\n".encode())
        except OSError:  # full, or nobody reads it: the next line is as good
            return

    def _beat_for_ever(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            if not self.is_wedged():
                self.beat()


pulse = Pulse()
