"""Typed values of a section: read from the page's form fields as raw JSON, stored in the draft as typed."""

from collections.abc import Iterable
from typing import Any, TypeGuard

from case_forms.form_builder.definition import AnyItem, Question, Repeat, Section
from case_forms.form_builder.definition.limits import DEFAULT_MAX_ROWS
from case_forms.questions import registry
from case_forms.questions.base import Posted

from ..validation.validate import Answers, is_unanswered


def typed_in(section: Section, post: Posted) -> Answers:
    """Read the section's form fields as raw JSON values; unanswered questions are absent.

    A repeat's fields are `key-0-subkey`, those of a repeat in its rows `key-0-inner-1-subkey`; `key-count` and
    `key-0-inner-count` say how many rows the page had. Empty rows are left out. What nobody types isn't read.
    """
    return _typed(section.items, post, "", "")


def merged(answers: Answers, section: Section, typed: Answers) -> Answers:
    """Replace this section's answers by what was typed; the rest, and what nobody types, stays."""
    own = {item.key for item in section.items if is_filled_in(item)}
    return {**{key: value for key, value in answers.items() if key not in own}, **typed}


def without_row(post: Posted, section: Section, row: str) -> Answers:
    """Read what was typed, without one row of a repeat. `row`: its name as the page's button has it: key-0-inner-1."""
    return _typed(section.items, post, "", row)


def is_filled_in(item: AnyItem) -> TypeGuard[Question | Repeat]:
    """Return whether people fill it in: a question that they are asked, or a group."""
    return isinstance(item, Repeat) or (isinstance(item, Question) and item.is_typed)


def _typed(items: Iterable[AnyItem], post: Posted, prefix: str, without: str) -> Answers:
    typed: Answers = {}
    for item in items:
        name = f"{prefix}{item.key}"
        if isinstance(item, Repeat):
            raw: Any = [row for row in typed_rows(item, post, name, without) if row]
        elif isinstance(item, Question) and item.is_typed:
            raw = registry.get(item.type).from_post(post, name, item)
        else:
            continue
        if not is_unanswered(raw):
            typed[item.key] = raw
    return typed


def typed_rows(repeat: Repeat, post: Posted, name: str, without: str = "") -> list[Answers]:
    """Read the rows of a group as the page had them, empty ones too. `name`: its field; `without`: a row to skip."""
    written = str(post.get(f"{name}-count") or "")
    given = int(written) if written.isascii() and written.isdigit() and len(written) < 4 else 0
    # more than allowed may be typed and is then reported; a bound stays, as the number comes from the request
    count = min(given, repeat.max + DEFAULT_MAX_ROWS)
    return [
        _typed(repeat.items, post, f"{name}-{index}-", without)
        for index in range(count)
        if f"{name}-{index}" != without
    ]
