"""What bases and changes are called, which of them lead to a moment, and which are too old.

    point-20261129T040000Z-000000-20261129T040003Z.tar.age     a base: number 0
    point-20261129T040000Z-000001-20261129T040013Z.tar.age     the first change after it

First stands which base it belongs to, last the moment that it leads to. A restore needs the base and each change up to
that moment: one that is missing ends what can be restored.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

NAME = re.compile(r"point-(\d{8}T\d{6}Z)-(\d{6})-(\d{8}T\d{6}Z)\.tar\.age")
STAMP = "%Y%m%dT%H%M%SZ"
MAX_NUMBER = 999_999


class NoWay(Exception):
    """Raised when no stored files lead to that moment. The text says why, and what can be had instead."""


@dataclass(frozen=True, order=True)
class Piece:
    """A base (number 0) or a change. `base`: when its base was begun; `point`: the moment it leads to, rounded up."""

    base: datetime
    number: int
    point: datetime

    @property
    def name(self) -> str:
        return f"point-{self.base.strftime(STAMP)}-{self.number:06}-{self.point.strftime(STAMP)}.tar.age"


def round_up(moment: datetime) -> datetime:
    """Return the whole second at or after it, in UTC: never is something after the moment that a name says."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def parse(name: str) -> Piece | None:
    """Take a name apart; None for any other file."""
    match = NAME.fullmatch(name)
    try:
        return Piece(_read(match[1]), int(match[2]), _read(match[3])) if match else None
    except ValueError:
        return None


def list_pieces(names: Iterable[str]) -> list[Piece]:
    return sorted(piece for name in names if (piece := parse(name)) is not None)


def choose(pieces: Iterable[Piece], at: datetime, *, beyond: timedelta = timedelta(0)) -> list[Piece]:
    """Choose the newest base at or before `at`, and each change after it up to `at` and `beyond`. Raises NoWay."""
    all_pieces = sorted(pieces)
    bases = [each for each in all_pieces if each.number == 0 and each.point <= at]
    if not bases:
        first = min((each.point for each in all_pieces if each.number == 0), default=None)
        raise NoWay(
            f"The earliest moment that can be restored is {first.isoformat()}."
            if first
            else "There is no base here: a folder with point-….tar.age is needed (BACKUP_DIR, or BACKUP_TO and a /)."
        )
    chosen = [bases[-1]]
    for piece in all_pieces:
        if piece.base != chosen[0].base or piece.number == 0:
            continue
        if chosen[-1].point > at + beyond or (not beyond and piece.point > at):
            break
        if piece.number == chosen[-1].number:
            chosen[-1] = piece  # its first try had its name, and wasn't known to be on the disk
            continue
        if piece.number != chosen[-1].number + 1:
            raise NoWay(
                f"Change {chosen[-1].number + 1} after the base of {chosen[0].base.isoformat()} is missing: the latest"
                f" moment before it is {chosen[-1].point.isoformat()}."
            )
        chosen.append(piece)
    return chosen


def choose_old(pieces: Iterable[Piece], before: datetime) -> list[Piece]:
    """Choose what leads to no moment after `before`: a base and its changes, once the next base is that old."""
    all_pieces = sorted(pieces)
    bases = [each for each in all_pieces if each.number == 0]
    stay = {each.base for each in bases[-1:]} | {
        each.base for each, following in pairwise(bases) if following.point > before
    }
    return [each for each in all_pieces if each.base not in stay]


def _read(stamp: str) -> datetime:
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
