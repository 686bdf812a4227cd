"""A report's counts as lines to read, in the form's own words: a count reads the same on the page and in the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import text_in

LEFT_OUT = ("unit", "month", "counted_at")


@dataclass(frozen=True)
class ReportLine:
    """`value` of one question, or `rows` of a repeat under its `heads`."""

    label: str
    value: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Part:
    title: str
    lines: tuple[ReportLine, ...]


def build_lines(definition: Mapping[str, Any], answers: Mapping[str, Any], language: str) -> list[Part]:
    """The sections that have counts, in the form's order."""
    sources = Lists()
    parts = []
    for section in definition["sections"]:
        lines = [
            _line(item, answers[item["key"]], language, sources)
            for item in section["items"]
            if item["item"] != "note" and item["key"] in answers and item["key"] not in LEFT_OUT
        ]
        if lines:
            parts.append(Part(text_in(section["title"], language), tuple(lines)))
    return parts


def _line(item: Mapping[str, Any], value: Any, language: str, sources: Lists) -> ReportLine:
    label = text_in(item["label"], language)
    if item["item"] == "repeat":
        asked = [inner for inner in item["items"] if inner["item"] == "question"]
        heads = tuple(text_in(inner["label"], language) for inner in asked)
        rows = tuple(tuple(_said(inner, row.get(inner["key"]), language, sources) for inner in asked) for row in value)
        return ReportLine(label, heads=heads, rows=rows)
    return ReportLine(label, _said(item, value, language, sources))


def _said(question: Mapping[str, Any], value: Any, language: str, sources: Lists) -> str:
    if value is None:
        return ""
    return str(registry.get(question["type"]).formatted(value, dict(question), language, sources))
