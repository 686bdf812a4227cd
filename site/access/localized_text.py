"""Texts in several languages: pick one, and know which language it is in."""

from collections.abc import Mapping

from django.conf import settings


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
    for wanted in (language, language.split("-")[0], settings.LANGUAGE_CODE, *texts):
        if texts.get(wanted):
            return LocalizedText(texts[wanted], wanted)
    return LocalizedText("")
