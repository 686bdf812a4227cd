"""Parents and children among Linux processes: no child outlives its parent. Imports nothing of Django.

For the clusters of this room, and for the supervisor (`config.supervisor`).
"""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(number: int, *, parent: int | None = None) -> None:
    """Send this process the signal `number` when its parent dies.

    `parent`: the pid that forked this process, where the caller knows it; if it is dead already the signal is sent at
    once, because the kernel tells only of deaths to come. Raises OSError where the kernel refuses.
    """
    _prctl(PR_SET_PDEATHSIG, number)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)


def adopt_orphans() -> None:
    """Make descendants whose parent dies this process's children, so that it can wait for them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def bind_descendants() -> None:
    """Make every process that is forked from now on, here or by what is forked here, die with its parent."""
    parents: list[int] = []

    def remember() -> None:
        # Before the fork: afterwards the child can't tell its parent from the process that adopted it.
        parents[:] = [os.getpid()]

    def bind() -> None:
        # The sentinel's handler is inherited by a fork; a child has no children of the sentinel's to watch.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with_parent(signal.SIGKILL)
        if os.getppid() != parents[0]:  # it died between the fork and the line above
            os._exit(1)

    os.register_at_fork(before=remember, after_in_child=bind)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
