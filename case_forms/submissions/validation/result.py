"""Input of validation beside the form, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from access.languages import DEFAULT_LANGUAGE
from case_forms.form_builder.definition import AnyItem, Section
from case_forms.questions.base import Attachments, ChoiceSource

Answers = dict[str, Any]


@dataclass(frozen=True)
class AnswerProblem:
    """An answer to correct. `path`: a JSON pointer such as /answers/persons/0/age; no field holds what was answered."""

    path: str
    code: str
    message: str


@dataclass(frozen=True)
class CheckContext:
    """What answers are validated against besides the form. Dates are calendar days in Albania.

    `language` is the form's; the service's messages about answers are in `service_language`, the same unless given.
    `now` is the moment of validation unless given. Without `attachments` no file can be named. `known`: what conditions
    may read of what is known about the person of the case, by fact (`submissions.known`).
    """

    sources: ChoiceSource
    today: date
    occurred_on: date
    language: str = DEFAULT_LANGUAGE
    service_language: str = ""
    now: datetime | None = None
    attachments: Attachments | None = None
    known: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class SectionState:
    """A section as it stands. `items`: what is relevant now.

    By the name of its form field (`household`, `household-0-children`, `household-0-children-1-age`):
    row_items: what is relevant in each row of a repeat; worked_out: computed values that nobody typed (defaults,
    `initial`, calculations).
    """

    section: Section
    relevant: bool = True
    items: list[AnyItem] = field(default_factory=list)
    row_items: dict[str, list[list[AnyItem]]] = field(default_factory=dict)
    worked_out: Answers = field(default_factory=dict, repr=False)
    answers: Answers = field(default_factory=dict, repr=False)
    errors: list[AnswerProblem] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.section.key

    @property
    def is_complete(self) -> bool:
        return not self.errors


@dataclass
class Checked:
    """Cleaned answers of what is relevant, and all problems, in document order."""

    answers: Answers = field(default_factory=dict, repr=False)
    errors: list[AnswerProblem] = field(default_factory=list)
    sections: list[SectionState] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.errors
