"""Receipt codes: what a person needs to come back and read the answer.

Four everyday words, easier to remember than to carry on paper: "mollë karrige ylber fener".

The lists (`data/words.*.txt`) are of our own making: things of every day, nothing that names anybody or says what this
site is about, no two of one list closer than two letters to each other. 1210 words in English and 1366 in Albanian give
41 bits with four of them (docs/adr/0072 says why that is enough: each guess costs work, counted over the whole site).
Only a keyed hash is stored, so a copy of the database opens nothing.

What is typed is read as it was meant: without ë and ç, with capitals or dashes, run together, with a letter wrong, left
out or swapped, or only the beginning of a word. Codes from before November 2026 (twelve letters and digits) stay good.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import product
from math import prod
from pathlib import Path

from access.languages import LANGUAGES
from vault.lasting import RECEIPTS, keyed_hash, keyed_hashes

WORDS = 4
MAX_TYPED_LENGTH = 120  # characters
MAX_MEANINGS = 16  # of one code that was typed with mistakes; each makes a guess that much easier
MIN_BEGINNING_LENGTH = 4

# Codes as they were until November 2026. Crockford's alphabet: no I, L, O or U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})
BETWEEN = " -–—_.\u00a0"


def code_from(secret: bytes, language: str) -> str:
    """Derive the code from the secret of one form being filled: sending it twice shows the same code twice."""
    words = word_list(language)
    # A label of its own for each use of the secret, so that no hash reveals another: the send key is stored.
    number = int.from_bytes(hashlib.sha256(b"receipt words\0" + secret).digest())
    chosen = []
    for _position in range(WORDS):
        number, index = divmod(number, len(words))
        chosen.append(words[index])
    return " ".join(chosen)


def get_shown_code(secret: bytes, language: str, stored_hash: str | None) -> str:
    """Return the code that was shown when this hash was stored: in words, or as codes were before."""
    code = code_from(secret, language)
    older = _older_code_from(secret)
    return older if stored_hash and stored_hash in compute_hashes(older) else code


def read(typed: str) -> tuple[str, ...]:
    """List the codes that somebody may have meant, the likeliest first; none when it can be none."""
    older = _older(typed)
    if older:
        return (older,)
    tokens = re.findall(r"[a-z]+", folded(typed[:MAX_TYPED_LENGTH]))
    meanings = [_meant(token) for token in tokens] if len(tokens) == WORDS else []
    if not meanings or not all(meanings):
        return tuple(_run_together("".join(tokens)))[:MAX_MEANINGS]
    # Refused rather than guessed: each further meaning makes a stranger's guess as much easier.
    if prod(len(words) for words in meanings) > MAX_MEANINGS:
        return ()
    return tuple(" ".join(words) for words in product(*meanings))


def compute_hash(code: str) -> str:
    """Compute the hash that is stored of a code.

    Under the newest of the receipts' own keys: they outlive the vault's.
    """
    return keyed_hash(RECEIPTS, _plain(code))


def compute_hashes(code: str) -> list[str]:
    """Compute the hashes that may be stored of a code, under each of the receipts' keys; the newest first."""
    return keyed_hashes(RECEIPTS, _plain(code))


@cache
def word_list(language: str) -> tuple[str, ...]:
    """Return the words of a language, spelled as one writes them. Their order is part of every code that was shown."""
    name = language if language in LANGUAGES else LANGUAGES[0]
    path = Path(__file__).parent / "data" / f"words.{name}.txt"
    return tuple(path.read_text(encoding="utf-8").split())


def folded(text: str) -> str:
    """Return small letters without marks: ë is e, ç is c."""
    split = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in split if not unicodedata.combining(letter))


@cache
def _known() -> frozenset[str]:
    return frozenset(folded(word) for language in LANGUAGES for word in word_list(language))


def _meant(token: str) -> list[str]:
    """List the words that a typed word may have been meant as.

    Itself, else those a letter away, else those that begin so.
    """
    if token in _known():
        return [token]
    # Over the words of all languages: the page may be read in another language than the code was shown in.
    near = sorted(word for word in _known() if one_letter_apart(word, token))
    if not near and len(token) >= MIN_BEGINNING_LENGTH:
        near = sorted(word for word in _known() if word.startswith(token))
    return near


def one_letter_apart(one: str, other: str) -> bool:
    """Return whether one letter is put in, left out, wrong, or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    # Only what comes after the first difference is compared: equal rests mean one letter of difference.
    start = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    # One is the beginning of the other, a letter shorter.
    if start is None:
        return True
    a, b = one[start:], other[start:]
    swapped = len(a) == len(b) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:]
    return swapped or a[1:] == b[1:] or a[1:] == b or a == b[1:]


def _run_together(letters: str, words: int = WORDS) -> Iterator[str]:
    """Yield every way to read letters without spaces as so many known words."""
    if words == 0:
        if not letters:
            yield ""
        return
    # No word of the lists is shorter than three letters.
    for end in range(3, len(letters) + 1):
        if letters[:end] in _known():
            for rest in _run_together(letters[end:], words - 1):
                yield f"{letters[:end]} {rest}".strip()


def _older_code_from(secret: bytes) -> str:
    number = int.from_bytes(hashlib.sha256(b"receipt code\0" + secret).digest())
    letters = []
    for _position in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)


def _older(typed: str) -> str | None:
    """Read a code of twelve letters and digits, as it may be misread from paper; None when it is none.

    Without any digit it is rather four short words.
    """
    letters = "".join(letter for letter in typed[:80].upper() if letter not in BETWEEN).translate(MEANT)
    fits = len(letters) == LENGTH and all(letter in ALPHABET for letter in letters)
    return letters if fits and any(letter.isdigit() for letter in typed) else None


def _plain(code: str) -> bytes:
    return b"signal receipt\0" + (folded(code) if " " in code else code).encode()
