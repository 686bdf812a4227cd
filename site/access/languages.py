"""The languages of the service, from settings.LANGUAGES. Code asks here and nowhere else."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils import translation

from .localized_text import localize_to

Texts = dict[str, str]  # one text in every language: {code: text}

LANGUAGES: tuple[str, ...] = tuple(code for code, _name in settings.LANGUAGES)  # the default language first
DEFAULT_LANGUAGE: str = LANGUAGES[0]
NATIVE_NAMES: dict[str, str] = dict(settings.WAGTAILADMIN_PERMITTED_LANGUAGES)  # what each language calls itself


def get_current_language() -> str:
    """Return the code of the active language, without a country; the default one where none is active."""
    return (translation.get_language() or DEFAULT_LANGUAGE).split("-")[0]


def in_each_language(words: Any, codes: Iterable[str] = LANGUAGES) -> Texts:
    """Return a lazily translated text in every language: {code: text}.

    `codes`: other languages, such as a form's; in one that isn't the service's own the text stands as it is written in
    the code, in English.
    """
    texts = {}
    for code in codes:
        # No active language at all: Django then gives back the text that was to be translated.
        with translation.override(code if code in LANGUAGES else None):
            texts[code] = str(words)
    return texts


def format_in_each_language(words: Any, **parts: str | int | Mapping[str, str]) -> Texts:
    """Fill the `{}` placeholders of a lazily translated text in every language. A part may be a text for each."""
    return {
        code: text.format(
            **{name: localize_to(part, code) if isinstance(part, Mapping) else part for name, part in parts.items()}
        )
        for code, text in in_each_language(words).items()
    }


def same_in_each_language(text: str) -> Texts:
    """Return a text that needs no translation (a name, a number, a code) for every language."""
    return dict.fromkeys(LANGUAGES, text)
