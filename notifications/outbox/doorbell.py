"""Wake the workers of this machine without a task: a named pipe for each cluster, one byte for each ring.

A task costs its transaction a row and its worker two more; a ring costs nothing, and says no more than "look". It is
never the only way to a notice: where nobody listens (the workers are on another machine, or dead) `ring` says so and a
task is enqueued instead, and the sweeper finds what no ring and no task has led to.
"""

import os
import select
from contextlib import suppress
from pathlib import Path

from django.conf import settings

MAILS, WAYS, TASKS = b"m", b"w", b"t"  # notices are owed by e-mail; by other ways; a task waits at the broker
MANY = 4096


def ring(cluster: str, what: bytes) -> bool:
    """Wake a worker of this cluster. False when none of this machine listens."""
    try:
        pipe = os.open(_get_path(cluster), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # there is none, or nobody has it open
        return False
    # A full pipe holds more rings than anybody needs.
    with suppress(BlockingIOError):
        os.write(pipe, what)
    os.close(pipe)
    return True


class Doorbell:
    """The workers' end. All workers of a cluster listen at the same pipe: each ring is heard by one of them."""

    def __init__(self, cluster: str) -> None:
        path = _get_path(cluster)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_pipe(path)
        # For writing too, or it would read as ended whenever no ringer has it open.
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._waiting = select.epoll()
        self._waiting.register(self._pipe, select.EPOLLIN | select.EPOLLEXCLUSIVE)  # one ring wakes one worker

    def wait(self, seconds: float) -> set[bytes]:
        """Return what was rung for, each once; empty when nothing was for so many seconds."""
        if not self._waiting.poll(seconds):
            return set()
        try:
            rung = os.read(self._pipe, MANY)
        except BlockingIOError:  # another worker was faster
            return set()
        return {bytes([each]) for each in rung}

    def pass_on(self, what: bytes) -> None:
        """Leave a ring to another worker of this cluster, or to this one's next look."""
        with suppress(BlockingIOError):
            os.write(self._pipe, what)

    def close(self) -> None:
        self._waiting.close()
        os.close(self._pipe)


def _make_pipe(path: Path) -> None:
    """Make the pipe, unless another worker has. A plain file in its place came with a copied folder: it goes."""
    with suppress(FileNotFoundError):
        if not path.is_fifo():
            path.unlink()
    with suppress(FileExistsError):
        os.mkfifo(path, 0o600)


def _get_path(cluster: str) -> Path:
    return Path(settings.DATA_DIR) / "run" / f"{cluster}.bell"
