"""SQLite: which pages differ since the last time, read within one transaction; and putting them together again.

All pages are read through SQLite itself, within one read transaction: what a page is doesn't depend on where it stands,
in the file or in the log, nor on checkpoints. Nothing is locked, so nothing can be held up by a process that hangs. It
costs one reading of the database; `running` sees to it that this is a small part of the time.

They are read one by one (`sqlite_dbpage`); where SQLite was built without that, as Debian 12's is, all at once into
memory (`serialize`), and only up to WHOLE bytes.

    header   "VPG1", size of a page, number of pages (each 4 bytes, big endian), deflated with all that follows
    records  number of the page (4 bytes), its content
"""

import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone

from audit.models import ChainHead

MEMBER = "pages"
MAGIC = b"VPG1"
HEADER = struct.Struct(">4sII")
NUMBER = struct.Struct(">I")
DIGEST = 16
LEVEL = 3
CHUNK = 1024 * 1024
WHOLE = 256 * CHUNK  # bytes of a database; SQLite and Python hold as much each for a moment


class Unreadable(Exception):
    """Raised when pages can't be read or put together. The text says why."""


@dataclass(frozen=True)
class Snapshot:
    """What was read at once. `began` and `point`: it holds all that was committed before, nothing from after.

    `state`: the digest of all pages together; `changed`: how many were written out.
    """

    began: datetime
    point: datetime
    head: str
    size: int
    count: int
    state: str
    changed: int


class Pages:
    """Remembers a digest of each page (16 bytes), so as to tell which of them differ."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.connection.execute("PRAGMA query_only = 1")
        self.known = bytearray()
        self.next: bytearray = self.known
        self.version = -1
        self.next_version = -1
        self.reads_single_pages = self._can_read_single_pages()

    def _can_read_single_pages(self) -> bool:
        try:
            self.connection.execute("SELECT pgno FROM sqlite_dbpage LIMIT 1").fetchall()
        except sqlite3.Error:
            return False
        return True

    def close(self) -> None:
        self.connection.close()

    def forget(self) -> None:
        """Take every page for a new one, as a base needs it."""
        self.known, self.version = bytearray(), -1

    def has_changed(self) -> bool:
        """Tell whether anything was committed since the last `confirm`."""
        return self._get_version() != self.version

    def write_changed(self, out: BinaryIO) -> Snapshot:
        """Write the pages that differ from those last confirmed. Raises Unreadable, OSError."""
        try:
            return self._write_changed(out)
        except sqlite3.Error as error:
            raise Unreadable(f"the database can't be read ({type(error).__name__})") from None
        finally:
            if self.connection.in_transaction:
                self.connection.rollback()

    def confirm(self) -> None:
        """What was written last is stored: from now on the pages are compared with it."""
        self.known, self.version = self.next, self.next_version

    def _get_version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def _write_changed(self, out: BinaryIO) -> Snapshot:
        execute = self.connection.execute
        began = timezone.now()
        # Before the transaction: what is committed between the two is seen now, and looked for once more.
        self.next_version = self._get_version()
        execute("BEGIN")
        size, count = (int(execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_size", "page_count"))
        heads = execute(f"SELECT number, hash FROM {ChainHead._meta.db_table} WHERE id = 1").fetchall()  # noqa: S608
        point = timezone.now()
        known, fresh, changed = self.known, bytearray(), 0
        deflate = zlib.compressobj(LEVEL)
        out.write(deflate.compress(HEADER.pack(MAGIC, size, count)))
        for number, data in self._iter_pages(size, count):
            while len(fresh) < (number - 1) * DIGEST:
                fresh += bytes(DIGEST)  # the page of locks, which holds nothing
            digest = blake2b(data, digest_size=DIGEST).digest()
            at = len(fresh)
            fresh += digest
            if known[at : at + DIGEST] != digest:
                out.write(deflate.compress(NUMBER.pack(number) + data))
                changed += 1
        execute("COMMIT")
        out.write(deflate.flush())
        self.next = fresh
        head = f"{heads[0][0]}:{heads[0][1]}" if heads else "0:"
        return Snapshot(began, point, head, size, count, _digest(fresh), changed)

    def _iter_pages(self, size: int, count: int) -> Iterator[tuple[int, bytes]]:
        """Read each page with its number, from 1. Within a transaction. Raises Unreadable, sqlite3.Error."""
        if self.reads_single_pages:
            yield from self.connection.execute("SELECT pgno, data FROM sqlite_dbpage ORDER BY pgno")
            return
        if size * count > WHOLE:
            raise Unreadable(
                f"this SQLite ({sqlite3.sqlite_version}) reads no single pages, and the database has more than"
                f" {WHOLE // CHUNK} MB: Debian 13's reads them"
            )
        whole = memoryview(self.connection.serialize())
        for number in range(1, count + 1):
            yield number, bytes(whole[(number - 1) * size : number * size])


def apply(file: BinaryIO, path: Path) -> None:
    """Write pages into the database file at `path`, which is made where there is none. Raises Unreadable, OSError."""
    source = _Inflated(file)
    magic, size, count = HEADER.unpack(source.read(HEADER.size))
    if magic != MAGIC:
        raise Unreadable("these are no pages")
    path.touch(0o600)
    with path.open("r+b") as out:
        while number := source.read_or_end(NUMBER.size):
            out.seek((NUMBER.unpack(number)[0] - 1) * size)
            out.write(source.read(size))
        out.truncate(size * count)


def compute_state(path: Path, size: int) -> str:
    """Return the digest of all pages of a database file together, as `Snapshot.state` has it."""
    digests = bytearray()
    lock_page = 0x4000_0000 // size
    with path.open("rb") as file:
        for index, data in enumerate(iter(lambda: file.read(size), b"")):
            digests += bytes(DIGEST) if index == lock_page else blake2b(data, digest_size=DIGEST).digest()
    return _digest(digests)


def check_integrity(path: Path) -> None:
    """Raises Unreadable."""
    with closing(sqlite3.connect(path)) as copy:
        try:
            (state,) = copy.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.Error as error:
            state = type(error).__name__
    if state != "ok":
        raise Unreadable(f"what was put together is damaged ({state[:100]})")


def _digest(digests: bytearray) -> str:
    return blake2b(digests, digest_size=DIGEST).hexdigest()


class _Inflated:
    """Reads so many bytes of what is deflated in a file."""

    def __init__(self, file: BinaryIO) -> None:
        self.pieces = self._iter(file)
        self.left = bytearray()

    def read(self, size: int) -> bytes:
        data = self.read_or_end(size)
        if len(data) != size:
            raise Unreadable("it ends too early")
        return data

    def read_or_end(self, size: int) -> bytes:
        """As `read`, or b"" at the very end."""
        while len(self.left) < size:
            piece = next(self.pieces, None)
            if piece is None:
                break
            self.left += piece
        if self.left and len(self.left) < size:
            raise Unreadable("it ends too early")
        data = bytes(self.left[:size])
        del self.left[:size]
        return data

    @staticmethod
    def _iter(file: BinaryIO) -> Iterator[bytes]:
        inflate = zlib.decompressobj()
        try:
            while data := file.read(CHUNK):
                while data:
                    yield inflate.decompress(data, CHUNK)
                    data = inflate.unconsumed_tail
            yield inflate.flush()
        except zlib.error:
            raise Unreadable("it is damaged") from None
        if not inflate.eof:
            raise Unreadable("it ends too early")
