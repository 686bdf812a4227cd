"""The shape of a definition: which properties each part has and of what kind they are (docs/form-definition.md).

A working copy may be half-built: a blank label, a choice without a value, a bad key are for `checker` to name.
What has the right shape can be kept, walked through and compared.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from .brief_parts import PART_KEYS
from .shape_checks import (
    Check,
    Problem,
    Properties,
    by_name,
    condition,
    is_clean,
    is_plain,
    language,
    list_of,
    name,
    one_of,
    only_false,
    only_true,
    part,
    plain_json,
    pointer,
    sharing,
    text,
    texts,
    whole,
)

__all__ = ["Problem", "is_clean", "is_plain", "pointer", "shape_problems"]

FORMAT = 1
AUDIENCES = ("staff", "public")  # who fills it: see `audience`
KINDS = ("identification", "consent", "assessment", "referral", "outreach", "tip", "report", "session")
SENSITIVITIES = ("public", "internal", "personal", "special")
LANGUAGES = ("sq", "en")  # those that the screens have names for; a form may have any other
RESULTS = ("text", "integer", "decimal", "date", "boolean")
FILE_KINDS = ("image", "pdf")
MAX_LANGUAGES, MAX_SECTIONS, MAX_ITEMS, MAX_QUESTIONS = 20, 60, 300, 1_000
MAX_CHOICES, MAX_LISTS, MAX_ATTRIBUTES, MAX_ROWS, MAX_MATRIX_ROWS = 1_000, 60, 10, 100, 60
MAX_WARNINGS = 60
LONGEST_KEPT = 600  # months
REPEAT_LEVELS = 2


def shape_problems(definition: Any) -> list[Problem]:
    """Problems of shape alone. When there are none, every property read elsewhere is there and of its kind."""
    found = list(part(FORM)(definition, ""))
    if not found and _count(definition) > MAX_QUESTIONS:
        too_many = _("A form has at most %(count)s questions.") % {"count": MAX_QUESTIONS}
        found.append(Problem("/sections", "too_many", too_many))
    return found


def _count(definition: dict[str, Any]) -> int:
    def within(items: list[dict[str, Any]]) -> int:
        return sum(within(item["items"]) + 1 if item["item"] == "repeat" else 1 for item in items)

    return sum(within(section["items"]) for section in definition["sections"])


def _item(level: int) -> Check:
    """An item in a section (level 0) or in a repeat group of this level."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        kinds = _kinds(level)
        kind = value.get("item") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in kinds:
            yield from part(kinds[kind])(value, path)
        elif kind == "repeat":
            too_deep = _("Repeat groups can be nested two levels deep, not deeper.")
            yield Problem(f"{path}/item", "unknown_item", too_deep)
        else:
            words = _("This must be one of: %(values)s.") % {"values": ", ".join(kinds)}
            yield Problem(f"{path}/item", "unknown_item", words)

    return check


CHOICE: Properties = {
    "value": (False, text),
    "label": (True, texts),
    "exclusive": (False, only_true),
    "with": (False, by_name(text, MAX_ATTRIBUTES)),
}
LIST: Properties = {"title": (False, texts), "choices": (True, list_of(part(CHOICE), MAX_CHOICES))}
MATRIX_ROW: Properties = {"value": (False, text), "label": (True, texts)}
CONSTRAINT: Properties = {"expr": (True, condition), "message": (True, texts)}
QUESTION: Properties = {
    "item": (True, one_of("question")),
    "key": (True, name),
    "type": (True, name),
    "label": (True, texts),
    "recipient_label": (False, texts),
    "hint": (False, texts),
    "required": (False, condition),
    "relevant": (False, condition),
    "constraint": (False, part(CONSTRAINT)),
    "default": (False, plain_json),
    "initial": (False, plain_json),
    "read_only": (False, only_true),
    "sensitivity": (False, one_of(*SENSITIVITIES)),
    "shared_with": (False, sharing),
    "paper": (False, only_false),
    "brief_part": (False, one_of(*PART_KEYS)),
    "keep_for": (False, whole(1, LONGEST_KEPT)),
    "appearance": (False, name),
    "choices": (False, list_of(part(CHOICE), MAX_CHOICES)),
    "choices_from": (False, name),
    "list": (False, name),
    "choice_filter": (False, condition),
    "rows": (False, list_of(part(MATRIX_ROW), MAX_MATRIX_ROWS)),
    "of": (False, name),
    "min": (False, plain_json),
    "max": (False, plain_json),
    "step": (False, plain_json),
    "low_label": (False, texts),
    "high_label": (False, texts),
    "max_length": (False, whole(1, 20_000)),
    "calculation": (False, plain_json),
    "result": (False, one_of(*RESULTS)),
    "coarsen": (False, one_of("municipality")),
    "accept": (False, list_of(one_of(*FILE_KINDS), len(FILE_KINDS))),
}
NOTE: Properties = {
    "item": (True, one_of("note")),
    "key": (True, name),
    "text": (True, texts),
    "relevant": (False, condition),
}


@cache
def _kinds(level: int) -> Mapping[str, Properties]:
    repeat = {"repeat": _repeat(level)} if level < REPEAT_LEVELS else {}
    return {"question": QUESTION, "note": NOTE, **repeat}


def _repeat(level: int) -> Properties:
    return {
        "item": (True, one_of("repeat")),
        "key": (True, name),
        "label": (True, texts),
        "hint": (False, texts),
        "min": (False, whole(0, MAX_ROWS)),
        "max": (False, whole(1, MAX_ROWS)),
        "relevant": (False, condition),
        "items": (True, list_of(_item(level + 1), MAX_ITEMS)),
    }


SECTION: Properties = {
    "key": (True, name),
    "title": (True, texts),
    "recipient_title": (False, texts),
    "intro": (False, texts),
    "relevant": (False, condition),
    "items": (True, list_of(_item(0), MAX_ITEMS)),
}
# asked about before sending: right perhaps, and confirmed by whoever sends
WARNING: Properties = {
    "key": (True, name),
    "when": (True, condition),
    "message": (True, texts),
    "question": (False, name),
}
WARNINGS = list_of(part(WARNING), MAX_WARNINGS)
FORM: Properties = {
    "format": (True, one_of(FORMAT)),
    "key": (True, name),
    "kind": (True, one_of(*KINDS)),
    "audience": (False, one_of(*AUDIENCES)),
    "title": (True, texts),
    "intro": (False, texts),
    "languages": (True, list_of(language, MAX_LANGUAGES)),
    "lists": (False, by_name(part(LIST), MAX_LISTS)),
    "sections": (True, list_of(part(SECTION), MAX_SECTIONS)),
    "warnings": (False, WARNINGS),
}
