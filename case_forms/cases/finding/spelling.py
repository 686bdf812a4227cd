"""Spellings of one name brought to one: how a name is folded, its sound, the parts of a name, a telephone number.

"Hoxha", "Hodja", "Hodža" and "Хоџа" fold to the same letters. The rules are data (`data/spelling.json`): `letters` of
other alphabets, `replacements` in their order, `sounds` of the folded letters, and `same_name`, names and their short
forms. Folding what is folded changes nothing.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

RULES = Path(__file__).parent / "data" / "spelling.json"
MAX_PARTS = 4  # of a name; what follows is left out
MAX_LENGTH = 200  # characters of a name that are looked at
MAX_ROUNDS = 10
VOWELS = frozenset("aeiou")
COUNTRY = "355"
BETWEEN_PARTS = re.compile(r"[^\w'’`]+|_", re.UNICODE)
MIN_PHONE_DIGITS = 7  # without the country; shorter ones are an office's or a helpline's
MAX_PHONE_DIGITS = 15


@dataclass(frozen=True)
class Spelling:
    """The rules, ready for use."""

    letters: dict[int, str]
    replacements: tuple[tuple[re.Pattern[str], str], ...]
    sounds: dict[str, str]
    vowel: str
    same_name: dict[str, str]


@lru_cache(maxsize=1)
def load_spelling() -> Spelling:
    """Read the rules, once for a process."""
    rules = json.loads(RULES.read_text(encoding="utf-8"))
    replacements = tuple((re.compile(pattern), to) for pattern, to in rules["replacements"])
    letters = str.maketrans(rules["letters"])
    same_name: dict[str, str] = {}
    for group in rules["same_name"]:
        folded = [_fold_letters(name, letters, replacements) for name in group]
        for name in folded:
            same_name.setdefault(name, same_name.get(folded[0], folded[0]))
    return Spelling(letters, replacements, rules["sounds"], rules["vowel_at_the_beginning"], same_name)


def split_name(name: str) -> list[str]:
    """Return the parts of a name as they are written, at most MAX_PARTS."""
    parts = (part.strip("'’`") for part in BETWEEN_PARTS.split(name[:MAX_LENGTH]))
    return [part for part in parts if part][:MAX_PARTS]


def fold_name(part: str) -> str:
    """Return the letters to which every spelling of this part of a name folds; "" when it holds none."""
    spelling = load_spelling()
    folded = _fold_letters(part, spelling.letters, spelling.replacements)
    return spelling.same_name.get(folded, folded)


def compute_sound(folded: str) -> str:
    """Return how a folded part sounds: its consonants, whether it begins with a vowel, and its syllables.

    "A" + "N" + "2" for "ana"; which vowel it is says nothing. "" for a part without consonants.
    """
    spelling = load_spelling()
    sounds, syllables, before = "", 0, ""
    for letter in folded:
        sound = spelling.sounds.get(letter, "")
        if sound and not sounds.endswith(sound):
            sounds += sound
        syllables += letter in VOWELS and before not in VOWELS
        before = letter
    first = spelling.vowel if folded[:1] in VOWELS else ""
    return f"{first}{sounds}{syllables}" if sounds else ""


def normalize_phone(number: str) -> str:
    """Return a number as +<country><number>, without a country an Albanian one; "" for what is no personal number."""
    text = number.strip()
    digits = "".join(str(unicodedata.digit(letter)) for letter in text if unicodedata.digit(letter, None) is not None)
    if text.startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00")
    elif not digits.startswith(COUNTRY):
        digits = COUNTRY + digits.lstrip("0") if digits.strip("0") else ""
    if digits.startswith(COUNTRY):
        # "+355 (0)69 ...": the zero is dialled inside the country only.
        digits = COUNTRY + digits.removeprefix(COUNTRY).lstrip("0")
    return f"+{digits}" if MIN_PHONE_DIGITS + len(COUNTRY) <= len(digits) <= MAX_PHONE_DIGITS else ""


def _fold_letters(part: str, letters: dict[int, str], replacements: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    text = _to_latin(part[:MAX_LENGTH], letters)
    # One round may bring letters together that the next one replaces: until nothing changes.
    for _round in range(MAX_ROUNDS):
        before = text
        for pattern, to in replacements:
            text = pattern.sub(to, text)
        if text == before:
            break
    return text


def _to_latin(part: str, letters: dict[int, str]) -> str:
    """Return lower-case Latin letters without accents; all else is left out."""
    lowered = unicodedata.normalize("NFKC", part).casefold().translate(letters)
    plain = unicodedata.normalize("NFKD", lowered)
    # Once more without accents: an accented Greek or Cyrillic letter is in the table without its accent.
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(letters)
    return "".join(letter for letter in bare if "a" <= letter <= "z")
