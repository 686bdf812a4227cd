"""No hidden number follows from what is shown: for each there is another table, of people, that shows the same."""

import random
from collections.abc import Iterable, Iterator
from itertools import product

import pytest

from access.small_numbers import MIN_SHOWN, Sum, find_hidden

Key = tuple[int | str, ...]
Numbers = dict[Key, int]
ALL = "all"


def build(cells: dict[Key, int]) -> tuple[Numbers, list[Sum[Key]]]:
    """The cells with each total over each of their dimensions, and how they hang together."""
    numbers, sums = dict(cells), []
    for dimension in range(len(next(iter(cells)))):
        parts: dict[Key, list[Key]] = {}
        for key in numbers:
            parts.setdefault((*key[:dimension], ALL, *key[dimension + 1 :]), []).append(key)
        for total, its_parts in parts.items():
            numbers[total] = sum(numbers[part] for part in its_parts)
            sums.append(Sum(total, tuple(its_parts)))
    return numbers, sums


def make_table(chance: random.Random, *sizes: int) -> dict[Key, int]:
    """Random cells: noughts, small ones and larger ones, more of one kind or the other."""
    weights = [chance.random() for _kind in range(3)]
    kinds = (range(1), range(1, MIN_SHOWN), range(MIN_SHOWN, 40))
    return {key: chance.choice(chance.choices(kinds, weights)[0]) for key in product(*map(range, sizes))}


def iter_others(cells: dict[Key, int], hidden: frozenset[Key]) -> Iterator[dict[Key, int]]:
    """Yield tables of people that differ by at most one in each hidden cell."""
    unknown = [key for key in cells if key in hidden]
    for differences in product((0, 1, -1), repeat=len(unknown)):
        other = dict(cells)
        for key, difference in zip(unknown, differences, strict=True):
            other[key] += difference
        if min(other.values()) >= 0:
            yield other


def find_certain(cells: dict[Key, int], hidden: frozenset[Key]) -> set[Key]:
    """Return the hidden numbers that are the same in every table that shows the same."""
    numbers, _sums = build(cells)
    certain = set(hidden)
    for other in iter_others(cells, hidden):
        its_numbers, _sums = build(other)
        if all(its_numbers[key] == number for key, number in numbers.items() if key not in hidden):
            certain -= {key for key in certain if its_numbers[key] != numbers[key]}
        if not certain:
            break
    return certain


@pytest.mark.parametrize("sizes", [(1, 1), (1, 4), (2, 2), (3, 2), (3, 3), (2, 2, 2)])
def test_of_random_tables_no_hidden_number_can_be_worked_out(sizes: tuple[int, ...]) -> None:
    chance = random.Random(str(sizes))
    for _example in range(40 if len(sizes) == 2 else 12):
        cells = make_table(chance, *sizes)
        numbers, sums = build(cells)
        hidden = find_hidden(numbers, sums)
        assert {key for key, number in numbers.items() if 0 < number < MIN_SHOWN} <= hidden
        assert not find_certain(cells, hidden), (cells, hidden)
        for each in sums:
            together = sum(numbers[part] for part in each.parts if part in hidden)
            assert each.total in hidden or not 0 < together < MIN_SHOWN, (cells, each)


def test_what_follows_from_several_sums_is_hidden_with_another() -> None:
    """Each line has two hidden numbers or none, and yet one follows: two circles that one cell connects."""
    cells: dict[Key, int] = {(row, column): 50 for row in range(5) for column in range(5)}
    circles = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3)]
    for each in (*circles, (1, 2)):
        cells[each] = 6
    numbers, sums = build(cells)
    hidden = find_hidden(numbers, sums)
    assert set(circles) < hidden
    unknown = [key for key in hidden if ALL not in key]
    others = [key for key in unknown if key != (1, 2)]
    assert goes_round((1, 2), others), "no circle of hidden cells holds it"


def goes_round(cell: Key, others: Iterable[Key]) -> bool:
    """Whether row and column of the cell hang together without it: what is added in one comes back in another."""
    rows, found = {cell[0]}, True
    columns: set[int | str] = set()
    while found:
        found = False
        for row, column in others:
            if (row in rows) != (column in columns):
                rows.add(row)
                columns.add(column)
                found = True
    return cell[1] in columns


def test_a_large_table_shows_most_of_itself() -> None:
    cells: dict[Key, int] = {(row, column): 20 + row + column for row in range(12) for column in range(6)}
    cells[3, 4] = 2
    hidden = find_hidden(*build(cells))
    assert len(hidden) == 4
    assert not any(ALL in key for key in hidden)


def test_nought_and_ten_are_shown_and_what_is_small_alone_hides_its_total() -> None:
    assert find_hidden(*build({(0, 0): 10, (0, 1): 0})) == frozenset()
    numbers, sums = build({(0, 0): 9, (0, 1): 0})
    assert find_hidden(numbers, sums) == {key for key, number in numbers.items() if number}


def test_two_small_numbers_that_are_small_together_take_a_third_one() -> None:
    hidden = find_hidden({"a": 1, "b": 2, "c": 30, "d": 40, "all": 73}, [Sum("all", ("a", "b", "c", "d"))])
    assert hidden == {"a", "b", "c"}


def test_a_sum_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="not the sum"):
        find_hidden({"a": 1, "all": 2}, [Sum("all", ("a",))])


def test_a_year_of_lines_is_done_in_a_moment() -> None:
    chance = random.Random(3)
    numbers, sums = build(make_table(chance, 30, 3, 6))
    assert len(find_hidden(numbers, sums)) < len(numbers)
