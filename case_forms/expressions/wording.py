"""The words of sentences and of messages, by language, from the data files. {0}, {1}, {2} are filled in.

The files hold the languages in the same order, the default one first.
"""

import json
from collections.abc import Mapping
from pathlib import Path

Words = Mapping[str, Mapping[str, str]]  # {language: {name: words}}


def _load(name: str) -> Words:
    return json.loads((Path(__file__).parent / "data" / name).read_text(encoding="utf-8"))


# An expression read back: {0}, {1}, {2} are the arguments of an operator.
SENTENCES: Words = _load("sentences.json")
# What doesn't fit in an expression: {0} the variable, {1} its type, {2} what stands there.
TYPE_MESSAGES: Words = _load("type_messages.json")

DEFAULT_LANGUAGE = next(iter(SENTENCES))
LANGUAGES: tuple[str, ...] = tuple(sorted(SENTENCES))  # a test holds them to those of the settings, unknown here


def get_words(words: Words, language: str) -> Mapping[str, str]:
    """Return the words of this language, of the default one where there are none in it."""
    return words.get(language, words[DEFAULT_LANGUAGE])
