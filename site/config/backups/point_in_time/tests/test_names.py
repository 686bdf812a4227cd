"""Which files lead to a moment, and which are too old."""

from datetime import UTC, datetime, timedelta

import pytest

from config.backups.point_in_time import names
from config.backups.point_in_time.names import NoWay, Piece

START = datetime(2026, 11, 29, 4, tzinfo=UTC)


def make(*numbers: int, base: datetime = START, apart: int = 10) -> list[Piece]:
    return [Piece(base, number, base + timedelta(seconds=5 + apart * number)) for number in numbers]


def test_a_name_says_base_number_and_moment_and_any_other_file_says_nothing() -> None:
    piece = make(12)[0]
    assert piece.name == "point-20261129T040000Z-000012-20261129T040205Z.tar.age"
    assert names.parse(piece.name) == piece
    for name in ("vatra-20261129T040000Z.tar.age", f"{piece.name}.unfinished", piece.name.replace("1129", "1399")):
        assert names.parse(name) is None


def test_a_moment_is_rounded_up_so_that_nothing_in_the_file_is_later() -> None:
    assert names.round_up(START) == START
    assert names.round_up(START + timedelta(microseconds=1)) == START + timedelta(seconds=1)


def test_the_newest_base_before_the_moment_and_each_change_up_to_it_are_chosen() -> None:
    later = make(0, 1, base=START + timedelta(hours=1))
    pieces = [*make(0, 1, 2, 3), *later]
    assert names.choose(pieces, START + timedelta(seconds=26)) == make(0, 1, 2)
    assert names.choose(pieces, START + timedelta(hours=2)) == later


def test_of_a_log_that_ends_by_itself_one_more_is_taken_than_leads_there() -> None:
    found = names.choose(make(0, 1, 2, 3, 4), START + timedelta(seconds=16), beyond=timedelta(seconds=5))
    assert [each.number for each in found] == [0, 1, 2]


def test_a_change_that_is_missing_ends_the_way_and_the_latest_moment_before_is_named() -> None:
    with pytest.raises(NoWay, match=r"Change 2 .* is missing: .* 2026-11-29T04:00:15"):
        names.choose(make(0, 1, 3), START + timedelta(minutes=5))
    assert names.choose(make(0, 1, 3), START + timedelta(seconds=16)) == make(0, 1)


def test_of_two_tries_of_one_change_the_later_counts() -> None:
    twice = [*make(0, 1), Piece(START, 1, START + timedelta(seconds=18)), *make(2)]
    assert [each.point.second for each in names.choose(twice, START + timedelta(minutes=5))] == [5, 18, 25]


def test_before_the_first_base_nothing_can_be_had() -> None:
    with pytest.raises(NoWay, match="earliest moment"):
        names.choose(make(0, 1), START)
    with pytest.raises(NoWay, match="no base"):
        names.choose([], START)


def test_a_base_goes_with_its_changes_once_the_next_one_is_old_enough_too() -> None:
    first, second = make(0, 1), make(0, 1, base=START + timedelta(days=1))
    pieces = [*first, *second]
    assert names.choose_old(pieces, START + timedelta(hours=12)) == []
    assert names.choose_old(pieces, START + timedelta(days=1, minutes=1)) == first
    assert names.choose_old(pieces, START + timedelta(days=400)) == first
