"""Compose a brief: filter the rows that a role may read, and put what matters to it first.

A row reaches a brief only when its question shares it with the role, by the word `True`. Two keys must turn: the form's
designer shares a question with a role (`shared_with`), and this filter lets a row pass only when that entry *is* True.
A missing role, a text "true", a 1, a new question: shared with nobody. The order is `parts`'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .parts import get_order

Texts = Mapping[str, str]  # {language: text}


@dataclass(frozen=True)
class BriefRow:
    """One line of a brief before the filter: a question's label and answer, in every language, and who may read it.

    `part`: what the line is for, a key of `parts.parts()`; "" for one of the rest.
    """

    key: str
    label: Texts
    value: Texts
    shared_with: Mapping[str, bool] = field(default_factory=dict)
    section: Texts = field(default_factory=dict)
    on_paper: bool = True  # False: read on the screen only, never printed
    part: str = field(default="", kw_only=True)


def is_shared(row: BriefRow, role: str) -> bool:
    return row.shared_with.get(role) is True


def compose(role: str, rows: Iterable[BriefRow], *, urgent: bool = False) -> dict[str, Any]:
    """Compose the brief of one role, as stored sealed on its notice. `urgent` is a key only where it is true.

    Returns {"urgent"?: True, "sections": [{"title": texts, "rows": [{"key", "label": texts, "value": texts,
    "part", "paper"?: False}]}]}: first the role's own order of parts, then the other rows in the order given, gathered
    under their section's title; a section without a shared row isn't there.
    """
    sections: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for row, title in _order_rows(role, [row for row in rows if is_shared(row, role)]):
        section = sections.setdefault(tuple(sorted(title.items())), {"title": dict(title), "rows": []})
        written: dict[str, Any] = {
            "key": row.key, "label": dict(row.label), "value": dict(row.value), "part": row.part
        }  # fmt: skip
        section["rows"].append(written if row.on_paper else {**written, "paper": False})
    return {**({"urgent": True} if urgent else {}), "sections": list(sections.values())}


def _order_rows(role: str, rows: list[BriefRow]) -> list[tuple[BriefRow, Texts]]:
    """Return each row with the title that it stands under; rows of one part stay in the order given."""
    order = get_order(role)
    first: list[tuple[tuple[int, int], BriefRow]] = []
    rest: list[tuple[BriefRow, Texts]] = []
    for row in rows:
        place = order.place_of(row.part)
        if place is not None:
            first.append((place, row))
        elif not order.only:
            rest.append((row, row.section))
    # A stable sort, by place only: rows of one part keep the form's order.
    first.sort(key=lambda placed: placed[0])
    return [*((row, order.groups[place[0]].title) for place, row in first), *rest]
