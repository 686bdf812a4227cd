"""The languages of the service, from settings.LANGUAGES, and texts in several of them. Code asks here, nowhere else."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import to_locale

Texts = dict[str, str]  # one text in every language: {code: text}

LANGUAGES: tuple[str, ...] = tuple(code for code, _name in settings.LANGUAGES)  # the default language first
DEFAULT_LANGUAGE: str = LANGUAGES[0]
# Those that the service itself speaks: there is a catalogue of its own texts. What people write must be in each of
# them; in a language that is only in the settings, readers get the default language's words until somebody translates.
SPOKEN_LANGUAGES: tuple[str, ...] = tuple(
    code for code in LANGUAGES if any(Path(folder, to_locale(code)).is_dir() for folder in settings.LOCALE_PATHS)
)
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


class LocalizedText(str):
    """A string that knows its language. Templates mark it where it isn't the page's own (filters `said` and `lang_of`).

    Joining, cutting or capitalising it gives a plain string, which pages take for their own language.
    """

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> "LocalizedText":
        made = super().__new__(cls, text)
        made.language = language
        return made


def localize_to(texts: Mapping[str, str], language: str) -> LocalizedText:
    """Return the text in this language, its base form (en for en-GB), the default language or any; "" of none."""
    for wanted in (language, language.split("-")[0], DEFAULT_LANGUAGE, *texts):
        if texts.get(wanted):
            return LocalizedText(texts[wanted], wanted)
    return LocalizedText("")


def localize(texts: dict[str, str], language: str | None = None) -> LocalizedText:
    """Return the text in this (or the active) language, else the default one, else any. `texts`: {code: text}."""
    return localize_to(texts, language or translation.get_language() or DEFAULT_LANGUAGE)


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
