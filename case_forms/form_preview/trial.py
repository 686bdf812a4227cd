"""The editor's request to try a form: the definition as it stands, and what was typed in its sections."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.datastructures import MultiValueDict

OCCURRED = "_occurred_at"
REVIEW = "_review"  # no section has this key
Fields = MultiValueDict[str, str]


class NotATrial(Exception):
    """The body isn't what the editor sends."""


@dataclass(frozen=True)
class Trial:
    """A form to try.

    `fields` are the form fields of each section that has been shown, by its key; `press` is the button that was
    pressed: ("go", "next"), ("add", "people"), ("remove", "people-0"), or ("", "") when something was typed.
    """

    definition: Any = field(repr=False)
    language: str
    section: str
    fields: dict[str, Fields] = field(repr=False)
    press: tuple[str, str]

    @property
    def occurred_on(self) -> date:
        """Return the day on which it happened, as typed; today when that is no day."""
        for typed in self.fields.values():
            try:
                return date.fromisoformat((typed.get(OCCURRED) or "")[:10])
            except ValueError:
                continue
        return timezone.localdate()


def trial_from(body: bytes) -> Trial:
    """Parse the editor's request. Raises NotATrial.

    {"definition", "language", "section", "fields": {section: [[name, value], ...]}, "press": [name, value]}.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):  # json recurses into nested lists
        raise NotATrial from None
    if not isinstance(sent, dict) or "definition" not in sent:
        raise NotATrial
    fields = sent.get("fields")
    press = sent.get("press")
    return Trial(
        definition=sent["definition"],
        language=_text(sent.get("language")),
        section=_text(sent.get("section")),
        fields={key: _fields(pairs) for key, pairs in fields.items()} if isinstance(fields, dict) else {},
        press=(_text(press[0]), _text(press[1])) if isinstance(press, list) and len(press) == 2 else ("", ""),
    )


def _fields(pairs: Any) -> Fields:
    typed: Fields = MultiValueDict()
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
            typed.appendlist(*pair)
    return typed


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
