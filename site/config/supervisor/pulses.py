"""Heartbeats of the web server's processes (`config.liveness`): receive them, and find who is silent."""

import os
import time
from dataclasses import dataclass, field

PULSE = "VATRA_PULSE"  # as in config.liveness, which this room doesn't import: Django isn't loaded here yet
SILENT_SECONDS = 30.0
HELD_UP_SECONDS = 3.0  # a gap of the supervisor itself: that time counts as nobody's silence


@dataclass
class Pulses:
    """The pipe of the heartbeats, and when each process was last heard or finished a request."""

    read_end: int
    write_end: int
    heard: dict[int, float] = field(default_factory=dict)
    last_heard: dict[int, float] = field(default_factory=dict)  # by process group
    _left: bytes = b""
    _looked_at: float = field(default_factory=time.monotonic)

    @classmethod
    def open(cls) -> "Pulses":
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        return cls(read_end, write_end)

    def close_in_part(self, part: str) -> None:
        """Close, in the new process of this part, what isn't its own."""
        os.close(self.read_end)
        if part != "web":
            os.close(self.write_end)
            os.environ.pop(PULSE, None)

    def listen(self) -> None:
        """Read the lines that were written since the last call."""
        now = time.monotonic()
        gap, self._looked_at = now - self._looked_at, now
        if gap > HELD_UP_SECONDS:
            self.heard = {pid: at + gap for pid, at in self.heard.items()}
        for line in self._lines():
            pid, _finished, at = line.split()
            self.heard[int(pid)] = max(self.heard.get(int(pid), 0.0), float(at))

    def silent(self, group: int) -> list[tuple[int, float]]:
        """Return (pid, seconds) of each process of this group that was heard before and is silent now.

        Removes processes that have ended.
        """
        now = time.monotonic()
        self.heard = {pid: at for pid, at in self.heard.items() if _get_group(pid) == group}
        if self.heard:
            self.last_heard = {group: max(self.heard.values())}
        return [(pid, now - at) for pid, at in self.heard.items() if now - at > SILENT_SECONDS]

    def has_heard(self, group: int, within: float) -> bool:
        """Whether any process of this group was heard in the last so many seconds, even one that has ended since."""
        return time.monotonic() - self.last_heard.get(group, 0.0) <= within

    def _lines(self) -> list[bytes]:
        """Read the complete lines from the pipe; the rest waits for the next call."""
        received = self._left
        while True:
            try:
                piece = os.read(self.read_end, 65536)
            except BlockingIOError:
                break
            if not piece:
                break
            received += piece
        *lines, self._left = received.split(b"\n")
        # Lines of two writers don't mix (shorter than PIPE_BUF); a part of another shape is dropped.
        return [line for line in lines if line.count(b" ") == 2]


def _get_group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
