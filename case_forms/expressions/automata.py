"""Whether a text has a match of a pattern, in time that grows with the text and never faster.

Nothing is ever tried again from an earlier place: all the ways to match are followed side by side, one character after
the other (Thompson, 1968). Sets of places in the pattern that have been met are kept, so that usual texts take one
look-up for each character. The twin of static/js/logic/patterns.js.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from .patterns import Anchor, Either, Node, One, Ranges, Repeat, Sequence, read_pattern, size

LONGEST_TEXT = 1000  # characters; a longer one has no match
MAX_KEPT = 1000  # steps and characters remembered for one pattern


@dataclass
class State:
    """Where one may be in the pattern. `places` is a set of bits, one for each character that the pattern has."""

    places: int
    matched: bool
    matched_at_end: bool
    steps: "dict[str, State]" = field(default_factory=dict, repr=False)


@dataclass
class _Fork:
    """A place to pass without reading: on to any of `ways`, under the condition of an anchor if there is one."""

    ways: "list[_Place]"
    sign: str = ""


@dataclass
class _Reads:
    number: int
    ways: "list[_Place]"


class _End:
    ways: "list[_Place]" = []


_Place = _Fork | _Reads | _End


class Automaton:
    """One compiled pattern. `cost` is what a look at one character counts in steps."""

    def __init__(self, pattern: str) -> None:
        tree = read_pattern(pattern)
        self.cost = 1 + size(tree) // 50
        self.reads: list[_Reads] = []
        self.readers: dict[Ranges, int] = {}  # ranges -> bits of the places that read them
        entry = self._place(tree, _End())
        self.first = self._state(entry, at_start=True)
        self.later = self._state(entry, at_start=False)  # a match may begin at any character
        self.follow: list[State | None] = [None] * len(self.reads)
        self.states: dict[tuple[int, bool, bool], State] = {}
        self.readable: dict[str, int] = {}
        self.kept = 0

    def finds(self, text: str) -> bool:
        """Whether any part of the text matches."""
        if len(text) > LONGEST_TEXT:
            return False
        state = self.first
        for sign in text:
            if state.matched:
                return True
            state = state.steps.get(sign) or self._step(state, sign)
        return state.matched or state.matched_at_end

    def _place(self, node: Node, then: _Place) -> _Place:
        """The place where matching `node`, and then going on to `then`, begins."""
        if isinstance(node, One):
            reads = _Reads(len(self.reads), [then])
            self.reads.append(reads)
            self.readers[node.ranges] = self.readers.get(node.ranges, 0) | 1 << reads.number
            return reads
        if isinstance(node, Anchor):
            return _Fork([then], node.sign)
        if isinstance(node, Sequence):
            for part in reversed(node.parts):
                then = self._place(part, then)
            return then
        if isinstance(node, Either):
            return _Fork([self._place(part, then) for part in node.parts])
        return self._repeat(node, then)

    def _repeat(self, node: Repeat, then: _Place) -> _Place:
        if node.most is None:
            loop = _Fork([then])
            loop.ways.append(self._place(node.part, loop))
            entry: _Place = loop
        else:
            entry = then
            for _ in range(node.most - node.least):
                entry = _Fork([self._place(node.part, entry), then])
        for _ in range(node.least):
            entry = self._place(node.part, entry)
        return entry

    def _state(self, entry: _Place, *, at_start: bool) -> State:
        """Everywhere one gets to from `entry` without reading a character."""
        state = State(0, matched=False, matched_at_end=False)
        ahead: list[tuple[_Place, bool]] = [(entry, False)]
        seen = set()
        while ahead:
            place, at_end = ahead.pop()
            if (id(place), at_end) in seen:
                continue
            seen.add((id(place), at_end))
            if isinstance(place, _Reads):
                state.places |= 0 if at_end else 1 << place.number
            elif isinstance(place, _End):
                state.matched_at_end |= at_end
                state.matched |= not at_end
            elif place.sign != "^" or at_start:
                ahead.extend((way, at_end or place.sign == "$") for way in place.ways)
        return state

    def _step(self, state: State, sign: str) -> State:
        """From here over one character, remembered."""
        places, matched, at_end = self.later.places, self.later.matched, self.later.matched_at_end
        for number in _bits(state.places & self._readable(sign)):
            follow = self.follow[number]
            if follow is None:
                follow = self.follow[number] = self._state(self.reads[number].ways[0], at_start=False)
            places |= follow.places
            matched |= follow.matched
            at_end |= follow.matched_at_end
        if self.kept >= MAX_KEPT:
            self.states, self.kept = {}, 0
            self.first.steps, self.later.steps = {}, {}
        after = self.states.setdefault((places, matched, at_end), State(places, matched, at_end))
        state.steps[sign] = after
        self.kept += 1
        return after

    def _readable(self, sign: str) -> int:
        """The places that read this character, as bits."""
        found = self.readable.get(sign)
        if found is None:
            code, found = ord(sign), 0
            for ranges, places in self.readers.items():
                if any(low <= code <= high for low, high in ranges):
                    found |= places
            if len(self.readable) >= MAX_KEPT:
                self.readable = {}
            self.readable[sign] = found
        return found


def _bits(places: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while places:
        low = places & -places
        yield low.bit_length() - 1
        places ^= low


@lru_cache(maxsize=128)
def automaton(pattern: str) -> Automaton:
    """Raises LogicError("bad_pattern")."""
    return Automaton(pattern)
