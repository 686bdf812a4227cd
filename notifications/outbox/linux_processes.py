"""Processes that don't outlive their parents (Linux). Imports nothing of Django."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent(number: int) -> None:
    """Sends this process the signal when its parent dies (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def bind_descendants() -> None:
    """From now on every process forked here, or by what is forked here, is killed when its parent dies."""
    parents: list[int] = []

    def remember() -> None:
        parents[:] = [os.getpid()]

    def bind() -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with_parent(signal.SIGKILL)
        if os.getppid() != parents[0]:  # it died between the fork and the line above
            os._exit(1)

    os.register_at_fork(before=remember, after_in_child=bind)
