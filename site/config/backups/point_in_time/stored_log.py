"""PostgreSQL's log, put together again from its pieces, and whether a replay of it got to its end.

A replay ends at the first bytes that are no record, and can't know whether more came: only who put the pieces together
can. What a record looks like there: `src/include/access/xlogrecord.h` and `xlog_internal.h` of PostgreSQL.
"""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .wal import CHUNK, PIECE, SEGMENT, Position

PAGE = 8192  # bytes, of the log; Debian's and everyone's who doesn't build their own
LONG_HEADER, SHORT_HEADER = 40, 24  # of a segment's first page, of the others
LENGTH = struct.Struct("=I")  # a record begins with it, in the order of the machine
OFFSETS = 1 << 32  # bytes behind the first part of a segment's name


@dataclass
class StoredLog:
    """The segments in a folder. `end`: up to where they are filled."""

    folder: Path
    segment_size: int
    end: Position = field(default_factory=Position)

    def put(self, file: BinaryIO) -> None:
        """Write the pieces of a change. Raises OSError, and ValueError where one is missing before them."""
        pieces = _Inflated(file)
        while header := pieces.read(PIECE.size):
            name, offset, length = PIECE.unpack(header)
            segment = name.decode("ascii")
            if not SEGMENT.fullmatch(segment) or offset + length > self.segment_size:
                raise ValueError("these are no pieces of a log")
            self._refuse_gap(Position(segment, offset))
            self._put_piece(Position(segment, offset), length, pieces)
            self.end = max(self.end, Position(segment, offset + length))

    def find_hole(self, replayed: str) -> int:
        """Return how many bytes of the log lie behind the end of a replay, as `16/B374D848`, that could have gone on.

        0 where it got to the end. A last record of which only the beginning was stored isn't missing: nothing in it
        was acknowledged.
        """
        if not self.end.segment:
            return 0
        end = self._count(self.end)
        high, _slash, low = replayed.partition("/")
        at = int(high, 16) * OFFSETS + int(low, 16)
        begins = _skip_header(at, self.segment_size)
        if begins + LENGTH.size > end:
            return 0
        (length,) = LENGTH.unpack(self._read(begins, LENGTH.size))
        is_over = _find_end(begins, length, self.segment_size) > end if length else self._is_empty(begins, end)
        return 0 if is_over else end - at

    def _refuse_gap(self, start: Position) -> None:
        """Refuse a piece that begins behind the end of those before it. One may be there twice."""
        if self.end.segment and self._count(start) > self._count(self.end):
            raise ValueError(f"a piece of the log is missing before {start.segment}")

    def _put_piece(self, start: Position, length: int, pieces: "_Inflated") -> None:
        path = self.folder / start.segment
        path.touch(0o600)
        with path.open("r+b") as out:
            out.truncate(self.segment_size)
            out.seek(start.offset)
            while length:
                data = pieces.read(min(length, CHUNK))
                if not data:
                    raise ValueError("a piece of the log ends too early")
                out.write(data)
                length -= len(data)

    def _count(self, position: Position) -> int:
        """Return the place as bytes since the log's beginning; of a segment's name the timeline is left out."""
        high, number = int(position.segment[-16:-8], 16), int(position.segment[-8:], 16)
        return high * OFFSETS + number * self.segment_size + position.offset

    def _read(self, at: int, size: int) -> bytes:
        """Read bytes of one segment."""
        within = at % self.segment_size
        with self._find(at - within).open("rb") as file:
            file.seek(within)
            return file.read(size)

    def _find(self, at: int) -> Path:
        high, low = divmod(at, OFFSETS)
        return self.folder / f"{self.end.segment[:8]}{high:08X}{low // self.segment_size:08X}"

    def _is_empty(self, at: int, end: int) -> bool:
        while at < end:
            size = min(CHUNK, end - at, self.segment_size - at % self.segment_size)
            if any(self._read(at, size)):
                return False
            at += size
        return True


class _Inflated:
    """What was deflated, read in parts of a given size."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.inflate, self.left = file, zlib.decompressobj(), bytearray()

    def read(self, size: int) -> bytes:
        while len(self.left) < size:
            data = self.file.read(CHUNK)
            if not data:
                self.left.extend(self.inflate.flush())
                break
            self.left.extend(self.inflate.decompress(data))
        data = bytes(self.left[:size])
        del self.left[:size]
        return data


def _skip_header(at: int, segment_size: int) -> int:
    if at % PAGE:
        return at
    return at + (SHORT_HEADER if at % segment_size else LONG_HEADER)


def _find_end(at: int, length: int, segment_size: int) -> int:
    """Return where a record that begins here ends: each page that it goes on in has a header first."""
    while length > (room := PAGE - at % PAGE):
        length -= room
        at = _skip_header(at + room, segment_size)
    return at + length
