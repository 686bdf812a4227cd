"""Whose turn it is, and when each leg had its last: `python -m tests.rings.turns` (`--next`: take the next turn).

`turns.jsonl` has a line for each change that took a turn: its day, the commit before, and the leg. CI runs the leg of
the last line. A change takes the next turn once; one that takes none has the same leg run again, and one that a red leg
keeps from landing keeps its line.
"""

import argparse
import datetime
import json
from pathlib import Path
from typing import TypedDict

from .touched import git

STORED = Path(__file__).with_name("turns.jsonl")


class Taken(TypedDict):
    day: str
    after: str
    leg: str


def read_taken() -> list[Taken]:
    return [json.loads(line) for line in STORED.read_text(encoding="utf-8").splitlines()] if STORED.exists() else []


def find_turn(legs: list[str]) -> str:
    """The leg whose turn it is: the last that was taken, else the first. `legs`: in the order of their turns."""
    taken = [each["leg"] for each in read_taken() if each["leg"] in legs]
    return taken[-1] if taken else legs[0]


def take_next(legs: list[str]) -> str:
    """Move on to the next leg, and return it."""
    leg = legs[(legs.index(find_turn(legs)) + 1) % len(legs)] if read_taken() else legs[0]
    taken = {
        "day": str(datetime.datetime.now(datetime.UTC).date()),
        "after": git("rev-parse", "HEAD")[0][:8],
        "leg": leg,
    }
    with STORED.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(taken) + "\n")
    return leg


def print_table(legs: list[tuple[str, str, int]]) -> None:
    """`legs`: a turn's name, the legs in it, about how many minutes."""
    last = {each["leg"]: f"{each['day']} (after {each['after']})" for each in read_taken()}
    print(f"{'turn':15} {'minutes':>7}  {'last taken':27} legs")
    for name, inside, minutes in legs:
        print(f"{name:15} {minutes:7}  {last.get(name, 'never'):27} {inside}")


def main() -> None:
    from tests.legs import build_turns  # which imports this package

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--next", action="store_true", help="take the next turn: a line for turns.jsonl")
    turns = build_turns()
    if parser.parse_args().next:
        print(f"The turn of this change: {take_next([turn.name for turn in turns if turn.in_ci])}\n")
    print_table([(turn.name, ", ".join(leg.name for leg in turn.legs), turn.cost) for turn in turns])


if __name__ == "__main__":
    main()
