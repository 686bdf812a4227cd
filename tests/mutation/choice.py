"""What is made wrong, and which of it in one run: drawn by a seed, each module in turn, the equal ones left out."""

import random
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .mutants import Mutant, find_mutants


@dataclass(frozen=True)
class Module:
    """A module, and the folders or files whose tests must notice: those tried first come first."""

    path: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Equal:
    """A mutant that does the same as what it was made of, or differs in nothing that matters, with the reason."""

    module: str
    function: str
    difference: str
    reason: str

    @classmethod
    def read(cls, written: dict[str, Any]) -> "Equal":
        differs = "\n".join(
            (*(f"- {line}" for line in _lines(written, "from")), *(f"+ {line}" for line in _lines(written, "to")))
        )
        return cls(written["module"], written["function"], differs, written["reason"])


def _lines(written: dict[str, Any], name: str) -> list[str]:
    return str(written.get(name, "")).splitlines()


def read_list(file: Path, wanted: list[str]) -> tuple[list[Module], list[Equal]]:
    """Read which modules there are, those that are wanted or all, and which of their mutants are equal.

    Raises ValueError for a name that no module has.
    """
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    modules = [Module(each["path"], tuple(each["tests"])) for each in written["module"]]
    unknown = set(wanted) - {each.path for each in modules}
    if unknown:
        raise ValueError(f"not in {file.name}: {', '.join(sorted(unknown))}")
    modules = [each for each in modules if each.path in wanted or not wanted]
    paths = {each.path for each in modules}
    return modules, [each for each in map(Equal.read, written.get("equal", [])) if each.module in paths]


def find_all(root: Path, modules: list[Module], equal: list[Equal]) -> dict[str, list[Mutant]]:
    """Return the mutants of each module, without those that are equal.

    Raises ValueError where one is said to be equal that doesn't exist, or twice, or without a reason.
    """
    found = {each.path: find_mutants(root, each.path) for each in modules}
    known = {(mutant.path, mutant.function, _sorted(mutant.difference)) for each in found.values() for mutant in each}
    said = [(each.module, each.function, _sorted(each.difference)) for each in equal]
    wrong = [each for each, key in zip(equal, said, strict=True) if key not in known or not each.reason.strip()]
    wrong += [equal[said.index(key)] for key, times in Counter(said).items() if times > 1]
    if wrong:
        lines = "\n".join(f"{each.module} {each.function}\n{each.difference}" for each in wrong)
        raise ValueError(
            f"said to be equal, and there is no such mutant, or it is said twice, or without why:\n{lines}"
        )
    left_out = set(said)
    return {
        path: [each for each in mutants if (each.path, each.function, _sorted(each.difference)) not in left_out]
        for path, mutants in found.items()
    }


def _sorted(difference: str) -> tuple[str, ...]:
    # Of two lines that change places, what is taken away and what is added may come in any order.
    return tuple(sorted(difference.splitlines(), key=lambda line: line[0] == "+"))


def draw(mutants: dict[str, list[Mutant]], count: int, seed: str) -> list[Mutant]:
    """Draw so many, one of each module in turn. The same seed gives the same, as long as the modules are the same."""
    piles = []
    for path, found in sorted(mutants.items()):
        pile = list(found)
        random.Random(f"{seed} {path}").shuffle(pile)
        piles.append(pile)
    drawn: list[Mutant] = []
    while len(drawn) < count and any(piles):
        drawn += [pile.pop() for pile in piles if pile]
    return drawn[:count]
