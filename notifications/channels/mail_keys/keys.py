"""One public key as it is read, checked, stored and encrypted to; and why one can't be used.

What somebody pastes is hostile until it was read. A private key is recognised before anything else is done with it, and
no error quotes what was pasted.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_KEY_BYTES = 64 * 1024  # a key with a picture or many strangers' signatures is longer, and can be exported without


class KeyKind(StrEnum):
    OPENPGP = "openpgp"
    SMIME = "smime"


class Problem(StrEnum):
    """Why a key can't be used. The first five are found while it is read, the others each time it is looked at."""

    PRIVATE = "private"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    SEVERAL = "several"
    NOT_RSA = "not_rsa"  # a certificate: cryptography's envelopes, and most programs, know RSA only
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    REVOKED = "revoked"
    TOO_WEAK = "too_weak"
    NO_ENCRYPTION = "no_encryption"


@dataclass(frozen=True)
class MailKey:
    """A public key. `text`: armoured or PEM, without anything private. `fingerprint`: hex, lower case.

    `addresses`: the e-mail addresses that it names. `expires_at`: when it can't be encrypted to any more; None: never.
    """

    kind: KeyKind
    fingerprint: str
    addresses: tuple[str, ...]
    expires_at: datetime | None
    text: str


class BadKey(Exception):
    """Raised where a key can't be used; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def group_fingerprint(fingerprint: str) -> str:
    """Write a fingerprint in groups of four, as it is read out on the telephone."""
    letters = fingerprint.upper()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))
