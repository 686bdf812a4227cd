"""Readable answers: section by section, formatted, in the reader's language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from access.models import localize
from case_forms.form_builder.definition import AnyItem, AskedItem, Form, Question, Repeat
from case_forms.questions import registry

from .attachments.named_files import AttachedFiles
from .drafts.filled import FilledAnswer
from .drafts.typed_values import is_filled_in
from .models import Attachment
from .validation.validate import Answers, CheckContext, Checked, SectionState


@dataclass(frozen=True)
class AnswerLine:
    """An answer as people read it.

    `value` is it in words; for types that are shown otherwise, also: `pairs` (a matrix: the row's words, the answer's),
    `strokes` (a signature: points of lines in a box of 1000 by 400), `file` (an Attachment). `key`: the question's;
    `taken_over`: where the answer comes from, when it was taken over from what is known and not asked again.
    """

    label: str
    value: str = field(repr=False)
    pairs: list[tuple[str, str]] = field(default_factory=list, repr=False)
    strokes: list[str] = field(default_factory=list, repr=False)
    file: Attachment | None = None
    key: str = ""
    taken_over: FilledAnswer | None = None


@dataclass(frozen=True)
class SectionReading:
    """A section's answers. `rows`: (heading, lines); `unanswered`: labels; `problems`: (label, message)."""

    key: str
    title: str
    lines: list[AnswerLine] = field(default_factory=list)
    rows: list[tuple[str, list[AnswerLine]]] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_sections(checked: Checked, context: CheckContext) -> list[SectionReading]:
    """Return every relevant section with its validated answers and its problems."""
    return [_section(state, context) for state in checked.sections if state.relevant]


def read_stored(form: Form, answers: Answers, context: CheckContext) -> list[SectionReading]:
    """Return a submission's sections that hold answers. As stored: nothing is validated again, no default is added."""
    readings = []
    for section in form.sections:
        reading = SectionReading(key=section.key, title=localize(section.title, context.language))
        _fill(reading, section.items, answers, context)
        if reading.lines or reading.rows:
            readings.append(reading)
    return readings


def _fill(reading: SectionReading, items: Iterable[AnyItem], answers: Answers, context: CheckContext) -> None:
    for item in items:
        if isinstance(item, Question):
            reading.lines.extend(_lines([item], answers, context))
        elif isinstance(item, Repeat):
            reading.rows.extend(_rows(item, answers, context, ""))


def _rows(
    repeat: Repeat, answers: Answers, context: CheckContext, around: str
) -> Iterator[tuple[str, list[AnswerLine]]]:
    """Yield each row with its lines, then those of the repeats inside it, under the row's heading and their own."""
    label = localize(repeat.label, context.language)
    for number, row in enumerate(answers.get(repeat.key, []), start=1):
        heading = f"{around}{label} {number}"
        yield heading, _lines(repeat.items, row, context)
        for item in repeat.items:
            if isinstance(item, Repeat):
                yield from _rows(item, row, context, f"{heading} · ")


def _section(state: SectionState, context: CheckContext) -> SectionReading:
    language = context.language
    reading = SectionReading(key=state.key, title=localize(state.section.title, language))
    _fill(reading, state.items, state.answers, context)
    asked = filter(is_filled_in, state.items)
    reading.unanswered.extend(localize(item.label, language) for item in asked if item.key not in state.answers)
    for problem in state.errors:
        reading.problems.append((_label_at(problem.path, state.section.items, language), problem.message))
    return reading


def _label_at(path: str, items: Iterable[AnyItem], language: str) -> str:
    """Return the label for a problem's path: /answers/household/0/children/1/age; "" for the whole form."""
    label = ""
    _empty, _answers, *steps = [*path.split("/"), ""]
    while steps:
        item = next((item for item in items if item.is_asked and item.key == steps[0]), None)
        if not isinstance(item, AskedItem):
            break
        label, steps = localize(item.label, language), steps[2:]  # a group's key and the number of its row
        items = item.items if isinstance(item, Repeat) else ()
    return label


def _lines(items: Iterable[AnyItem], answers: Answers, context: CheckContext) -> list[AnswerLine]:
    questions = (item for item in items if isinstance(item, Question) and item.key in answers)
    return [build_line(question, answers[question.key], context) for question in questions]


def build_line(question: Question, answer: Any, context: CheckContext) -> AnswerLine:
    """Format a cleaned answer."""
    kind, language, sources = registry.get(question.type), context.language, context.sources
    shown: dict[str, Any] = {}
    if question.type == "matrix":
        words = dict(kind.listed(question, language, sources))
        rows = [(row.value, localize(row.label, language)) for row in question.rows]
        shown["pairs"] = [(label, words.get(answer[row], answer[row])) for row, label in rows if row in answer]
    elif question.type == "signature":
        shown["strokes"] = [" ".join(map(str, stroke)) for stroke in answer.get("strokes", [])]
    elif question.type == "file" and isinstance(context.attachments, AttachedFiles):
        shown["file"] = context.attachments.by_id.get(answer["id"])
    label = localize(question.label, language)
    return AnswerLine(label, kind.formatted(answer, question, language, sources), key=question.key, **shown)


def mark_taken_over(readings: list[SectionReading], taken_over: Mapping[str, FilledAnswer]) -> list[SectionReading]:
    """Return the readings with what was taken over and not asked again marked as such. Nothing in a group ever is."""
    if not taken_over:
        return readings
    return [
        replace(reading, lines=[replace(line, taken_over=taken_over.get(line.key)) for line in reading.lines])
        for reading in readings
    ]
