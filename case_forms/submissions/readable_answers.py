"""Answers for people to read: section by section, formatted, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from access.models import localize
from case_forms.questions import registry

from .attachments.named_files import AttachedFiles
from .models import Attachment
from .validation.validate import Answers, CheckContext, Checked, SectionState, is_typed


@dataclass(frozen=True)
class AnswerLine:
    """One answer. `value` is it in words; where a type is better shown than told, besides: `pairs` (a matrix: the row's
    words, the answer's), `strokes` (a signature: points of lines in a box of 1000 by 400), `file` (an Attachment)."""

    label: str
    value: str = field(repr=False)
    pairs: list[tuple[str, str]] = field(default_factory=list, repr=False)
    strokes: list[str] = field(default_factory=list, repr=False)
    file: Attachment | None = None


@dataclass(frozen=True)
class SectionReading:
    """One section's answers. `rows`: (heading, lines); `unanswered`: labels; `problems`: (label, message)."""

    key: str
    title: str
    lines: list[AnswerLine] = field(default_factory=list)
    rows: list[tuple[str, list[AnswerLine]]] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_sections(checked: Checked, context: CheckContext) -> list[SectionReading]:
    """Every relevant section with its checked answers and what is wrong in it."""
    return [_section(state, context) for state in checked.sections if state.relevant]


def read_stored(definition: Mapping[str, Any], answers: Answers, context: CheckContext) -> list[SectionReading]:
    """The sections of a submission that hold answers. As stored: nothing is checked again, no default is added."""
    readings = []
    for section in definition["sections"]:
        reading = SectionReading(key=section["key"], title=localize(section["title"], context.language))
        _fill(reading, section["items"], answers, context)
        if reading.lines or reading.rows:
            readings.append(reading)
    return readings


def _fill(reading: SectionReading, items: list[Mapping[str, Any]], answers: Answers, context: CheckContext) -> None:
    for item in items:
        if item["item"] == "question":
            reading.lines.extend(_lines([item], answers, context))
        elif item["item"] == "repeat":
            reading.rows.extend(_rows(item, answers, context, ""))


def _rows(
    repeat: Mapping[str, Any], answers: Answers, context: CheckContext, around: str
) -> Iterator[tuple[str, list[AnswerLine]]]:
    """Each row with its lines, then those of the repeats inside it, under the row's heading and their own."""
    label = localize(repeat["label"], context.language)
    for number, row in enumerate(answers.get(repeat["key"], []), start=1):
        heading = f"{around}{label} {number}"
        yield heading, _lines(repeat["items"], row, context)
        for item in repeat["items"]:
            if item["item"] == "repeat":
                yield from _rows(item, row, context, f"{heading} · ")


def _section(state: SectionState, context: CheckContext) -> SectionReading:
    language = context.language
    reading = SectionReading(key=state.key, title=localize(state.section["title"], language))
    _fill(reading, state.items, state.answers, context)
    asked = [item for item in _asked(state.items) if item["item"] == "repeat" or is_typed(item)]
    reading.unanswered.extend(localize(item["label"], language) for item in asked if item["key"] not in state.answers)
    for problem in state.errors:
        reading.problems.append((_label_at(problem.path, state.section["items"], language), problem.message))
    return reading


def _label_at(path: str, items: list[Mapping[str, Any]], language: str) -> str:
    """The label of what a problem's path means: /answers/household/0/children/1/age; "" for the whole form."""
    label = ""
    _empty, _answers, *steps = [*path.split("/"), ""]
    while steps:
        item = next((item for item in _asked(items) if item["key"] == steps[0]), None)
        if item is None:
            break
        label, items, steps = localize(item["label"], language), item.get("items", []), steps[2:]
    return label


def _asked(items: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (item for item in items if item["item"] != "note")


def _questions(items: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in items if item["item"] == "question"]


def _lines(items: list[Mapping[str, Any]], answers: Answers, context: CheckContext) -> list[AnswerLine]:
    return [
        build_line(dict(item), answers[item["key"]], context) for item in _questions(items) if item["key"] in answers
    ]


def build_line(question: dict[str, Any], answer: Any, context: CheckContext) -> AnswerLine:
    """A cleaned answer."""
    kind, language, sources = registry.get(question["type"]), context.language, context.sources
    shown: dict[str, Any] = {}
    if question["type"] == "matrix":
        words = dict(kind.listed(question, language, sources))
        rows = [(row["value"], localize(row["label"], language)) for row in question["rows"]]
        shown["pairs"] = [(label, words.get(answer[row], answer[row])) for row, label in rows if row in answer]
    elif question["type"] == "signature":
        shown["strokes"] = [" ".join(map(str, stroke)) for stroke in answer.get("strokes", [])]
    elif question["type"] == "file" and isinstance(context.attachments, AttachedFiles):
        shown["file"] = context.attachments.by_id.get(answer["id"])
    label = localize(question["label"], language)
    return AnswerLine(label, kind.formatted(answer, question, language, sources), **shown)
