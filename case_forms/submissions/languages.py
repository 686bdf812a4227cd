"""The language in which a form is read. Forms have any number of them; the service itself has those of its settings.

What the form says (titles, questions, choices, its own messages) is in the form's language; what the service says
(buttons, what is wrong with an answer) in the person's. `LocalizedText` carries the difference to the page.
"""

from collections.abc import Sequence

from django.conf.locale import LANG_INFO

from access.languages import DEFAULT_LANGUAGE
from case_forms.form_builder.definition import Form
from case_forms.form_builder.sources import listed

from .models import Draft


def get_draft_language(draft: Draft) -> str:
    """Return the language that the filler picked, else their own when the form has it, else the form's first."""
    return language_among(draft.form_version.parsed_form.languages, draft.language, draft.owner.language)


def language_among(languages: Sequence[str], *wanted: str) -> str:
    """Return the first wanted one that is among these, else the first of these."""
    return next((language for language in wanted if language in languages), languages[0])


def languages_to_pick(form: Form) -> list[tuple[str, str]]:
    """Return (code, its name in itself) of each language of a form."""
    return [(code, get_name(code)) for code in form.languages]


def get_name(code: str) -> str:
    """Return a language's name in itself where it is known, else in Albanian, else its code."""
    known = LANG_INFO.get(code.lower(), {}) or LANG_INFO.get(code.split("-")[0], {})
    name = known.get("name_local", "")
    if not name:
        base = code.split("-")[0]
        entries = (entry for entry in listed("languages") if base in (entry["code"], entry.get("iso639_3")))
        name = next((entry["name"][DEFAULT_LANGUAGE] for entry in entries), code)
    return f"{name[:1].upper()}{name[1:]}"
