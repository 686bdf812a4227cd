"""Find and end the processes that a supervisor started, also after it was killed.

The guard process outlives the supervisor by a few seconds, and ends what a killed one left running. It is started as a
plain script (`python -I -S orphans.py MARK`), so this module has nothing but the standard library. Its standard input
is a pipe whose other end only the supervisor holds. One byte means "I am leaving in good order"; the end of the pipe
without it means that the supervisor was killed.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator

MARK = "VATRA_SUPERVISOR"
GRACE_SECONDS = 3.0


def iter_marked_processes(mark: str) -> Iterator[int]:
    """Yield the pids of this user's processes that have `VATRA_SUPERVISOR=<mark>` in their environment."""
    wanted = f"{MARK}={mark}".encode()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as environment:
                if wanted in environment.read().split(b"\0"):
                    yield int(name)
        except OSError:  # it ended meanwhile, or is another user's
            continue


def is_group_alive(group: int) -> bool:
    """Whether the process group still has a member (one not yet reaped counts)."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def end_all(mark: str) -> None:
    """Wait a moment for the parts, to which the kernel sent SIGTERM, then kill until none is left."""
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(iter_marked_processes(mark)):
        time.sleep(0.1)
    # Again and again: a process may fork between the listing and its end.
    while left := list(iter_marked_processes(mark)):
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
