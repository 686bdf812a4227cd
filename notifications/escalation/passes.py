"""Clocks of the rooms above: the sweeper turns them in each pass, and its auditor asks what has none.

A room registers its clock when Django starts; this room knows none of them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from audit.put_aside import for_each_row


@dataclass(frozen=True)
class Clock:
    """A clock that the sweeper turns.

    `name`: a code of at most 40 characters. `advance(now)` does what is due, row by row. `find_stranded(now)` returns
    the ids of what is open and has no next step; there should be none.
    """

    name: str
    advance: Callable[[datetime], int]
    find_stranded: Callable[[datetime], list[str]]


_clocks: dict[str, Clock] = {}


def register_clock(clock: Clock) -> None:
    """Let the sweeper turn this clock from now on. Registering it again replaces it."""
    _clocks[clock.name] = clock


def advance_clocks(now: datetime, *, without: Collection[str] = ()) -> None:
    """Turn every registered clock, each by itself: what is wrong with one keeps no other from moving.

    `without`: names of clocks that are left as they are; the sweeper leaves out none.
    """
    _turn([name for name in _clocks if name not in without], now)


def advance_clock(name: str, now: datetime) -> int:
    """Turn one registered clock; return 1 where it did something. What is wrong with it keeps no other from moving."""
    return _turn([name], now)


def _turn(names: list[str], now: datetime) -> int:
    return for_each_row("housekeeping", names, lambda name: _clocks[name].advance(now), at=now)


def get_clocks() -> list[Clock]:
    """Return the registered clocks in the order in which they are turned."""
    return list(_clocks.values())


def find_stranded_rows(now: datetime) -> list[tuple[str, str]]:
    """Return (name of the clock, id) of all that is open and has no next step."""
    return [(clock.name, key) for clock in _clocks.values() for key in clock.find_stranded(now)]
