"""View models of a section's page: questions, notes, repeats with their rows, and the steps through the form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from access.models import localize
from case_forms.form_builder.definition import Question

from ..drafts.filled import FilledAnswer


@dataclass(frozen=True)
class QuestionView:
    """A question as the page shows it. `name` is its form field, `id` the target of labels and the error summary.

    `scope`: what expressions may read here; `attachments`: the files that the form has, by id; `known`: where its
    answer comes from, when it was filled in and not changed.
    """

    question: Question
    name: str
    value: Any = field(repr=False)
    errors: list[str]
    choices: list[tuple[str, str]]
    language: str
    required: bool
    relevant: bool
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False)
    attachments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    leading: int = 0  # how many of the choices stand first, before those of the alphabet
    known: FilledAnswer | None = None
    kind: str = "question"

    @property
    def id(self) -> str:
        return f"q-{self.name}"

    @property
    def label(self) -> str:
        return localize(self.question.label, self.language)

    @property
    def is_asked(self) -> bool:
        """Return whether it can be answered as the page stands: it applies, and its filter lets a choice through."""
        return self.relevant and bool(self.choices or not self.question.is_filtered)


@dataclass(frozen=True)
class NoteView:
    name: str
    text: str
    relevant: bool
    kind: str = "note"


@dataclass(frozen=True)
class RowView:
    """A row of a repeat. `name` is what its fields' names begin with (household-0)."""

    name: str
    number: int
    entries: "list[Entry]"
    is_new: bool = False

    @property
    def id(self) -> str:
        return f"q-{self.name}"


@dataclass(frozen=True)
class RepeatView:
    """A group of questions and its rows. `level`: 1 for one in a section, 2 for one in a row of another."""

    name: str
    label: str
    hint: str
    rows: list[RowView]
    errors: list[str]
    relevant: bool
    can_add: bool
    level: int = 1
    kind: str = "repeat"

    @property
    def id(self) -> str:
        return f"q-{self.name}"


Entry = QuestionView | NoteView | RepeatView


@dataclass(frozen=True)
class Step:
    """A relevant section on the way through the form. state: done, here, open."""

    key: str
    title: str
    number: int
    state: str


@dataclass(frozen=True)
class SectionPage:
    """Everything the template needs. `problems`: (id to link to, label, message); `live`: the data block of form.js."""

    key: str
    title: str
    intro: str
    entries: list[Entry]
    steps: list[Step]
    number: int
    takes_files: bool
    problems: list[tuple[str, str, str]]
    live: dict[str, Any] = field(repr=False)

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def is_first(self) -> bool:
        return self.number == 1

    @property
    def previous(self) -> str | None:
        return self.steps[self.number - 2].key if self.number > 1 else None

    @property
    def next(self) -> str | None:
        return self.steps[self.number].key if self.number < len(self.steps) else None

    @property
    def may_require(self) -> bool:
        """Return whether a question here is required, or would be after other answers."""
        return any(view.question.required for view in self.questions)

    @property
    def filled(self) -> list[QuestionView]:
        """Return the questions that are asked now and still have what is known about the person as their answers."""
        return [view for view in self.questions if view.known is not None and view.is_asked]

    @property
    def is_confirmed(self) -> bool:
        """Return whether somebody has said of all of these that they still hold."""
        return all(view.known is not None and view.known.is_confirmed for view in self.filled)

    def names(self) -> set[str]:
        """Return the form fields of all questions that are asked now."""
        return {view.name for view in self.questions if view.is_asked}

    @cached_property
    def questions(self) -> list[QuestionView]:
        """All questions, those in rows included."""
        return [view for _around, view in iter_entries(self.entries) if isinstance(view, QuestionView)]


def iter_entries(entries: list[Entry], around: str = "") -> Iterator[tuple[str, QuestionView | RepeatView]]:
    """Yield every question and group in page order, with the words for the rows around it ("Children 2: ")."""
    for entry in entries:
        if isinstance(entry, NoteView):
            continue
        yield around, entry
        if isinstance(entry, RepeatView):
            for row in entry.rows:
                yield from iter_entries(row.entries, f"{around}{entry.label} {row.number}: ")
