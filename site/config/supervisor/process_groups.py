"""Find and end the processes that a supervisor started.

Standard library only, and no package: `guard` imports it from a plain script.
"""

import os
from collections.abc import Iterator

MARK = "VATRA_SUPERVISOR"


def marked_processes(mark: str) -> Iterator[int]:
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


def group_lives(group: int) -> bool:
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
