"""Whose turn it is, and when each leg ran last: `python -m tests.rings.turns` (`--note`: what the last landing ran).

`turns.jsonl` has a line for each landing: its commit, its day, and the leg whose turn it was. The leg after the last of
them is next. A leg that fails keeps CI red, nothing lands, and no line is added: it stays first until it is green.
"""

import argparse
import json
from pathlib import Path
from typing import TypedDict

from .touched import find_base, git

STORED = Path(__file__).with_name("turns.jsonl")


class Noted(TypedDict):
    landed: str
    day: str
    leg: str


def read_noted() -> list[Noted]:
    return [json.loads(line) for line in STORED.read_text(encoding="utf-8").splitlines()] if STORED.exists() else []


def find_next(legs: list[str], base: str) -> str:
    """The leg whose turn it is in a change on top of this commit. `legs`: in the order of their turns."""
    noted = read_noted()
    done = [each["leg"] for each in noted if each["leg"] in legs]
    after = (legs.index(done[-1]) + 1) % len(legs) if done else 0
    # The landing before this change has had a turn that nobody has noted yet.
    is_noted = any(base.startswith(each["landed"]) for each in noted)
    return legs[after if is_noted or not noted else (after + 1) % len(legs)]


def note(legs: list[str], base: str) -> None:
    """Add the turn of the last landing, once: what CI passed there, unless its time was over."""
    noted = read_noted()
    if any(base.startswith(each["landed"]) for each in noted):
        return
    done = [each["leg"] for each in noted if each["leg"] in legs]
    leg = legs[(legs.index(done[-1]) + 1) % len(legs)] if done else legs[0]
    line = {"landed": base[:8], "day": git("log", "-1", "--format=%cs", base)[0], "leg": leg}
    with STORED.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


def print_table(legs: list[tuple[str, str, int]]) -> None:
    """`legs`: a turn's name, the legs in it, about how many minutes."""
    last = {each["leg"]: f"{each['day']} ({each['landed']})" for each in read_noted()}
    print(f"{'turn':15} {'minutes':>7}  {'last time':22} legs")
    for name, inside, minutes in legs:
        print(f"{name:15} {minutes:7}  {last.get(name, 'never'):22} {inside}")


def main() -> None:
    from tests.legs import build_turns  # which imports this package

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--note", action="store_true")
    turns = build_turns()
    if parser.parse_args().note:
        note([turn.name for turn in turns if turn.in_ci], find_base())
    print_table([(turn.name, ", ".join(leg.name for leg in turn.legs), turn.cost) for turn in turns])


if __name__ == "__main__":
    main()
