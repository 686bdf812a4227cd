"""The language in which a form is read. Forms have any number; the house itself speaks those of its settings.

What the form says (titles, questions, choices, its own messages) stands in the form's language; what the house says
(buttons, what is wrong with an answer) in the person's. `Said` texts carry the difference to the page.
"""

from collections.abc import Mapping
from typing import Any

from django.conf.locale import LANG_INFO

from case_forms.form_builder.sources import listed

from .models import Draft


def get_draft_language(draft: Draft) -> str:
    """The one that the filler picked, else their own when the form has it, else the form's first."""
    return language_among(draft.form_version.definition["languages"], draft.language, draft.owner.language)


def language_among(languages: list[str], *wanted: str) -> str:
    """The first wanted one that is among these, else the first of these."""
    return next((language for language in wanted if language in languages), languages[0])


def languages_to_pick(definition: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(code, its name in itself) of each language of a form."""
    return [(code, get_name(code)) for code in definition["languages"]]


def get_name(code: str) -> str:
    """A language's name in itself where we know it, else in Albanian, else its code."""
    known = LANG_INFO.get(code.lower(), {}) or LANG_INFO.get(code.split("-")[0], {})
    name = known.get("name_local", "")
    if not name:
        base = code.split("-")[0]
        entries = (entry for entry in listed("languages") if base in (entry["code"], entry.get("iso639_3")))
        name = next((entry["name"]["sq"] for entry in entries), code)
    return f"{name[:1].upper()}{name[1:]}"
