"""A tip for people to read: its answers section by section, and what was said since."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from access.models import localize
from case_forms.form_builder.outline import given
from case_forms.form_builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import is_unanswered

from .models import Tip


@dataclass(frozen=True)
class ReadSection:
    """One section's answers: (label, value)."""

    key: str
    title: str
    lines: list[tuple[str, str]] = field(default_factory=list, repr=False)


def read_tip(tip: Tip, language: str) -> list[ReadSection]:
    """The sections that hold answers, in this language. As stored: nothing is checked again."""
    sections: dict[str, ReadSection] = {}
    for section, label, value in _answers(tip, language):
        key = section["key"]
        if key not in sections:
            sections[key] = ReadSection(key, localize(section["title"], language))
        sections[key].lines.append((label, value))
    return list(sections.values())


def _answers(tip: Tip, language: str) -> Iterator[tuple[dict, str, str]]:
    sources = Lists()
    for place in given(tip.form_version.definition, tip.answers):
        question = place.placed.question
        if is_unanswered(place.value) or question["type"] not in registry.names():
            continue
        shown = registry.get(question["type"]).formatted(place.value, question, language, sources)
        yield place.placed.section, localize(question["label"], language), shown
