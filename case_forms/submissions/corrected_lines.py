"""What a correction changed, line by line, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .readable_answers import AnswerLine, SectionReading

Key = tuple[str, str, str, int]  # section, heading of the row, label, how often it came before in there


@dataclass(frozen=True)
class CorrectedLine:
    """One answer that differs. `before` or `after` is None where the question wasn't answered."""

    section: str
    label: str
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)


def compare(before: list[SectionReading], after: list[SectionReading]) -> list[CorrectedLine]:
    """Return what differs between two readings of a form, in the order of the corrected one, then what is gone."""
    old, new = dict(_lines(before)), dict(_lines(after))
    titles = {section.key: section.title for section in (*before, *after)}
    return [
        CorrectedLine(
            section=titles[key[0]],
            label=f"{key[1]}: {key[2]}" if key[1] else key[2],
            before=_words(old.get(key)),
            after=_words(new.get(key)),
        )
        for key in (*new, *(key for key in old if key not in new))
        if _words(old.get(key)) != _words(new.get(key))
    ]


def _lines(sections: list[SectionReading]) -> Iterator[tuple[Key, AnswerLine]]:
    for section in sections:
        for heading, lines in (("", section.lines), *section.rows):
            seen: dict[str, int] = {}
            for line in lines:
                seen[line.label] = seen.get(line.label, 0) + 1
                yield (section.key, heading, line.label, seen[line.label]), line


def _words(line: AnswerLine | None) -> str | None:
    """Return an answer in words that tell it from another one, "" for none."""
    if line is None:
        return None
    if line.pairs:
        return "; ".join(f"{row}: {choice}" for row, choice in line.pairs)
    return f"{line.file.name} ({line.file.size})" if line.file else line.value
