"""Invented persons, and how their names are misspelt: what recall and false alarms of the index are measured on."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

NAMES = Path(__file__).parent / "data" / "names.json"
TODAY = date(2026, 11, 27)


@dataclass(frozen=True)
class Person:
    """Somebody who never was."""

    first: str
    last: str
    born: date
    phone: str

    @property
    def age(self) -> int:
        had_birthday = (TODAY.month, TODAY.day) >= (self.born.month, self.born.day)
        return TODAY.year - self.born.year - (not had_birthday)


@lru_cache(maxsize=1)
def load_names() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(NAMES.read_text(encoding="utf-8"))
    return read


def invent(count: int, chance: random.Random) -> list[Person]:
    """Invent different persons. The first names of a list are the commonest, as in life (Zipf, softened)."""
    names, made = load_names(), {}
    while len(made) < count:
        is_woman = chance.random() < 0.75
        person = Person(
            first=_pick(names["women" if is_woman else "men"], chance),
            last=_pick(names["surnames"], chance),
            born=TODAY - timedelta(days=int(365.25 * (6 + chance.betavariate(1.6, 3.2) * 55))),
            phone=f"+35569{chance.randrange(10_000_000):07d}",
        )
        made[person.first, person.last, person.born.year] = person
    return list(made.values())


def _pick(names: list[str], chance: random.Random) -> str:
    weights = [1 / (rank + 12) for rank in range(len(names))]
    return chance.choices(names, weights)[0]


def _swap(*pairs: tuple[str, str]) -> Callable[[str, random.Random], str]:
    def swapped(name: str, chance: random.Random) -> str:
        fitting = [pair for pair in pairs if pair[0] in name]
        return name.replace(*chance.choice(fitting), 1) if fitting else name

    return swapped


def _slip(name: str, chance: random.Random) -> str:
    """One letter missing, doubled, wrong, or in the wrong place."""
    at, letters = chance.randrange(1, len(name)), "abdefgiklmnoprstuv"
    return chance.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + chance.choice(letters) + name[at:],
            name[:at] + chance.choice(letters) + name[at + 1 :],
            name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
        )
    )


# By what went differently; each takes a name in lower case.
MISSPELLINGS: dict[str, Callable[[str, random.Random], str]] = {
    "written the same": lambda name, chance: name,
    "a digraph as others write it": _swap(
        ("xh", "dj"), ("xh", "j"), ("xh", "gj"), ("xh", "dž"), ("xh", "dzh"), ("xh", "x"), ("gj", "dj"), ("gj", "xh"),
        ("gj", "gi"), ("sh", "s"), ("sh", "š"), ("sh", "sch"), ("zh", "ž"), ("zh", "z"), ("th", "t"), ("dh", "d"),
        ("nj", "n"), ("nj", "gn"), ("ll", "l"), ("rr", "r"), ("q", "kj"), ("q", "k"), ("c", "ç"), ("c", "ch"),
        ("c", "č"),
    ),
    "a vowel as others write it": _swap(
        ("y", "i"), ("y", "u"), ("e", "ë"), ("e", "a"), ("u", "ou"), ("i", "y"), ("a", "e"), ("j", "i"), ("o", "u"),
    ),
    "h left out, or letters doubled": lambda name, chance: (
        name.replace("h", "") if "h" in name and chance.random() < 0.6 else name.replace("n", "nn").replace("l", "ll")
    ),
    "one slip of the pen": _slip,
}  # fmt: skip


def misspell(person: Person, how: str, chance: random.Random) -> Person:
    """Write both parts of the name differently (a slip: one of them)."""
    change = MISSPELLINGS[how]
    first, last = person.first.lower(), person.last.lower()
    if how == "one slip of the pen":
        if chance.random() < 0.5:
            return replace(person, first=change(first, chance))
        return replace(person, last=change(last, chance))
    return replace(person, first=change(first, chance), last=change(last, chance))


def iter_misspelt(people: list[Person], chance: random.Random) -> Iterator[tuple[str, Person, Person]]:
    """Yield (how, the person, as written by somebody else) for each person and each way."""
    for how in MISSPELLINGS:
        for person in people:
            yield how, person, misspell(person, how, chance)
