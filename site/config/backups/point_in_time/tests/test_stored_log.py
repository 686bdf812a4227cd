"""The stored log of PostgreSQL: its pieces follow one another, and what lies behind a replay's end is judged."""

import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.backups.point_in_time.stored_log import LENGTH, LONG_HEADER, PAGE, SHORT_HEADER, StoredLog
from config.backups.point_in_time.wal import PIECE, Position

SEGMENT = 4 * PAGE
FIRST, SECOND, THIRD = (f"000000020000000A{number:08X}" for number in (3, 4, 5))


def pack(*pieces: tuple[str, int, bytes]) -> io.BytesIO:
    whole = b"".join(PIECE.pack(name.encode(), offset, len(data)) + data for name, offset, data in pieces)
    return io.BytesIO(zlib.compress(whole))


def write_records(lengths: list[int], at: int, until: int) -> bytes:
    """Write records one after another, each with the headers of the pages that it goes on in, and zeros behind them."""
    out = bytearray()
    while len(out) < until:
        place = at + len(out)
        if place % PAGE == 0:
            out += b"h" * (SHORT_HEADER if place % SEGMENT else LONG_HEADER)
        if not lengths:
            break
        left = LENGTH.pack(lengths[0]) + b"r" * (lengths.pop(0) - LENGTH.size)
        while left:
            place = at + len(out)
            if place % PAGE == 0:
                out += b"h" * (SHORT_HEADER if place % SEGMENT else LONG_HEADER)
                place = at + len(out)
            room = PAGE - place % PAGE
            out += left[:room]
            left = left[room:]
        out += bytes(-len(out) % 8)
    return bytes(out)


def store(folder: Path, data: bytes) -> StoredLog:
    log = StoredLog(folder, SEGMENT)
    for index, name in enumerate((FIRST, SECOND, THIRD)):
        part = data[index * SEGMENT : (index + 1) * SEGMENT]
        if part:
            log.put(pack((name, 0, part)))
    return log


def name_place(offset: int) -> str:
    return f"A/{3 * SEGMENT + offset:X}"


@given(lengths=st.lists(st.integers(24, 3 * PAGE), min_size=1, max_size=6), share=st.floats(0, 1))
def test_of_records_that_are_cut_off_anywhere_the_replays_end_is_the_logs(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], share: float
) -> None:
    logs = [write_records(lengths[:count], 0, 3 * SEGMENT)[: 3 * SEGMENT] for count in range(len(lengths) + 1)]
    cut = int(len(logs[-1]) * share)
    # What fills up a record to a multiple of eight bytes needn't be there.
    replayed = [0, *(len(each) for each in logs[1:] if len(each.rstrip(b"\0")) <= cut)]
    log = store(tmp_path_factory.mktemp("log"), logs[-1][:cut])
    assert log.find_hole(name_place(replayed[-1])) == 0
    for earlier in replayed[:-1]:
        assert log.find_hole(name_place(earlier)) == cut - earlier


@pytest.mark.parametrize("blank", [8, 300, PAGE, 2 * PAGE])
def test_zeros_before_what_was_written_are_a_hole_and_zeros_at_the_end_are_none(tmp_path: Path, blank: int) -> None:
    data = write_records([200, 200, 30_000], 0, 3 * SEGMENT)
    start = LONG_HEADER + 200
    holed = data[:start] + bytes(blank) + data[start + blank :]
    (tmp_path / "holed").mkdir()
    assert store(tmp_path / "holed", holed).find_hole(name_place(start)) == len(data) - start
    (tmp_path / "ended").mkdir()
    assert store(tmp_path / "ended", data[:start] + bytes(blank)).find_hole(name_place(start)) == 0


def test_a_piece_is_put_where_it_belongs_and_may_come_twice(tmp_path: Path) -> None:
    log = StoredLog(tmp_path, SEGMENT)
    log.put(pack((FIRST, 0, b"a" * SEGMENT), (SECOND, 0, b"b" * 10)))
    log.put(pack((SECOND, 0, b"b" * 30)))
    log.put(pack((SECOND, 10, b"b" * 20), (SECOND, 30, b"c" * 5)))
    assert log.end == Position(SECOND, 35)
    assert (tmp_path / SECOND).read_bytes() == b"b" * 30 + b"c" * 5 + bytes(SEGMENT - 35)


@pytest.mark.parametrize(
    "next_piece", [(FIRST, 120, b"c"), (SECOND, 0, b"c"), (THIRD, 0, b"c")], ids=["later", "next", "one left out"]
)
def test_a_piece_that_begins_behind_those_before_it_is_refused(
    tmp_path: Path, next_piece: tuple[str, int, bytes]
) -> None:
    log = StoredLog(tmp_path, SEGMENT)
    log.put(pack((FIRST, 0, b"a" * 100)))
    with pytest.raises(ValueError, match=f"missing before {next_piece[0]}"):
        log.put(pack(next_piece))


@pytest.mark.parametrize("piece", [("no segment's name 123456", 0, b"a"), (FIRST, SEGMENT, b"a")])
def test_what_is_no_piece_of_a_log_is_refused(tmp_path: Path, piece: tuple[str, int, bytes]) -> None:
    with pytest.raises(ValueError, match="no pieces"):
        StoredLog(tmp_path, SEGMENT).put(pack(piece))


def test_a_piece_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    short = zlib.compress(PIECE.pack(FIRST.encode(), 0, 50) + b"a" * 20)
    with pytest.raises(ValueError, match="ends too early"):
        StoredLog(tmp_path, SEGMENT).put(io.BytesIO(short))
