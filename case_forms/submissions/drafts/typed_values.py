"""What was typed in a section: read from the page's form fields as raw JSON values, kept in the draft as typed."""

from collections.abc import Mapping
from typing import Any

from case_forms.questions import registry
from case_forms.questions.base import Posted

from ..validation.validate import MAX_ROWS, Answers, is_typed, is_unanswered

Items = list[Mapping[str, Any]]


def typed_in(section: Mapping[str, Any], post: Posted) -> Answers:
    """What the section's form fields hold, as raw JSON values; unanswered questions are absent.

    A repeat's fields are `key-0-subkey`, those of a repeat in its rows `key-0-inner-1-subkey`; `key-count` and
    `key-0-inner-count` say how many rows the page had. Empty rows are left out. What nobody types isn't read.
    """
    return _typed(section["items"], post, "", "")


def merged(answers: Answers, section: Mapping[str, Any], typed: Answers) -> Answers:
    """The draft's answers with this section's replaced by what was typed; the rest, and what nobody types, stays."""
    own = {
        item["key"]
        for item in section["items"]
        if item["item"] == "repeat" or (item["item"] != "note" and is_typed(item))
    }
    return {**{key: value for key, value in answers.items() if key not in own}, **typed}


def without_row(post: Posted, section: Mapping[str, Any], row: str) -> Answers:
    """What was typed, without one row of a repeat. `row` is its name as the page's button sends it: key-0-inner-1."""
    return _typed(section["items"], post, "", row)


def _typed(items: Items, post: Posted, prefix: str, without: str) -> Answers:
    typed: Answers = {}
    for item in items:
        name = f"{prefix}{item['key']}"
        if item["item"] == "repeat":
            raw: Any = [row for row in typed_rows(item, post, name, without) if row]
        elif item["item"] == "question" and is_typed(item):
            raw = registry.get(item["type"]).from_post(post, name, dict(item))
        else:
            continue
        if not is_unanswered(raw):
            typed[item["key"]] = raw
    return typed


def typed_rows(repeat: Mapping[str, Any], post: Posted, name: str, without: str = "") -> list[Answers]:
    """The rows of a group as the page had them, empty ones too. `name`: its field; `without`: a row to leave out."""
    written = str(post.get(f"{name}-count") or "")
    given = int(written) if written.isascii() and written.isdigit() and len(written) < 4 else 0
    count = min(given, (repeat.get("max") or MAX_ROWS) + MAX_ROWS)
    return [
        _typed(repeat["items"], post, f"{name}-{index}-", without)
        for index in range(count)
        if f"{name}-{index}" != without
    ]
