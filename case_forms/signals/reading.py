"""A signal for people to read: its answers section by section, and what was said since."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from access.models import in_language
from case_forms.builder.definition import Section
from case_forms.builder.sources import Lists
from case_forms.questions import registry
from case_forms.questions.base import is_unanswered

from .models import Signal


@dataclass(frozen=True)
class ReadSection:
    """One section's answers: (label, value)."""

    key: str
    title: str
    lines: list[tuple[str, str]] = field(default_factory=list, repr=False)


def read_signal(signal: Signal, language: str) -> list[ReadSection]:
    """The sections that hold answers, in this language. As stored: nothing is checked again."""
    sections: dict[str, ReadSection] = {}
    for section, label, value in _answers(signal, language):
        key = section.key
        if key not in sections:
            sections[key] = ReadSection(key, in_language(section.title, language))
        sections[key].lines.append((label, value))
    return list(sections.values())


def _answers(signal: Signal, language: str) -> Iterator[tuple[Section, str, str]]:
    sources = Lists()
    for place in signal.form_version.parsed_form.iter_answer_places(signal.answers):
        question = place.question
        if is_unanswered(place.value) or question.type not in registry.names():
            continue
        shown = registry.get(question.type).formatted(place.value, question.stored, language, sources)
        yield place.located.section, in_language(question.label, language), shown
