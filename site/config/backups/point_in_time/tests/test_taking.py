"""Pieces arrive elsewhere in their order, keys before them; a line that breaks off loses nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.backups.elsewhere.store import NotTaken
from config.backups.making import CASE_KEYS
from config.backups.point_in_time import taking
from config.backups.point_in_time.names import NoWay, Piece
from config.backups.point_in_time.taking import Taker, bring

START = datetime(2026, 11, 29, 4, tzinfo=UTC)


class Place:
    """A store in memory. `fails`: so many more times what is sent breaks off."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.order: list[str] = []
        self.fails = 0

    def list(self) -> dict[str, int]:
        return {name: len(content) for name, content in self.files.items()}

    def put(self, path: Path, name: str, digest: str) -> None:
        if self.fails:
            self.fails -= 1
            raise NotTaken("broken_off", "It broke off.")
        self.files[name] = path.read_bytes()
        self.order.append(name)

    put_and_destroy = put

    def get(self, name: str, path: Path) -> str:
        path.write_bytes(self.files[name])
        return ""

    def remove(self, name: str) -> None:
        del self.files[name]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Place:
    settings.DATA_DIR = tmp_path / "data"
    found = Place()

    @contextmanager
    def open_place(_url: str) -> Iterator[Place]:
        yield found

    monkeypatch.setattr(taking, "open_store", open_place)
    monkeypatch.setattr(taking, "RETRY_SECONDS", 0.05)
    return found


@pytest.fixture
def taker(place: Place, tmp_path: Path) -> Iterator[Taker]:
    made = Taker("s3://bucket/x", tmp_path, tmp_path, days=7)
    made.start()
    yield made
    made.stop()
    made.join(5)
    assert not made.is_alive()


def write(folder: Path, number: int, base: datetime = START) -> Piece:
    piece = Piece(base, number, base + timedelta(seconds=10 * number))
    (folder / piece.name).write_text(f"piece {number}")
    return piece


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_keys_go_first_and_pieces_in_their_order(taker: Taker, place: Place, tmp_path: Path) -> None:
    (tmp_path / CASE_KEYS).write_text("keys")
    pieces = [write(tmp_path, number) for number in range(3)]
    for piece in pieces:
        taker.add(piece, piece.point)
    wait_for(lambda: taker.point == pieces[-1].point)
    assert place.order == [CASE_KEYS, *(piece.name for piece in pieces)]


def test_what_broke_off_is_sent_again_and_said_meanwhile(taker: Taker, place: Place, tmp_path: Path) -> None:
    place.fails = 3
    pieces = [write(tmp_path, number) for number in range(2)]
    for piece in pieces:
        taker.add(piece, piece.point)
    wait_for(lambda: taker.point == pieces[-1].point)
    assert place.order == [piece.name for piece in pieces]
    assert taker.error == ""


def test_while_nothing_was_written_the_moment_there_moves_on(taker: Taker, place: Place, tmp_path: Path) -> None:
    piece = write(tmp_path, 0)
    taker.add(piece, piece.point)
    later = piece.point + timedelta(seconds=30)
    taker.add(None, later)
    wait_for(lambda: taker.point == later)
    assert place.order == [piece.name]


def test_older_bases_go_there_only_after_a_newer_one_has_arrived(taker: Taker, place: Place, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    old, middle, new = (write(tmp_path, 0, now - timedelta(days=days)) for days in (20, 9, 0))
    for piece in (old, middle):
        place.files[piece.name] = b"x"
    place.files["vatra-20261101T000000Z.tar.age"] = b"somebody else's"
    taker.add(new, new.point)
    wait_for(lambda: taker.point == new.point)
    assert set(place.files) == {middle.name, new.name, "vatra-20261101T000000Z.tar.age"}


def test_what_leads_to_a_moment_is_brought_back_with_the_keys(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for number in range(4):
        piece = write(tmp_path, number)
        place.put(tmp_path / piece.name, piece.name, "")
    place.files[CASE_KEYS] = b"keys"
    bring("s3://bucket/x/", folder, START + timedelta(seconds=21), beyond=timedelta(0))
    assert len(list(folder.iterdir())) == 4
    with pytest.raises(NoWay):
        bring("s3://bucket/x/", folder, START - timedelta(days=1), beyond=timedelta(0))
