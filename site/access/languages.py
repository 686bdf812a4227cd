"""The languages of the service, from settings.LANGUAGES. Code asks here and nowhere else."""

from typing import Any

from django.conf import settings
from django.utils import translation

LANGUAGES: tuple[str, ...] = tuple(code for code, _name in settings.LANGUAGES)  # the default language first
DEFAULT_LANGUAGE: str = LANGUAGES[0]
NATIVE_NAMES: dict[str, str] = dict(settings.WAGTAILADMIN_PERMITTED_LANGUAGES)  # what each language calls itself


def get_current_language() -> str:
    """Return the code of the active language, without a country; the default one where none is active."""
    return (translation.get_language() or DEFAULT_LANGUAGE).split("-")[0]


def in_each_language(words: Any) -> dict[str, str]:
    """Return a lazily translated text in every language: {code: text}."""
    texts = {}
    for code in LANGUAGES:
        with translation.override(code):
            texts[code] = str(words)
    return texts
