"""Texts in several languages: picking one, and knowing which one it became."""

from collections.abc import Mapping

FIRST = "sq"


class LocalizedText(str):
    """A text that knows its language. Pages mark it where it isn't the page's own (the filters `said` and `lang_of`).

    What is done to it (joined, cut, capitalised) makes a plain text of it, which pages take for their own language.
    """

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> "LocalizedText":
        made = super().__new__(cls, text)
        made.language = language
        return made


def localize_to(texts: Mapping[str, str], language: str) -> LocalizedText:
    """The text in this language, else in its plain form (en for en-GB), else in Albanian, else in any; "" of none."""
    for wanted in (language, language.split("-")[0], FIRST, *texts):
        if texts.get(wanted):
            return LocalizedText(texts[wanted], wanted)
    return LocalizedText("")
