"""What Linux offers to keep hold of a family of processes."""

import ctypes
import os
import signal
from collections.abc import Iterator

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MARK = "VATRA_SUPERVISOR"


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def adopt_orphans() -> None:
    """Descendants whose parent dies become this process's children, so that it can wait for them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Sends this process SIGTERM when `parent` (the pid that forked it) dies; at once if it is dead already."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def marked_processes(mark: str) -> Iterator[int]:
    """The pids of this user's processes that were started with `VATRA_SUPERVISOR=<mark>` in their environment."""
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
    """Whether the process group still has a member (one not yet waited for counts)."""
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
