"""Find what identifies one person in a free text, and refuse it.

Telephone numbers, e-mail addresses, profiles and numbers of identity documents are refused. A name can't be told from a
place for certain, so what looks like one is only asked about (`likely_names`).
"""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
_DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d\b")
_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@.]", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?:^|[\s(,;:])@\w{2,}|\b(?:facebook|fb|instagram|tiktok|snapchat|t|wa)\.(?:com|me)/", re.IGNORECASE
)
_PAPER = re.compile(r"\b[A-Z]\s?\d{8}\s?[A-Z]\b|\b[A-Z]{2}\s?\d{7}\b", re.IGNORECASE)
# With a country code, an area code, or as a mobile number without its zero; else eight digits in a row.
_PHONE = re.compile(r"(?:\+|\b0|\b6[6-9])(?:[\s()./-]{0,2}\d){6,}|\d{8,}")

GIVEN_NAMES = Path(__file__).parent.parent / "data" / "given_names.json"
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


def normalize_text(text: str) -> str:
    """Normalise look-alike digits and remove invisible characters, so that no number hides behind them."""
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE)


def find_details(text: str) -> list[str]:
    """Return what identifies one person in this text: some of email, profile, paper, phone."""
    plain = normalize_text(text)
    # A date or a span of years has as many digits as a telephone number.
    without_dates = _DATE.sub(" ", plain)
    found = {
        "email": _EMAIL.search(plain),
        "profile": _PROFILE.search(plain),
        "paper": _PAPER.search(without_dates),
        "phone": _PHONE.search(without_dates),
    }
    return [kind for kind, match in found.items() if match]


def without_details(text: str) -> None:
    """Refuse a text with such details. Raises ValidationError, which never repeats what was written."""
    words = {
        "email": _("Remove the e-mail address."),
        "profile": _("Remove the profile or user name."),
        "paper": _("Remove the number of the identity document."),
        "phone": _("Remove the telephone number."),
    }
    found = find_details(text)
    if found:
        why = _("Nothing that could identify a person is stored with a session.")
        raise ValidationError([*(ValidationError(words[kind], code=kind) for kind in found), why])


@cache
def load_given_names() -> frozenset[str]:
    """Return the given names usual in Albania, in lower case."""
    return frozenset(name.casefold() for name in json.loads(GIVEN_NAMES.read_text(encoding="utf-8"))["names"])


@cache
def _stems() -> frozenset[str]:
    return frozenset(_stem(name) for name in load_given_names())


def find_likely_names(text: str) -> list[str]:
    """Return the words that may name a person, as written, each once and at most five.

    A known given name with a capital, together with a capitalised word after it; and whatever follows "is called".
    """
    plain = normalize_text(text)
    words = list(_WORD.finditer(plain))
    found: list[str] = []
    for position, match in enumerate(words):
        word = match.group()
        if not _has_capital(word) or not is_given_name(word):
            continue
        after = words[position + 1].group() if position + 1 < len(words) else ""
        joined = plain[match.end() : words[position + 1].start()] == " " if after else False
        found.append(f"{word} {after}" if joined and _has_capital(after) else word)
    found += [match.group(1) for match in _CALLED.finditer(plain) if _has_capital(match.group(1))]
    return list(dict.fromkeys(found))[:MAX_NAMED]


def is_given_name(word: str) -> bool:
    """Whether the word is a given name in any of its grammatical cases."""
    folded = word.casefold()
    if folded in load_given_names():
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
