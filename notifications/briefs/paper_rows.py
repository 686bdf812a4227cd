"""The rows of a sheet: on a compact one, short ones stand two to a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .sections import Section, SectionRow

MAX_LABEL = 33
MAX_VALUE = 34
Line = tuple[SectionRow, ...]  # one row, or two that stand beside each other


@dataclass(frozen=True)
class PaperSection:
    """Lines under one title; "" for a title that would only repeat the label of its single row."""

    title: str
    lines: tuple[Line, ...]


def lay_out(sections: Iterable[Section], *, is_compact: bool) -> list[PaperSection]:
    """Return the sections as lines. Compact: single rows lose their title, and those after each other are joined."""
    if not is_compact:
        return [PaperSection(section.title, tuple((row,) for row in section.rows)) for section in sections]
    gathered: list[tuple[str, list[SectionRow]]] = []
    for section in sections:
        title = section.title if len(section.rows) > 1 else ""
        if not title and gathered and not gathered[-1][0]:
            gathered[-1][1].extend(section.rows)
        else:
            gathered.append((title, list(section.rows)))
    return [PaperSection(title, pair_rows(rows)) for title, rows in gathered]


def pair_rows(rows: Sequence[SectionRow]) -> tuple[Line, ...]:
    """Put two short rows that follow each other into one line; the order stays."""
    lines: list[Line] = []
    for row in rows:
        if _is_short(row) and lines and len(lines[-1]) == 1 and _is_short(lines[-1][0]):
            lines[-1] = (lines[-1][0], row)
        else:
            lines.append((row,))
    return tuple(lines)


def _is_short(row: SectionRow) -> bool:
    return len(row.label) <= MAX_LABEL and len(row.value) <= MAX_VALUE and "\n" not in row.value
