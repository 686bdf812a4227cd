"""A report's counts as lines to read, in the form's words: a count reads the same on the page and in the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from case_forms.form_builder.definition import AskedItem, Form, Question, Repeat
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import text_in

LEFT_OUT = ("unit", "month", "counted_at")


@dataclass(frozen=True)
class ReportLine:
    """A line of the report: `value` of a question, or `rows` of a repeat under its `heads`."""

    label: str
    value: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Part:
    """A section of the report with its lines."""

    title: str
    lines: tuple[ReportLine, ...]


def build_lines(form: Form, answers: Mapping[str, Any], language: str) -> list[Part]:
    """Return the sections that have counts, in the form's order."""
    sources = Lists()
    parts = []
    for section in form.sections:
        lines = [
            _line(item, answers[item.key], language, sources)
            for item in section.items
            if isinstance(item, AskedItem) and item.key in answers and item.key not in LEFT_OUT
        ]
        if lines:
            parts.append(Part(text_in(section.title, language), tuple(lines)))
    return parts


def _line(item: Question | Repeat, value: Any, language: str, sources: Lists) -> ReportLine:
    label = text_in(item.label, language)
    if isinstance(item, Repeat):
        asked = [inner for inner in item.items if isinstance(inner, Question)]
        heads = tuple(text_in(inner.label, language) for inner in asked)
        rows = tuple(tuple(_said(inner, row.get(inner.key), language, sources) for inner in asked) for row in value)
        return ReportLine(label, heads=heads, rows=rows)
    return ReportLine(label, _said(item, value, language, sources))


def _said(question: Question, value: Any, language: str, sources: Lists) -> str:
    if value is None:
        return ""
    return str(registry.get(question.type).formatted(value, question, language, sources))
