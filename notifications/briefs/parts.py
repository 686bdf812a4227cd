"""The order in which a role reads a brief: data (`data/parts.json`), not code.

A row of a brief says what it is for (its part, such as "place" or "danger"). A role's order is a list of groups of
parts; each group that has a row becomes a section. What is in no group comes after, under its form's own titles, in the
form's order; a role with `only` never gets it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from access.languages import Texts

DATA = Path(__file__).parent / "data" / "parts.json"
FOR_EVERY_ROLE = "default"


@dataclass(frozen=True)
class Group:
    """Parts that stand under one title, in this order."""

    title: Texts
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """The groups that a role reads first. `only`: and nothing else."""

    groups: tuple[Group, ...]
    only: bool = False

    def place_of(self, part: str) -> tuple[int, int] | None:
        """Return (group, position in it) of a part, or None when it is one of the rest."""
        for number, group in enumerate(self.groups):
            if part in group.parts:
                return number, group.parts.index(part)
        return None


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


@cache
def parts() -> Mapping[str, Texts]:
    """Return every part with its label: {key: {language: text}}."""
    found: dict[str, Texts] = _data()["parts"]
    return found


@cache
def get_kinds_of_facts() -> Mapping[str, Texts]:
    """Return the kinds of facts that an agreement may name: every part, and `other` for what has none."""
    return {**parts(), "other": _data()["other"]}


@cache
def get_order(role: str) -> Order:
    """Return the order of a role; a role without one of its own has the default."""
    orders = _data()["orders"]
    written = orders.get(role) or orders[FOR_EVERY_ROLE]
    return Order(tuple(_group(group) for group in written["groups"]), only=written.get("only", False))


def _group(written: Mapping[str, Any]) -> Group:
    titles = _data()["titles"]
    title = titles[written["title"]] if "title" in written else parts()[written["parts"][0]]
    return Group(title, tuple(written["parts"]))
