"""Validation of answers against a form version, in the order that docs/expressions.md defines.

1. A key that no question has is refused (strict) or dropped (lenient).
2. Sections and their items are taken in document order; a repeat's rows one after the other, repeats in a row too.
   A row in which nothing was typed is looked at and left out (lenient).
3. The section's relevance is evaluated on the answers accepted so far, then the item's. An answer to something
   irrelevant is refused (strict) or dropped (lenient).
4. A calculated question gets its value now; one that is sent is refused (strict) or ignored (lenient).
5. Unanswered: the default applies, else `initial` (lenient; for what nobody types, in both), unless it can't stand.
   What nobody types (read-only, hidden) and has a default or `initial` is that, whatever was given; a read-only answer
   sent otherwise is refused (strict).
6. The question type cleans the value; a choice that `choice_filter` leaves out is none.
7. Still unanswered, or answered in part: it may be required.
8. The constraint is evaluated with the cleaned value in scope.

Strict is for programs (the field API), lenient for people filling section by section. Each answer is looked at once, so
the time is linear in the form and the answers. An expression that can't be evaluated never lets an answer pass: the
question counts as relevant and required, the constraint as broken; it gives no value and offers no choice.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import translation

from access.languages import DEFAULT_LANGUAGE
from case_forms.form_builder.definition import AnyItem, Form, Section
from case_forms.questions.base import Attachments, ChoiceSource, is_unanswered

from .result import AnswerProblem, Answers, CheckContext, Checked, SectionState
from .validator import AnswerValidator, scope_at

__all__ = [
    "AnswerProblem",
    "Answers",
    "CheckContext",
    "Checked",
    "NothingToAsk",
    "SectionState",
    "check_answers",
    "check_section",
    "form_states",
    "is_unanswered",
    "relevant_items",
    "relevant_sections",
    "scope_at",
    "section_state",
]


def check_answers(
    form: Form,
    answers: Any,
    *,
    sources: ChoiceSource,
    today: date,
    occurred_on: date,
    language: str = DEFAULT_LANGUAGE,
    strict: bool = True,
    now: datetime | None = None,
    attachments: Attachments | None = None,
    known: Mapping[str, Any] | None = None,
) -> Checked:
    """Validate a whole form. `answers` may be any JSON value; nothing in it makes this raise."""
    context = CheckContext(
        sources, today, occurred_on, language, now=now, attachments=attachments, known=dict(known or {})
    )
    return _check(form, answers, context, strict=strict)


def relevant_sections(form: Form, answers: Answers, context: CheckContext) -> list[Section]:
    """Return the sections to fill, in order, on what has been answered so far."""
    checked = _check(form, answers, context, strict=False)
    return [state.section for state in checked.sections if state.relevant]


class NothingToAsk(Exception):
    """No section of this form version applies, so that nobody can fill it. `form` and `number` name the version."""

    def __init__(self, form: str, number: int) -> None:
        super().__init__(f"{form} v{number}")
        self.form = form
        self.number = number


def section_state(form: Form, section_key: str, answers: Answers, context: CheckContext) -> SectionState:
    """Return one section on the answers so far. Raises KeyError when the form has no such section."""
    checked = _check(form, answers, context, strict=False)
    for state in checked.sections:
        if state.key == section_key:
            return state
    raise KeyError(section_key)


def relevant_items(form: Form, section_key: str, answers: Answers, context: CheckContext) -> list[AnyItem]:
    """Return the questions, notes and repeats to show in this section now. Raises KeyError."""
    return section_state(form, section_key, answers, context).items


def check_section(form: Form, section_key: str, answers: Answers, context: CheckContext) -> Checked:
    """Validate one section leniently; `answers` are all of the form's so far. Return only its own answers and errors.

    Raises KeyError.
    """
    state = section_state(form, section_key, answers, context)
    return Checked(answers=state.answers, errors=state.errors, sections=[state])


def form_states(form: Form, answers: Any, context: CheckContext, *, strict: bool = False) -> Checked:
    """Validate the whole form: for the overview with its progress, and before and while it is submitted."""
    return _check(form, answers, context, strict=strict)


def _check(form: Form, answers: Any, context: CheckContext, *, strict: bool) -> Checked:
    # problems are the service's words, so in the reader's language, whatever the form's is
    with translation.override(context.service_language or context.language):
        return AnswerValidator(form, answers, context, strict=strict).run()
