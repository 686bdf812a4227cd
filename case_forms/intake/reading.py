"""Answers for people to read: section by section, formatted, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from access.models import in_language
from case_forms.questions import registry

from .checking import Answers, CheckContext, Checked, SectionState
from .filling import name_of


@dataclass(frozen=True)
class Line:
    label: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class SectionReading:
    """One section's answers. `rows`: (heading, lines); `unanswered`: labels; `problems`: (label, message)."""

    key: str
    title: str
    lines: list[Line] = field(default_factory=list)
    rows: list[tuple[str, list[Line]]] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_sections(checked: Checked, context: CheckContext) -> list[SectionReading]:
    """Every relevant section with its checked answers and what is wrong in it."""
    return [_section(state, context) for state in checked.sections if state.relevant]


def read_stored(definition: Mapping[str, Any], answers: Answers, context: CheckContext) -> list[SectionReading]:
    """The sections of a submission that hold answers. As stored: nothing is checked again, no default is added."""
    readings = []
    for section in definition["sections"]:
        reading = SectionReading(key=section["key"], title=in_language(section["title"], context.language))
        _fill(reading, section["items"], answers, context)
        if reading.lines or reading.rows:
            readings.append(reading)
    return readings


def _fill(reading: SectionReading, items: list[Mapping[str, Any]], answers: Answers, context: CheckContext) -> None:
    for item in items:
        if item["item"] == "question":
            reading.lines.extend(_lines([item], answers, context))
        elif item["item"] == "repeat":
            label = in_language(item["label"], context.language)
            for number, row in enumerate(answers.get(item["key"], []), start=1):
                reading.rows.append((f"{label} {number}", _lines(item["items"], row, context)))


def _section(state: SectionState, context: CheckContext) -> SectionReading:
    language = context.language
    reading = SectionReading(key=state.key, title=in_language(state.section["title"], language))
    _fill(reading, state.items, state.answers, context)
    asked = [item for item in state.items if item["item"] != "note"]
    repeats = {item["key"]: item for item in asked if item["item"] == "repeat"}
    inner = [question for repeat in repeats.values() for question in _questions(repeat["items"])]
    labels = {item["key"]: in_language(item["label"], language) for item in [*asked, *inner]}
    reading.unanswered.extend(labels[item["key"]] for item in asked if item["key"] not in state.answers)
    for problem in state.errors:
        last = name_of(problem.path, repeats).rpartition("-")[2]
        reading.problems.append((labels.get(last, ""), problem.message))
    return reading


def _questions(items: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in items if item["item"] == "question"]


def _lines(items: list[Mapping[str, Any]], answers: Answers, context: CheckContext) -> list[Line]:
    return [
        Line(
            in_language(item["label"], context.language),
            registry.get(item["type"]).formatted(answers[item["key"]], dict(item), context.language, context.sources),
        )
        for item in _questions(items)
        if item["key"] in answers
    ]
