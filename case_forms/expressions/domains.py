"""The value domains: sets of values that stand for all that a variable may be.

One value, a range of numbers or texts, lists of so many. A set of values is a tuple of cells. What can be said of two
cells is a set of truths in two bits: IS, ISNT, EITHER; 0 when there is nothing to say it of. Everything errs on the
side of EITHER.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .values import NOT_A_NUMBER, at_most, before, number, truthy

IS, ISNT, EITHER = 1, 2, 3


@dataclass(frozen=True)
class Const:
    """Exactly this: null, a truth value, a number or a text."""

    value: Any

    def __eq__(self, other: object) -> bool:
        # In Python True == 1 == 1.0, which are different values of the language.
        return isinstance(other, Const) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True)
class Numbers:
    """Any number from `low` to `high`; `open` ends don't belong to it, and `whole` ones only where said."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False

    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


@dataclass(frozen=True)
class Texts:
    """Any text that isn't empty: from `low` to `high` where said, one `among` these, none `but` those."""

    low: str | None = None
    high: str | None = None
    low_open: bool = False
    high_open: bool = False
    among: frozenset[str] | None = None
    but: frozenset[str] = frozenset()

    def has(self, text: str) -> bool:
        """Return whether this text can be meant."""
        if text == "" or text in self.but or (self.among is not None and text not in self.among):
            return False
        if self.low is not None and (before(text, self.low) or (self.low_open and text == self.low)):
            return False
        return self.high is None or not (before(self.high, text) or (self.high_open and text == self.high))


@dataclass(frozen=True)
class Lists:
    """A list of `fewest` to `most` entries; of choices, those it `has` and `lacks` for sure."""

    fewest: int = 0
    most: float = math.inf
    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    among: frozenset[str] | None = None


@dataclass(frozen=True)
class Anything:
    """Anything at all."""


@dataclass(frozen=True)
class Parts:
    """An object that isn't empty."""


Domain = Const | Numbers | Texts | Lists | Anything | Parts
Domains = tuple[Domain, ...]

NOTHING = Const(None)
COUNTS = Numbers(low=0, whole=True)


def of_bits(bits: int) -> Domains:
    """Return truths as values."""
    return tuple(Const(truth) for truth, bit in ((True, IS), (False, ISNT)) if bits & bit)


def get_bits(truth: bool) -> int:
    return IS if truth else ISNT


def get_any(bits: Iterable[int]) -> int:
    """Return what can be said when one of these is so, and it isn't known which."""
    found = 0
    for one in bits:
        found |= one
    return found


def swapped(bits: int) -> int:
    return (IS if bits & ISNT else 0) | (ISNT if bits & IS else 0)


def truth(cell: Domain) -> int:
    match cell:
        case Const(value):
            return get_bits(truthy(value))
        case Numbers(low, high):
            return EITHER if low <= 0 <= high else IS
        case Texts() | Parts():
            return IS
        case Lists(fewest, most):
            return IS if fewest else ISNT if most == 0 else EITHER
    return EITHER


def as_numbers(cell: Domain) -> Numbers | None:
    """Return the range of the cell's values as numbers; NaN to NaN when they are none; None when it isn't known."""
    match cell:
        case Const(value):
            double = number(value)
            return Numbers(double, double)
        case Numbers():
            return cell
        case Lists() | Parts():
            return Numbers(NOT_A_NUMBER, NOT_A_NUMBER)
    return None


def _is_text(cell: Domain) -> bool:
    return isinstance(cell, Texts) or (isinstance(cell, Const) and isinstance(cell.value, str))


def _as_texts(cell: Domain) -> Texts:
    if isinstance(cell, Const):
        return Texts(low=cell.value, high=cell.value)
    assert isinstance(cell, Texts)
    return cell


def smaller(left: Domain, right: Domain, *, or_equal: bool) -> int:
    """Compare two cells: left < right, or left <= right."""
    if isinstance(left, Const) and isinstance(right, Const):
        return get_bits((at_most if or_equal else before)(left.value, right.value))
    if isinstance(left, Anything) or isinstance(right, Anything):
        return EITHER
    if _is_text(left) and _is_text(right):
        return _text_smaller(_as_texts(left), _as_texts(right), or_equal=or_equal)
    lefts, rights = as_numbers(left), as_numbers(right)
    if lefts is None or rights is None:
        return EITHER
    if math.isnan(lefts.low) or math.isnan(rights.low):
        return ISNT
    # Ends that meet where one of them doesn't belong: everything on the left is smaller.
    touching = lefts.high_open or rights.low_open
    if lefts.high < rights.low or (lefts.high == rights.low and (or_equal or touching)):
        return IS
    touching = lefts.low_open or rights.high_open
    if lefts.low > rights.high or (lefts.low == rights.high and (not or_equal or touching)):
        return ISNT
    return EITHER


def _text_smaller(left: Texts, right: Texts, *, or_equal: bool) -> int:
    if left.high is not None and right.low is not None:
        touching = left.high_open or right.low_open
        if before(left.high, right.low) or (left.high == right.low and (or_equal or touching)):
            return IS
    if left.low is not None and right.high is not None:
        touching = left.low_open or right.high_open
        if before(right.high, left.low) or (left.low == right.high and (not or_equal or touching)):
            return ISNT
    return EITHER


def equal(left: Domain, right: Domain, *, strict: bool) -> int:
    """Compare two cells: left == right, or left === right."""
    if isinstance(left, Anything) or isinstance(right, Anything):
        return EITHER
    # Null equals null and nothing else; no other cell holds it.
    if NOTHING in (left, right):
        return get_bits(left == right)
    if _is_text(left) and _is_text(right):
        return _text_equal(left, right)
    kinds = {_kind(left), _kind(right)}
    if len(kinds) == 2 and (strict or kinds & {"list", "object"}):
        return ISNT
    if kinds & {"list", "object"}:
        return EITHER
    lefts, rights = as_numbers(left), as_numbers(right)
    if lefts is None or rights is None:
        return EITHER
    return _number_equal(lefts, rights)


def _kind(cell: Domain) -> str:
    match cell:
        case Const(bool()):
            return "boolean"
        case Const(str()) | Texts():
            return "text"
        case Lists():
            return "list"
        case Parts():
            return "object"
    return "number"


def _text_equal(left: Domain, right: Domain) -> int:
    if isinstance(left, Const) and isinstance(right, Const):
        return get_bits(left.value == right.value)
    if isinstance(right, Const):
        left, right = right, left
    if isinstance(left, Const) and isinstance(right, Texts):
        if not right.has(left.value):
            return ISNT
        return IS if right.among == {left.value} else EITHER
    lefts, rights = _as_texts(left), _as_texts(right)
    apart = _text_smaller(lefts, rights, or_equal=False) == IS or _text_smaller(rights, lefts, or_equal=False) == IS
    unlike = lefts.among is not None and rights.among is not None and not lefts.among & rights.among
    return ISNT if apart or unlike else EITHER


def _number_equal(left: Numbers, right: Numbers) -> int:
    if math.isnan(left.low) or math.isnan(right.low):
        return ISNT
    if smaller(left, right, or_equal=False) == IS or smaller(right, left, or_equal=False) == IS:
        return ISNT
    return IS if left.low == left.high == right.low == right.high else EITHER


def contains(haystack: Domain, needle: Domain) -> int:
    """Return whether needle is in haystack, for a haystack that isn't written out."""
    match haystack, needle:
        case Lists(most=0), _:
            return ISNT
        case Lists(), Const(str() as value):
            if value in haystack.has:
                return IS
            return ISNT if value in haystack.lacks or value not in (haystack.among or {value}) else EITHER
        case (Lists() | Anything(), _) | (_, Anything()):
            return EITHER
        case Const(str() as whole), Const(str() as part):
            return get_bits(part in whole)
        case (Texts() | Const(str()), _):
            return ISNT if needle == NOTHING or isinstance(needle, Lists | Parts) else EITHER
    return ISNT


def overlap(cell: Domain, other: Domain) -> bool:
    """Return whether a value can be in both."""
    return bool(equal(cell, other, strict=True) & IS)


def cut_numbers(cell: Numbers, cuts: Iterable[float]) -> Domains:
    """Cut numbers into cells that each lie wholly before, at or behind every cut."""
    cells: list[Domain] = []
    rest = cell
    for cut in sorted({double for double in cuts if math.isfinite(double)}):
        if cut < rest.low or cut > rest.high:
            continue
        cells += _kept(replace(rest, high=cut, high_open=True))
        at = Numbers(cut, cut)
        if overlap(at, rest) and (not cell.whole or cut.is_integer()):
            cells.append(Const(int(cut) if cut.is_integer() else cut))
        rest = replace(rest, low=cut, low_open=True)
    return (*cells, *_kept(rest))


def _kept(cell: Numbers) -> list[Domain]:
    """Return the cell, unless nothing is in it; a whole one with its ends drawn in to whole numbers."""
    if cell.whole:
        low = math.floor(cell.low) + 1 if cell.low_open and math.isfinite(cell.low) else cell.low
        high = math.ceil(cell.high) - 1 if cell.high_open and math.isfinite(cell.high) else cell.high
        low, high = (math.ceil(low) if math.isfinite(low) else low), (math.floor(high) if math.isfinite(high) else high)
        cell = Numbers(low, high, whole=True)
    return [] if cell.is_empty() else [cell]


def cut_texts(cell: Texts, cuts: Iterable[str], *, ordered: bool) -> Domains:
    """Cut texts: each cut by itself, and what is left; where the order matters, what is left between them."""
    cells: list[Domain] = []
    rest = cell
    wanted = [
        text for text in sorted(set(cuts), key=lambda text: text.encode("utf-16-be", "surrogatepass")) if cell.has(text)
    ]
    for text in wanted:
        cells.append(Const(text))
        if ordered:
            cells.append(replace(rest, high=text, high_open=True))
            rest = replace(rest, low=text, low_open=True)
    if not ordered:
        among = None if cell.among is None else cell.among - set(wanted)
        rest = replace(cell, but=cell.but | set(wanted), among=among)
    return tuple(cells) if rest.among == frozenset() else (*cells, rest)
