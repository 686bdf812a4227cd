"""The sandbox's child for many workbooks: it loads what opens them once, and forks for each, within the same limits.

Starting Python and loading pyxform is most of what a child does. A workbook meets the same code under the same limits
here; only how the child came to be differs, and so some workbooks are read by the real one too (hostile.py).
"""

import io
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest import mock

from .. import sandbox_child

LENGTH = struct.Struct("!Q")
HEAD = struct.Struct("!Qdi")  # length of the answer, seconds of a processor, exit status


@contextmanager
def warm_child() -> Iterator[list[float]]:
    """Let `read_safely` ask such a child. Yields how many seconds of a processor each workbook took in it."""
    from .. import sandbox  # which the child can't import: it knows no other room

    start = f"import sys; sys.path.insert(0, {str(sandbox.ROOT)!r}); import {__name__} as c; c.serve()"
    command = [sys.executable, "-I", "-c", start]
    taken: list[float] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", env={}) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        asks, answers = child.stdin, child.stdout

        def run(command: Any, *, input: bytes, **_how: Any) -> subprocess.CompletedProcess[bytes]:
            asks.write(LENGTH.pack(len(input)) + input)
            asks.flush()
            length, seconds, status = HEAD.unpack(answers.read(HEAD.size))
            taken.append(seconds)
            return subprocess.CompletedProcess(command, status, answers.read(length), b"")

        with mock.patch.object(sandbox.subprocess, "run", run):
            yield taken
        asks.close()


def serve() -> None:
    """Answer one workbook after the other until standard input ends."""
    from .. import workbook  # noqa: F401 - loaded once

    while head := sys.stdin.buffer.read(LENGTH.size):
        content = sys.stdin.buffer.read(*LENGTH.unpack(head))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _answer(content, writing)
        os.close(writing)
        with open(reading, "rb") as pipe:
            answer = pipe.read()
        _pid, status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        sys.stdout.buffer.write(HEAD.pack(len(answer), usage.ru_utime + usage.ru_stime, code) + answer)
        sys.stdout.buffer.flush()


def _answer(content: bytes, writing: int) -> NoReturn:
    try:
        os.dup2(writing, 1)
        os.close(writing)
        sys.stdin = io.TextIOWrapper(io.BytesIO(content))
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False))
        sandbox_child.main()
        os._exit(0)
    finally:
        os._exit(1)
