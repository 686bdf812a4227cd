"""The patterns of `matches`: a closed subset of regular expressions, read into a tree.

Written out in docs/logic.md. What the subset has means the same in Python's `re`, in JavaScript's `RegExp` and here
(automata.py); everything else is refused (`bad_pattern`). The twin of static/js/logic/patterns.js.
"""

from dataclasses import dataclass
from typing import NoReturn

from .errors import LogicError

LONGEST_PATTERN = 1000  # characters
MAX_PARTS = 500  # characters, classes and anchors to match, after repetitions are written out
DEEPEST_GROUP = 20

Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
DIGITS: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
BLANKS: Ranges = ((9, 13), (32, 32))
LINE_ENDS: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
CONTROLS = {"n": 10, "r": 13, "t": 9}
PUNCTUATION = frozenset("^$\\.*+?()[]{}|/-")  # may follow a backslash; all but / and - must, outside of a class


def outside(ranges: Ranges) -> Ranges:
    """Every character that isn't in these (sorted, disjoint) ranges."""
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


CLASSES: dict[str, Ranges] = {
    "d": DIGITS,
    "w": WORD,
    "s": BLANKS,
    "D": outside(DIGITS),
    "W": outside(WORD),
    "S": outside(BLANKS),
}
ANYTHING = outside(LINE_ENDS)


@dataclass(frozen=True)
class One:
    """One character out of these ranges."""

    ranges: Ranges


@dataclass(frozen=True)
class Anchor:
    """The beginning (^) or the end ($) of the whole text."""

    sign: str


@dataclass(frozen=True)
class Sequence:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Either:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Repeat:
    """`most` is None for any number of times."""

    part: "Node"
    least: int
    most: int | None


Node = One | Anchor | Sequence | Either | Repeat


def read_pattern(text: str) -> Node:
    """The pattern as a tree. Raises LogicError("bad_pattern"); its message says what can't be read and where."""
    if len(text) > LONGEST_PATTERN:
        raise LogicError("bad_pattern", f"a pattern has at most {LONGEST_PATTERN} characters")
    reader = _Reader(text)
    node = reader.either(1)
    if reader.position < len(text):
        reader.refuse("a ) that closes nothing")
    if size(node) > MAX_PARTS:
        raise LogicError("bad_pattern", f"a pattern stands for at most {MAX_PARTS} characters")
    return node


def size(node: Node) -> int:
    """How many parts the pattern has once each repetition is written out. Never 0."""
    if isinstance(node, Sequence | Either):
        return 1 + sum(map(size, node.parts))
    if isinstance(node, Repeat):
        return 1 + size(node.part) * max(node.most or 0, node.least + (node.most is None), 1)
    return 1


class _Reader:
    """Reads from left to right. `position` is the next character's."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def refuse(self, what: str) -> NoReturn:
        raise LogicError("bad_pattern", f"a pattern can't have {what} (character {self.position + 1})")

    def peek(self) -> str:
        return self.text[self.position] if self.position < len(self.text) else ""

    def take(self) -> str:
        sign = self.peek()
        self.position += 1
        return sign

    def either(self, depth: int) -> Node:
        if depth > DEEPEST_GROUP:
            self.refuse("so many groups inside each other")
        parts = [self.sequence(depth)]
        while self.peek() == "|":
            self.position += 1
            parts.append(self.sequence(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            part = self.one(depth)
            parts.append(self.repeated(part))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def one(self, depth: int) -> Node:
        sign = self.take()
        if sign == "^" or sign == "$":
            return Anchor(sign)
        if sign == ".":
            return One(ANYTHING)
        if sign == "[":
            return self.choice()
        if sign == "(":
            return self.group(depth)
        if sign == "\\":
            return One(self.escaped())
        if sign in "*+?{}]":
            self.position -= 1
            self.refuse(f"a {sign} here")
        return One(((ord(sign), ord(sign)),))

    def group(self, depth: int) -> Node:
        if self.peek() == "?":
            if self.text[self.position : self.position + 2] != "?:":
                self.refuse("a group that begins with (? other than (?:")
            self.position += 2
        inner = self.either(depth + 1)
        if self.take() != ")":
            self.refuse("a group that isn't closed")
        return inner

    def repeated(self, part: Node) -> Node:
        sign = self.peek()
        if sign not in ("*", "+", "?", "{") or not sign:
            return part
        if isinstance(part, Anchor):
            self.refuse("a repeated ^ or $")
        self.position += 1
        least, most = self.counts() if sign == "{" else {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        if self.peek() == "?":  # "as few as possible" says nothing about whether there is a match
            self.position += 1
        if self.peek() in ("*", "+", "?", "{") and self.peek():
            self.refuse("two repetitions in a row")
        return Repeat(part, least, most)

    def counts(self) -> tuple[int, int | None]:
        """What stands after a {: "3}", "3,}" or "3,5}"."""
        least = self.number()
        most: int | None = least
        if self.peek() == ",":
            self.position += 1
            most = None if self.peek() == "}" else self.number()
        if self.take() != "}":
            self.refuse("a { that isn't a number of times")
        if most is not None and most < least:
            self.refuse("a number of times that goes down")
        return least, most

    def number(self) -> int:
        digits = ""
        while self.peek() and self.peek() in "0123456789":
            digits += self.take()
        if not digits or len(digits) > 3:
            self.refuse("a { that isn't a number of times (at most 999)")
        return int(digits)

    def escaped(self) -> Ranges:
        """What stands after a backslash."""
        sign = self.take()
        if sign in CLASSES:
            return CLASSES[sign]
        if sign in CONTROLS:
            return ((CONTROLS[sign], CONTROLS[sign]),)
        if not sign or sign not in PUNCTUATION:
            self.position -= 1
            self.refuse("this sign after a \\")
        return ((ord(sign), ord(sign)),)

    def choice(self) -> Node:
        """What stands after a [."""
        negated = self.peek() == "^"
        self.position += negated
        found: list[tuple[int, int]] = []
        while self.peek() != "]":
            if not self.peek():
                self.refuse("a [ that isn't closed")
            low = self.member()
            if self.peek() == "-" and self.text[self.position + 1 : self.position + 2] not in ("]", ""):
                self.position += 1
                found.append(self.range(low, self.member()))
            else:
                found.extend(low)
        self.position += 1
        if not found:
            self.refuse("a [] with nothing in it")
        ranges = merged(found)
        return One(outside(ranges) if negated else ranges)

    def member(self) -> Ranges:
        sign = self.take()
        if sign == "\\":
            return self.escaped()
        if sign == "[":
            self.refuse("a [ inside of [] without a \\ before it")
        if sign == "-" and self.text[self.position - 2] not in "[^" and self.peek() != "]":
            self.refuse("a - in the middle of [] without a \\ before it")
        return ((ord(sign), ord(sign)),)

    def range(self, low: Ranges, high: Ranges) -> tuple[int, int]:
        if len(low) > 1 or len(high) > 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1]:
            self.refuse("a range from or to several characters")
        if high[0][0] < low[0][0]:
            self.refuse("a range that goes down")
        return (low[0][0], high[0][0])


def merged(ranges: "list[tuple[int, int]]") -> Ranges:
    """The same characters as sorted ranges that don't touch."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)
