"""PostgreSQL: its write-ahead log, received while it is written (pg_receivewal), and a base (pg_basebackup).

A log that is received holds each commit within the second, long before its 16 MB are full. No slot holds the log back
on the server: a receiver that is away costs a new base, and never the server's disk.

A change holds pieces of the log: name of the segment (24 bytes), where in it, how long (8 bytes each), deflated.
"""

import re
import secrets
import shutil
import struct
import subprocess
import tarfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..database import CannotCopy, find_program, get_client_environment

MEMBER, BASE_MEMBER = "wal", "base.tar"
PIECE = struct.Struct(">24sQQ")
LEVEL = 3
PARTIAL = ".partial"
SEGMENT = re.compile(r"[0-9A-F]{24}")
START = re.compile(rb"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
CHUNK = 1024 * 1024
WAIT_SECONDS = 30.0


@dataclass(frozen=True, order=True)
class Position:
    """Up to where the log has been stored: this segment, so many bytes of it."""

    segment: str = ""
    offset: int = 0


class Receiver:
    """pg_receivewal, writing into a folder of its own."""

    def __init__(self, folder: Path, database: dict[str, Any]) -> None:
        self.folder, self.database = folder, database
        self.process: subprocess.Popen[bytes] | None = None
        self.name = ""  # by which the server knows it

    def start_anew(self) -> None:
        """Begin at the server's present segment. What was received before goes: after a pause it has a gap."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        self.start()

    def start(self) -> None:
        """Begin, or go on where it ended. Raises CannotCopy."""
        # Another each time: of one that was killed the server doesn't know yet.
        self.name = f"vatra_point_{secrets.token_hex(4)}"
        words = ["--no-loop", "--no-password", "--status-interval=1", f"--directory={self.folder}"]
        with (self.folder / "errors").open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603
                [find_program("pg_receivewal"), *words],
                env=get_client_environment(self.database) | {"PGAPPNAME": self.name},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def has_gap(self) -> bool:
        """Tell whether it ended because the server no longer has what comes next, or because it is another server."""
        try:
            said = (self.folder / "errors").read_bytes()
        except FileNotFoundError:
            return True
        return b"has already been removed" in said or b"is ahead of" in said or b"timeline" in said

    def _read_errors(self) -> str:
        """Return the last lines that it wrote, which name servers and segments, never rows."""
        try:
            lines = (self.folder / "errors").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return f" It says: {' '.join(lines[-2:])[:300]}" if lines else ""

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so, while it runs. Raises CannotCopy."""
        until = time.monotonic() + WAIT_SECONDS
        while not is_so():
            if not self.is_running():
                raise CannotCopy(
                    "The log of PostgreSQL isn't received: does the service's role have REPLICATION, and does"
                    " pg_hba.conf let it in for it (docs/operator.md, A moment of your choice)?" + self._read_errors()
                )
            if time.monotonic() > until:
                raise CannotCopy(
                    f"PostgreSQL sent nothing of its log for {WAIT_SECONDS:.0f} s. It is tried again."
                    + self._read_errors()
                )
            time.sleep(0.1)

    def write_new(self, out: BinaryIO, after: Position, until: Position) -> Position:
        """Write what was received after this position and before `until`, and return the new one. Raises OSError.

        `until`: what has been written for certain; its segment's name is without the timeline. What lies behind it is
        being written: read meanwhile, it may have holes.
        """
        deflate, position = zlib.compressobj(LEVEL), after
        for segment in self._list():
            if segment < after.segment or segment[8:] > until.segment:
                continue
            offset = after.offset if segment == after.segment else 0
            data = self._read(segment, offset)
            if segment[8:] == until.segment:
                data = data[: max(0, until.offset - offset)]
            if data:
                out.write(deflate.compress(PIECE.pack(segment.encode(), offset, len(data))))
                out.write(deflate.compress(data))
            if data or segment > position.segment:
                position = Position(segment, offset + len(data))
        out.write(deflate.flush())
        return position

    def remove_before(self, position: Position) -> None:
        """Remove segments that have been stored whole."""
        for segment in self._list():
            if segment < position.segment:
                (self.folder / segment).unlink(missing_ok=True)

    def has(self, segment: str) -> bool:
        return segment in self._list()

    def _list(self) -> list[str]:
        return sorted({path.name[:24] for path in self.folder.iterdir() if SEGMENT.match(path.name)})

    def _read(self, segment: str, offset: int) -> bytes:
        path = self.folder / segment
        try:
            file = path.open("rb")
        except FileNotFoundError:
            try:
                file = path.with_name(f"{segment}{PARTIAL}").open("rb")
            except FileNotFoundError:  # it has just become whole
                file = path.open("rb")
        with file:
            file.seek(offset)
            return file.read()


def read_position(lsn: str, segment_size: int) -> Position:
    """Return where this place of the log, as `16/B374D848`, lies; the segment's name is without the timeline."""
    high, _slash, low = lsn.partition("/")
    number, offset = divmod(int(low, 16), segment_size)
    return Position(f"{int(high, 16):08X}{number:08X}", offset)


def write_base(path: Path, database: dict[str, Any]) -> str:
    """Write a base as a packed tar. Returns the segment with which its recovery begins. Raises CannotCopy."""
    words = ["--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast", "--no-password", "--no-manifest"]
    words.append("--compress=1")  # of gzip: what is encrypted doesn't pack
    with path.open("wb") as out:
        done = subprocess.run(  # noqa: S603
            [find_program("pg_basebackup"), *words],
            env=get_client_environment(database),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode:
        raise CannotCopy(_explain(done.stderr.decode(errors="replace"), done.returncode))
    with tarfile.open(path) as tar:
        label = tar.extractfile("backup_label")
        found = START.search(label.read()) if label is not None else None
    if found is None:
        raise CannotCopy("pg_basebackup wrote a base that doesn't say where its recovery begins.")
    return found[1].decode()


def _explain(said: str, code: int) -> str:
    if "replication" in said or "pg_hba" in said or "permission" in said:
        return (
            "PostgreSQL lets the service take no base: run ALTER ROLE … REPLICATION once, and see that pg_hba.conf has"
            " a line for replication (docs/operator.md, A moment of your choice)."
        )
    return f"pg_basebackup failed (exit code {code})"
