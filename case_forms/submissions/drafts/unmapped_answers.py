"""Answers that didn't fit when a draft moved to a newer version of its form: stored sealed in the draft, to be read."""

import contextlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.models import localize
from case_forms.form_builder.definition import Form, Question, Repeat
from case_forms.form_builder.models import FormVersion
from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext

from ..models import Draft
from ..readable_answers import AnswerLine, build_line
from ..validation.validate import CheckContext

Path = tuple[str | int, ...]

GONE, ELSEWHERE, DOES_NOT_FIT, TOO_MANY = "gone", "elsewhere", "does_not_fit", "too_many"
REASONS: Mapping[str, str | Promise] = {
    GONE: _("This is no longer asked."),
    ELSEWHERE: _("This is now asked in another part: once, or for each entry of a list."),
    DOES_NOT_FIT: _("This answer doesn't fit the question as it is asked now."),
    TOO_MANY: _("Fewer entries can be given now."),
}


@dataclass(frozen=True)
class LeftOver:
    """An answer that doesn't fit: where it stood (("household", 0, "name")), why (a code), and which version asked.

    `version` is the primary key of the form version that asked.
    """

    path: Path
    value: Any = field(repr=False)
    why: str
    version: int

    def stored(self) -> dict[str, Any]:
        return {"path": list(self.path), "value": self.value, "why": self.why, "version": self.version}


@dataclass(frozen=True)
class LeftOverLine:
    """A left-over answer for people. `places` names the rows around it ("Children 2"), the outermost first."""

    places: list[str]
    line: AnswerLine = field(repr=False)
    why: str | Promise


def get_left_over(draft: Draft) -> list[LeftOver]:
    """Return what the draft's earlier moves left over."""
    return [
        LeftOver(tuple(entry["path"]), entry["value"], entry["why"], entry["version"])
        for entry in draft.left_over or ()
    ]


def files_left_over(draft: Draft) -> set[uuid.UUID]:
    """Return the files that left-over answers name: they stay as long as the answers do."""
    found = set()
    for left in get_left_over(draft):
        if isinstance(left.value, dict) and "id" in left.value:
            # stored as typed: what is no UUID names no file
            with contextlib.suppress(ValueError):
                found.add(uuid.UUID(str(left.value["id"])))
    return found


def in_words(left_over: Iterable[LeftOver], context: CheckContext) -> list[LeftOverLine]:
    """Return each answer in the words of the version that asked for it."""
    left_over = list(left_over)
    versions = FormVersion.objects.in_bulk({left.version for left in left_over})
    return [_in_words(left, versions[left.version].parsed_form, context) for left in left_over]


def _in_words(left: LeftOver, form: Form, context: CheckContext) -> LeftOverLine:
    *around, question = _along(left.path, form)
    rows = [step for step in left.path if isinstance(step, int)]
    return LeftOverLine(
        places=[
            f"{localize(repeat.label, context.language)} {row + 1}" for repeat, row in zip(around, rows, strict=True)
        ],
        line=_build_line(left.value, question, context),
        why=REASONS[left.why],
    )


def name_answer(path: Path, form: Form, language: str) -> str:
    """Name the question at a path, with the rows around it ("Children 2, Name"); "" where the form has none there."""
    try:
        *around, question = _along(path, form)
    except StopIteration:
        return ""
    rows = [step for step in path if isinstance(step, int)]
    places = [f"{localize(repeat.label, language)} {row + 1}" for repeat, row in zip(around, rows, strict=False)]
    return ", ".join([*places, localize(question.label, language)])


def _along(path: Path, form: Form) -> Iterator[Any]:
    """Yield the repeat groups along a path and the question at its end."""
    items = form.outer_items
    for step in path:
        if isinstance(step, str):
            item = next(item for item in items if item.key == step)
            yield item
            items = item.items if isinstance(item, Repeat) else ()


def _build_line(value: Any, question: Question, context: CheckContext) -> AnswerLine:
    """Show an answer as its question's type does; an invalid one as it was typed."""
    asked = CleanContext(
        context.sources, language=context.language, today=context.today, attachments=context.attachments
    )
    try:
        return build_line(question, registry.get(question.type).clean(value, question, asked), context)
    except AnswerError:
        typed = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return AnswerLine(localize(question.label, context.language), typed)
