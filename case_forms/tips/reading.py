"""What came by a public form, for people to read: its answers section by section."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from access.models import localize
from case_forms.form_builder.definition import Form, Section
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
    """List a tip's sections that hold answers, in this language."""
    return read_answers(tip.form_version.parsed_form, tip.answers, language)


def read_answers(form: Form, answers: Mapping[str, Any], language: str) -> list[ReadSection]:
    """List the sections that hold answers, in this language. As stored: nothing is checked again."""
    sections: dict[str, ReadSection] = {}
    for section, label, value in _iter_answers(form, answers, language):
        key = section.key
        if key not in sections:
            sections[key] = ReadSection(key, localize(section.title, language))
        sections[key].lines.append((label, value))
    return list(sections.values())


def _iter_answers(form: Form, answers: Mapping[str, Any], language: str) -> Iterator[tuple[Section, str, str]]:
    sources = Lists()
    for place in form.iter_answer_places(answers):
        question = place.question
        # An older version may hold a type that was removed since: what else was written must still be readable.
        if is_unanswered(place.value) or question.type not in registry.names():
            continue
        shown = registry.get(question.type).formatted(place.value, question, language, sources)
        yield place.located.section, localize(question.label, language), shown
