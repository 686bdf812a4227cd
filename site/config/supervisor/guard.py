"""The guard process: it outlives the supervisor by a few seconds, and ends what a killed one left running.

Started as a plain script (`python -I -S guard.py MARK`), so it has nothing but the standard library. Its standard input
is a pipe whose other end only the supervisor holds. One byte means "I am leaving in good order"; the end of the pipe
without it means that the supervisor was killed.
"""

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from process_groups import marked_processes

GRACE_SECONDS = 3.0


def end_all(mark: str) -> None:
    """Wait a moment for the parts, to which the kernel sent SIGTERM, then kill until none is left."""
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(marked_processes(mark)):
        time.sleep(0.1)
    # Again and again: a process may fork between the listing and its end.
    while left := list(marked_processes(mark)):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def main() -> None:
    # Only the pipe decides: a signal meant for all must not end the guard first.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if not sys.stdin.buffer.read(1):
        end_all(sys.argv[1])


if __name__ == "__main__":
    main()
