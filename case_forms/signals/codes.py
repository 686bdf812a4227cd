"""Receipt codes: what a person writes down to come back and read the answer. Twelve letters and digits, in fours.

Crockford's alphabet: no I, L, O or U, so that nothing is misread from paper; what is typed wrongly that way is read as
it was meant. 60 bits: with a thousand signals open, a hundred tries a second for a year hit none with a chance of
1 : 360 000. Only a keyed hash is kept, so a copy of the database opens nothing.
"""

import hashlib

from vault.lasting import RECEIPTS, keyed_hash, keyed_hashes

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 12, 4
MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})
BETWEEN = " -–—_.\u00a0"


def code_from(secret: bytes) -> str:
    """The code that belongs to a secret of one form being filled: sending it twice shows the same code twice."""
    number = int.from_bytes(hashlib.sha256(b"receipt code\0" + secret).digest())
    letters = []
    for _position in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)


def written(code: str) -> str:
    """As it is shown: 7K2M-9QXB-4D0T."""
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read(typed: str) -> str | None:
    """The code that somebody typed, however they typed it; None when it can be none."""
    letters = "".join(letter for letter in typed[:80].upper() if letter not in BETWEEN).translate(MEANT)
    return letters if len(letters) == LENGTH and all(letter in ALPHABET for letter in letters) else None


def hash_of(code: str) -> str:
    """What is kept of a code, under the newest of the receipts' own keys: they outlive the vault's."""
    return keyed_hash(RECEIPTS, _plain(code))


def hashes_of(code: str) -> list[str]:
    """What may be kept of it, under each of the receipts' keys; the newest first."""
    return keyed_hashes(RECEIPTS, _plain(code))


def _plain(code: str) -> bytes:
    return b"signal receipt\0" + code.encode()
