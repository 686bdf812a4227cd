"""Small numbers of people: which numbers of tables are hidden, so that no small one is shown or can be worked out.

Who reads that one girl among 30 pupils sent a message knows whom to ask. Small is from 1 to `MIN_SHOWN` - 1; nought is
shown. Hidden are the small ones and, beside them, others from which they would follow.
"""

import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Generic, TypeVar

MIN_SHOWN = 10
PRIME = 2**61 - 1
PATIENCE = 4  # rounds

Key = TypeVar("Key", bound=Hashable)
Row = dict[Key, int]  # an equation: the numbers' factors, which add up to nought


@dataclass(frozen=True)
class Sum(Generic[Key]):
    """A number that the reader knows to be the sum of others, by their keys: a row's total and its cells."""

    total: Key
    parts: tuple[Key, ...]

    @property
    def members(self) -> tuple[Key, ...]:
        return (*self.parts, self.total)


def find_hidden(numbers: Mapping[Key, int], sums: Sequence[Sum[Key]], minimum: int = MIN_SHOWN) -> frozenset[Key]:
    """Return the keys of the numbers to hide; the same ones for the same numbers, in every process.

    `numbers`: all that is shown together, none negative. `sums`: all that ties them, across tables too. From what is
    shown no hidden number follows, and the hidden parts of a total that is shown are together at least `minimum`.
    Raises ValueError for a sum that doesn't add up.
    """
    for each in sums:
        if numbers[each.total] != sum(numbers[part] for part in each.parts):
            raise ValueError(f"not the sum of its parts: {each.total}")
    search = _Search(numbers, sums, minimum)
    search.hide(key for key, number in numbers.items() if 0 < number < minimum)
    rounds = 0
    while exposed := search.find_exposed():
        # More at once as it goes on, so that a table of thousands takes a second and not a minute.
        search.hide_beside(exposed, at_once=2 ** (rounds // PATIENCE))
        rounds += 1
    return frozenset(search.hidden)


class _Search(Generic[Key]):
    """What is hidden so far. It only grows, and is enough at the latest when nothing but noughts is shown."""

    def __init__(self, numbers: Mapping[Key, int], sums: Sequence[Sum[Key]], minimum: int) -> None:
        self.numbers, self.sums, self.minimum = numbers, sums, minimum
        self.hidden: dict[Key, None] = {}  # in the order in which they were hidden
        self.place = {key: place for place, key in enumerate(numbers)}
        self.totals = {each.total for each in sums}
        self.sums_of: dict[Key, list[int]] = defaultdict(list)
        for index, each in enumerate(sums):
            for key in each.members:
                self.sums_of[key].append(index)
        # of each sum: how many parts are hidden, and what they are together
        self.count, self.together = [0] * len(sums), [0] * len(sums)

    def hide(self, keys: Iterable[Key]) -> None:
        """Hide these, and what one of the sums by itself would give away then."""
        to_look: list[int] = []
        for key in keys:
            to_look += self._hide(key)
        while to_look:
            index = to_look.pop()
            if (partner := self._find_partner(index)) is not None:
                to_look += [index, *self._hide(partner)]

    def hide_beside(self, exposed: Mapping[Key, Sequence[Key]], *, at_once: int) -> None:
        """Hide, of the numbers from which each of these follows, as many as `at_once` that cost least."""
        new: set[Key] = set()
        for follows_from in exposed.values():
            if new.isdisjoint(follows_from):
                before = len(self.hidden)
                self.hide(sorted(follows_from, key=self._cost)[:at_once])
                new.update(islice(self.hidden, before, None))

    def find_exposed(self) -> dict[Key, list[Key]]:
        """Return what is hidden and yet follows from what is shown, and from which shown numbers.

        The hidden numbers solve an equation for each sum. The difference of two solutions solves them too, without what
        is shown; one is taken at random, among the remainders of a large prime. What is nought there has one value.
        """
        pivots: list[tuple[Key, Row[Key]]] = []
        place: dict[Key, int] = {}
        for each in self.sums:
            row = {key: 1 for key in each.parts if self.numbers[key]}
            if self.numbers[each.total]:
                row[each.total] = PRIME - 1
            _reduce(row, pivots, place)
            if unknown := [key for key in row if key in self.hidden]:
                pivot = min(unknown, key=lambda key: len(self.sums_of[key]))
                inverse = pow(row.pop(pivot), -1, PRIME)
                place[pivot] = len(pivots)
                pivots.append((pivot, {key: value * inverse % PRIME for key, value in row.items()}))
        chance = random.Random(1)  # noqa: S311 # nothing is kept secret by it
        difference = {key: chance.randrange(1, PRIME) for key in self.hidden if key not in place}
        for key, row in reversed(pivots):
            difference[key] = -sum(value * difference.get(other, 0) for other, value in row.items()) % PRIME
        exposed = {}
        for key in self.hidden:
            if not difference[key]:
                row = dict(pivots[place[key]][1])
                _reduce(row, pivots, place)
                exposed[key] = list(row)
        return exposed

    def _hide(self, key: Key) -> list[int]:
        """Hide one. Returns the sums that it is in."""
        if key in self.hidden:
            return []
        self.hidden[key] = None
        for index in self.sums_of[key]:
            if key != self.sums[index].total:
                self.count[index] += 1
                self.together[index] += self.numbers[key]
        return self.sums_of[key]

    def _find_partner(self, index: int) -> Key | None:
        """Return what else has to be hidden as far as this sum goes; None if nothing."""
        each, count = self.sums[index], self.count[index]
        if each.total in self.hidden:
            is_enough = count > 0
        else:
            is_enough = count == 0 or (count > 1 and self.together[index] >= self.minimum)
        return None if is_enough else self._find_cheapest(index)

    def _find_cheapest(self, index: int) -> Key | None:
        """Return what of this sum costs least to hide, the total only where nothing else is left."""
        each = self.sums[index]
        for keys in (each.parts, (each.total,)):
            if shown := [key for key in keys if key not in self.hidden and self.numbers[key]]:
                return min(shown, key=self._cost)
        return None

    def _cost(self, key: Key) -> tuple[bool, int, int, int]:
        """Order numbers by what is lost when they are hidden: totals last, then those that make others be hidden."""
        more = sum(not self.count[index] for index in self.sums_of[key])
        return key in self.totals, more, self.numbers[key], self.place[key]


def _reduce(row: Row[Key], pivots: Sequence[tuple[Key, Row[Key]]], place: Mapping[Key, int]) -> None:
    """Take out of an equation what the ones before it say already. A pivot's row has no pivot from before it."""
    to_do = [place[key] for key in row if key in place]
    heapify(to_do)
    while to_do:
        pivot, known = pivots[heappop(to_do)]
        factor = row.pop(pivot, 0)
        for key, value in known.items() if factor else ():
            if key not in row and key in place:
                heappush(to_do, place[key])
            left = (row.get(key, 0) - factor * value) % PRIME
            if left:
                row[key] = left
            else:
                row.pop(key, None)
