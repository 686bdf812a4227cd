"""Find what looks like a person's name in a text. It can't be certain, so people are asked, never refused."""

import json
import re
from functools import cache
from pathlib import Path

from .no_names import plain

NAMES = Path(__file__).parent.parent / "data" / "given_names.json"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# "called", "by the name of": a capitalised word after it is a name, known or not.
_CALLED = re.compile(r"\b(?:quhet|quhej|quajtur|quajnë|me emrin|emri|called|named|name is)\s*[:“\"(]?\s*([^\W\d_]\w+)")
# Endings that a given name takes in a sentence: Artën, Artës, Agimi, Agimit, Agimin, Lules, Besnikut.
_ENDINGS = (
    "",
    "a",
    "i",
    "u",
    "n",
    "s",
    "t",
    "it",
    "in",
    "ut",
    "un",
    "es",
    "ës",
    "en",
    "ën",
    "e",
    "ë",
    "je",
    "jes",
    "jen",
)
MAX_NAMED = 5


@cache
def given_names() -> frozenset[str]:
    """Return the given names usual in Albania, in lower case."""
    return frozenset(name.casefold() for name in json.loads(NAMES.read_text(encoding="utf-8"))["names"])


@cache
def _stems() -> frozenset[str]:
    return frozenset(_stem(name) for name in given_names())


def likely_names(text: str) -> list[str]:
    """Return the words that may name a person, as written, each once and at most five.

    A known given name with a capital, together with a capitalised word after it; and whatever follows "is called".
    """
    told = plain(text)
    words = list(_WORD.finditer(told))
    found: list[str] = []
    for position, match in enumerate(words):
        word = match.group()
        if not _has_capital(word) or not is_given_name(word):
            continue
        after = words[position + 1].group() if position + 1 < len(words) else ""
        joined = told[match.end() : words[position + 1].start()] == " " if after else False
        found.append(f"{word} {after}" if joined and _has_capital(after) else word)
    found += [match.group(1) for match in _CALLED.finditer(told) if _has_capital(match.group(1))]
    return list(dict.fromkeys(found))[:MAX_NAMED]


def is_given_name(word: str) -> bool:
    """Whether the word is a given name in any of its grammatical cases."""
    folded = word.casefold()
    if folded in given_names():
        return True
    return any(
        # Shorter stems fit too many ordinary words.
        len(folded) - len(ending) >= 3 and folded.endswith(ending) and folded[: len(folded) - len(ending)] in _stems()
        for ending in _ENDINGS
        if ending
    )


def _stem(name: str) -> str:
    """Drop the last vowel, as Albanian names do before an ending: Arta, Art-ës; Lule, Lul-es."""
    return name[:-1] if len(name) > 3 and name[-1] in "aëe" else name


def _has_capital(word: str) -> bool:
    return len(word) > 1 and word[0].isupper()
