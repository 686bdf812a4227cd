"""What a section's page is made of: questions, notes, repeats with their rows, and the steps through the form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from access.models import in_language


@dataclass(frozen=True)
class QuestionView:
    """One question as the page shows it. `name` is its form field, `id` where labels and the error summary point."""

    question: Mapping[str, Any]
    name: str
    value: Any = field(repr=False)
    errors: list[str]
    choices: list[tuple[str, str]]
    language: str
    required: bool
    relevant: bool
    kind: str = "question"

    @property
    def id(self) -> str:
        return f"q-{self.name}"

    @property
    def label(self) -> str:
        return in_language(self.question["label"], self.language)


@dataclass(frozen=True)
class NoteView:
    name: str
    text: str
    relevant: bool
    kind: str = "note"


@dataclass(frozen=True)
class RowView:
    index: int
    entries: "list[QuestionView | NoteView]"

    @property
    def number(self) -> int:
        return self.index + 1


@dataclass(frozen=True)
class RepeatView:
    name: str
    label: str
    hint: str
    rows: list[RowView]
    errors: list[str]
    relevant: bool
    can_add: bool
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
    """Everything the template needs. `problems` are (id to link to, label, message); `live` is form.js's data block."""

    key: str
    title: str
    intro: str
    entries: list[Entry]
    steps: list[Step]
    number: int
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

    def names(self) -> set[str]:
        """The form fields of all questions that apply now."""
        return {view.name for view in self.questions() if view.relevant}

    def questions(self) -> Iterator[QuestionView]:
        for entry in self.entries:
            if isinstance(entry, QuestionView):
                yield entry
            elif isinstance(entry, RepeatView):
                for row in entry.rows:
                    yield from (view for view in row.entries if isinstance(view, QuestionView))
