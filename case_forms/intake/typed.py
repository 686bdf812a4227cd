"""What was typed in a section: read from the page's form fields as raw JSON values, kept in the draft as typed."""

from collections.abc import Mapping
from typing import Any

from case_forms.questions import registry
from case_forms.questions.base import Posted

from .checking import MOST_ROWS, Answers, is_unanswered


def typed_in(section: Mapping[str, Any], post: Posted) -> Answers:
    """What the section's form fields hold, as raw JSON values; unanswered questions are absent.

    A repeat's fields are `key-0-subkey`; `key-count` says how many rows the page had. Empty rows are left out.
    """
    typed: Answers = {}
    for item in section["items"]:
        if item["item"] == "question":
            raw = _raw(item, post, item["key"])
        elif item["item"] == "repeat":
            raw = [row for row in _typed_rows(item, post) if row]
        else:
            continue
        if not is_unanswered(raw):
            typed[item["key"]] = raw
    return typed


def merged(answers: Answers, section: Mapping[str, Any], typed: Answers) -> Answers:
    """The draft's answers with this section's replaced by what was typed; the other sections stay."""
    own = {item["key"] for item in section["items"] if item["item"] != "note"}
    return {**{key: value for key, value in answers.items() if key not in own}, **typed}


def without_row(post: Posted, section: Mapping[str, Any], row: str) -> Answers:
    """What was typed, without one row of a repeat. `row` is "key-index" as the page's button sends it."""
    key, _dash, index = row.rpartition("-")
    typed = typed_in(section, post)
    for item in section["items"]:
        if item["item"] == "repeat" and item["key"] == key and index.isdigit():
            rows = [kept for number, kept in enumerate(_typed_rows(item, post)) if kept and number != int(index)]
            typed.pop(key, None)
            if rows:
                typed[key] = rows
    return typed


def _typed_rows(repeat: Mapping[str, Any], post: Posted) -> list[Answers]:
    written = str(post.get(f"{repeat['key']}-count") or "")
    count = min(int(written), MOST_ROWS * 2) if written.isascii() and written.isdigit() and len(written) < 4 else 0
    rows = []
    for index in range(count):
        row = {}
        for item in repeat["items"]:
            if item["item"] == "question":
                raw = _raw(item, post, f"{repeat['key']}-{index}-{item['key']}")
                if not is_unanswered(raw):
                    row[item["key"]] = raw
        rows.append(row)
    return rows


def _raw(question: Mapping[str, Any], post: Posted, name: str) -> Any:
    return registry.get(question["type"]).from_post(post, name, dict(question))
