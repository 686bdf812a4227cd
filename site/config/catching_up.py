"""The first seconds of a web process, in which everybody comes who had waited for it (docs/adr/0227).

While the service is started again, connections wait in a socket that stays. They come all at once, and each has waited
as long as the restart took: by the limits of an ordinary minute (`admission`) most of them would be refused.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PLACES = 240  # to wait, besides those of the lanes: of ten people a second in twenty-four seconds
# One of them waits at most. nginx gives up after 60 seconds, and the restart was part of them.
SECONDS = 30.0
SMALL = 256 * 1024  # bytes of a body that may be in memory for each of these places; larger ones have none
ARRIVING = 5.0  # seconds within which those who waited come
AT_MOST = 60.0


class CatchingUp:
    """Places for those who waited for this process. It ends once, for good. Shared by the server's threads.

    It goes on while those who waited arrive, and after that until none of them waits, a minute at most.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._began, self._is_over, self._taken = now, now(), False, 0
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        return self._is_over

    @contextmanager
    def place(self, size: int) -> Iterator[bool]:
        """Lend a place to a request with so many bytes of body; yields whether it has one."""
        has_place = not self._is_over and self._take(size)
        try:
            yield has_place
        finally:
            if has_place:
                with self._lock:
                    self._taken -= 1

    def _take(self, size: int) -> bool:
        with self._lock:
            age = self._now() - self._began
            self._is_over = self._is_over or age > AT_MOST or (age > ARRIVING and not self._taken)
            has_place = not self._is_over and size <= SMALL and self._taken < PLACES
            self._taken += has_place
            return has_place
