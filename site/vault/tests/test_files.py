"""Sealed files: unreadable on the disk, whole or not there, and bound to their row."""

import os
import stat
from pathlib import Path

import pytest

from .. import files
from ..files import read_sealed, write_sealed
from ..seal import SealBroken, get_place

CANARY = b"Kanarina e Verdhe"
PLACE = get_place("table", "content", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ab" / "one.sealed"


def test_what_is_written_is_read_again_and_stands_nowhere_on_the_disk(path: Path) -> None:
    key = write_sealed(path, CANARY, PLACE)
    assert read_sealed(path, key, PLACE) == CANARY
    assert CANARY not in path.read_bytes()
    assert key not in path.read_bytes()


def test_each_file_has_a_key_of_its_own(path: Path) -> None:
    assert write_sealed(path, CANARY, PLACE) != write_sealed(path, CANARY, PLACE)


def test_only_this_user_reads_it(path: Path) -> None:
    write_sealed(path, CANARY, PLACE)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700


@pytest.mark.parametrize("at", [0, 7, 20, -1])
def test_a_changed_file_does_not_open(path: Path, at: int) -> None:
    key = write_sealed(path, CANARY, PLACE)
    sealed = bytearray(path.read_bytes())
    sealed[at] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(SealBroken):
        read_sealed(path, key, PLACE)


@pytest.mark.parametrize("length", [0, 3, 6, 10, 30])
def test_a_file_cut_short_does_not_open(path: Path, length: int) -> None:
    key = write_sealed(path, CANARY, PLACE)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(SealBroken):
        read_sealed(path, key, PLACE)


def test_a_file_put_in_another_ones_place_does_not_open(path: Path) -> None:
    key = write_sealed(path, CANARY, PLACE)
    with pytest.raises(SealBroken):
        read_sealed(path, key, get_place("table", "content", 2))


def test_a_file_that_can_not_be_finished_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_sealed(path, CANARY, PLACE)
    assert list(path.parent.iterdir()) == []
