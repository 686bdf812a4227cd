"""What one recipient role may read: a row reaches a brief only when its question says so, by the word `True`.

Two keys must turn. The form's designer shares a question with a role (`shared_with`), and this filter lets a row pass
only when that entry *is* True. A missing role, a text "true", a 1, a new question: shared with nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Texts = Mapping[str, str]  # {"sq": ..., "en": ...}


@dataclass(frozen=True)
class BriefRow:
    """One line of a brief before the filter: a question's label and answer, in both languages, and who may read it."""

    key: str
    label: Texts
    value: Texts
    shared_with: Mapping[str, bool] = field(default_factory=dict)
    section: Texts = field(default_factory=dict)
    on_paper: bool = True  # False: read on the screen only, never printed


def is_shared(row: BriefRow, role: str) -> bool:
    return row.shared_with.get(role) is True


def compose(role: str, rows: Iterable[BriefRow], *, urgent: bool = False) -> dict[str, Any]:
    """The brief of one role, as kept sealed on its notice. `urgent` stands above everything; it isn't there otherwise.

    Returns {"urgent"?: True, "sections": [{"title": {"sq", "en"}, "rows": [{"key", "label": {"sq", "en"},
    "value": {"sq", "en"}, "paper"?: False}]}]}: rows in the order given, gathered under their section's title; a
    section without a shared row isn't there.
    """
    sections: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for row in rows:
        if not is_shared(row, role):
            continue
        title = tuple(sorted(row.section.items()))
        section = sections.setdefault(title, {"title": dict(row.section), "rows": []})
        written = {"key": row.key, "label": dict(row.label), "value": dict(row.value)}
        section["rows"].append(written if row.on_paper else {**written, "paper": False})
    return {**({"urgent": True} if urgent else {}), "sections": list(sections.values())}
