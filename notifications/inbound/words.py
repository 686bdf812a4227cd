"""The words of an SMS that answers a notice: its code, and yes, no, or on the way with the minutes.

Forgiven: small letters, spaces and dashes of every kind in the code, accents, a full stop. Nothing is guessed: a letter
too many, another word behind, and it is no answer.
"""

import re
import unicodedata
from dataclasses import dataclass

from notifications.outbox.models import CODE_ALPHABET, ReplyKind

MAX_TOKENS = 12
CODE_LENGTH = 8
YES = ("PO", "YES")
NO = ("JO", "NO")
ON_THE_WAY = ("RRUGE", "WAY")
MINUTES = ("", "M", "MIN", "MINUTA", "MINUTES")
_TOKEN = re.compile(r"[0-9A-Z]+")
_MINUTES = re.compile(r"([0-9]{1,3})([A-Z]*)")


@dataclass(frozen=True)
class Said:
    """`code` as it is stored; `kind`: a ReplyKind; `minutes` as they were typed, "" where none were."""

    code: str
    kind: str
    minutes: str = ""


def read_answer(text: str) -> Said | None:
    """Return what this SMS answers; None for anything that isn't exactly that."""
    tokens = _split(text)
    code, words = _take_code(tokens)
    if not code:
        return None
    if len(words) == 1 and words[0] in YES:
        return Said(code, ReplyKind.ACCEPTED.value)
    if len(words) == 1 and words[0] in NO:
        return Said(code, ReplyKind.DECLINED.value)
    if words and words[0] in ON_THE_WAY:
        minutes = _read_minutes("".join(words[1:]))
        return None if minutes is None else Said(code, ReplyKind.ON_THE_WAY.value, minutes)
    return None


def _split(text: str) -> list[str]:
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text[:400]) if not unicodedata.combining(letter)
    ).upper()
    # A letter of another alphabet is no letter of a code, and doesn't silently fall away between two that are.
    if any(letter.isalnum() and not letter.isascii() for letter in plain):
        return []
    tokens = _TOKEN.findall(plain)
    return tokens if len(tokens) <= MAX_TOKENS else []


def _take_code(tokens: list[str]) -> tuple[str, list[str]]:
    """Return the code with which the SMS begins, however it was grouped, and the words behind it; "" for none."""
    letters = ""
    for number, token in enumerate(tokens, start=1):
        letters += token
        if len(letters) >= CODE_LENGTH:
            fits = len(letters) == CODE_LENGTH and all(letter in CODE_ALPHABET for letter in letters)
            return (f"{letters[:5]}-{letters[5:]}" if fits else "", tokens[number:])
    return "", []


def _read_minutes(text: str) -> str | None:
    if not text:
        return ""
    match = _MINUTES.fullmatch(text)
    return match[1] if match and match[2] in MINUTES else None
