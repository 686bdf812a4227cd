"""Seal and open one value: AES-256-GCM under the purpose's subkey, bound to table + column + row + version.

A sealed value reads `v2.<key id>.<version>.<base64url(nonce + ciphertext + tag)>`. The associated data makes a value
cut from one row and pasted into another unreadable. The version is the time of sealing, with a `+` when the row stood
there before: nobody can give an older value a newer version, so one that was put back is noticed by whoever remembers
the newest (`vault.witness`, docs/adr/0065). Values of format v1 (`v1.<key id>.<payload>`, under the key itself, without
a version) can still be read, and are written anew by `vault_rotate`.

What belongs to an owner with a data key of its own (a case, `vault.data_keys`) reads
`v3.<owner's id, hex>.<version>.<payload>`, and is bound to the owner besides. It opens without its row being asked, and
never again once the key is destroyed.
"""

import base64
import hashlib
import hmac
import os
import re
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag

from .keyring import CELLS, FINGERPRINTS, Key, load_key_ring

NONCE_BYTES = 12
FORM = "v2"
OWNER = re.compile(r"^[0-9a-f]{32}$")


class SealBroken(Exception):
    """A sealed value doesn't open: it was changed, moved to another row, or its key is wrong. Never holds content."""


class KeyDestroyed(SealBroken):
    """The key of this value's owner was destroyed: what was sealed under it is forgotten for good."""

    def __init__(self) -> None:
        super().__init__("its key was destroyed: it is forgotten")


class KeyMissing(SealBroken):
    """The key of this value's owner isn't where data keys are stored, and wasn't destroyed."""

    def __init__(self) -> None:
        super().__init__("the key of its owner is missing: restore VAULT_CASE_KEY_DIR")


@dataclass(frozen=True)
class Token:
    """A sealed value taken apart. `sealed_at`: microseconds since 1970, 0 for format v1. `again`: a rewritten row's.

    `owner`: whose data key sealed it (format v3), which has no key of the ring in `key_id`; None: the ring did.
    """

    form: str
    key_id: str
    version: str
    payload: str
    owner: UUID | None = None

    @property
    def sealed_at(self) -> int:
        return int(self.version.rstrip("+") or "0", 16)

    @property
    def again(self) -> bool:
        return self.version.endswith("+")


def get_place(table: str, column: str, row: Any) -> bytes:
    """Build the associated data of one cell."""
    return f"{table}/{column}/{row}".encode()


def seal(
    plain: bytes,
    place: bytes,
    *,
    purpose: str = CELLS,
    again: bool = False,
    after: int = 0,
    owner: UUID | None = None,
) -> str:
    """Seal these bytes for a place with the ring's first key, or with the data key of their owner.

    `again`: they take the place of an earlier value, sealed at `after` (0: not known); the version is newer than that
    one's, also where this machine's clock is behind. Raises KeyDestroyed, KeyMissing.
    """
    if owner is not None:
        return _seal_owned(plain, place, owner, _next_version(again, after))
    return seal_with(load_key_ring().primary, plain, place, purpose=purpose, again=again, after=after)


def seal_with(
    key: Key, plain: bytes, place: bytes, *, purpose: str = CELLS, again: bool = False, after: int = 0
) -> str:
    """Seal with a key of the ring that needn't be its first; otherwise as `seal`."""
    nonce, version = os.urandom(NONCE_BYTES), _next_version(again, after)
    body = nonce + key.cipher_for(purpose).encrypt(nonce, plain, _versioned(place, version))
    return f"v2.{key.id}.{version}.{base64.urlsafe_b64encode(body).decode()}"


def _next_version(again: bool, after: int) -> str:
    return f"{max(time.time_ns() // 1000, after + 1):x}{'+' if again else ''}"


def _seal_owned(plain: bytes, place: bytes, owner: UUID, version: str) -> str:
    from .data_keys import get_cipher  # which seals the keys themselves

    nonce = os.urandom(NONCE_BYTES)
    body = nonce + get_cipher(owner).encrypt(nonce, plain, _owned(place, owner, version))
    return f"v3.{owner.hex}.{version}.{base64.urlsafe_b64encode(body).decode()}"


def unseal(token: str, place: bytes, *, purpose: str = CELLS) -> bytes:
    """Return the plain bytes. Raises SealBroken (KeyDestroyed: forgotten), or KeyRingError when the key is gone."""
    parts = split_token(token)
    if parts.owner is not None:
        return _unseal_owned(parts, place, parts.owner)
    key = load_key_ring().get(parts.key_id)
    try:
        body = base64.urlsafe_b64decode(parts.payload)
        if parts.form == "v1":
            return key.cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], place)
        cipher = key.cipher_for(purpose)
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _versioned(place, parts.version))
    except (InvalidTag, ValueError):
        # Without its cause: the exception never holds content.
        raise SealBroken("a sealed value does not open at this place") from None


def _unseal_owned(parts: Token, place: bytes, owner: UUID) -> bytes:
    from .data_keys import get_cipher  # which seals the keys themselves

    cipher = get_cipher(owner)
    try:
        body = base64.urlsafe_b64decode(parts.payload)
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _owned(place, owner, parts.version))
    except (InvalidTag, ValueError):
        raise SealBroken("a sealed value does not open at this place") from None


def split_token(token: str) -> Token:
    """Split a sealed value into its parts. Raises SealBroken when it isn't one."""
    form, *rest = token.split(".")
    if form == "v1" and len(rest) == 2:
        return Token(form, rest[0], "", rest[1])
    if form == "v2" and len(rest) == 3 and _is_version(rest[1]):
        return Token(form, rest[0], rest[1], rest[2])
    if form == "v3" and len(rest) == 3 and OWNER.match(rest[0]) and _is_version(rest[1]):
        return Token(form, "", rest[1], rest[2], UUID(rest[0]))
    raise SealBroken("not a sealed value, or of an unknown format")


def _is_version(text: str) -> bool:
    digits = text.removesuffix("+")
    return 0 < len(digits) <= 16 and all(letter in "0123456789abcdef" for letter in digits)


def _owned(place: bytes, owner: UUID, version: str) -> bytes:
    return _versioned(place + b"\0" + owner.hex.encode(), version)


def _versioned(place: bytes, version: str) -> bytes:
    return place + b"\0" + version.encode()


# ---- keyed hashes that are compared within days, while the ring's keys stay; for others see `vault.lasting`

NEW_FORM = ".2"  # after the key id: made with the subkey of this purpose


def fingerprint(plain: bytes, *, key_id: str | None = None) -> str:
    """Return a keyed hash to compare contents without opening them: `<key id>.2:<hex>`.

    Compare with `same_content`, which uses the key that made the stored fingerprint.
    """
    ring = load_key_ring()
    key = ring.get(key_id) if key_id else ring.primary
    return f"{key.id}{NEW_FORM}:{hmac.new(key.subkey(FINGERPRINTS), plain, hashlib.sha256).hexdigest()}"


def same_content(plain: bytes, stored_fingerprint: str) -> bool:
    """Tell whether the fingerprint is this content's. Raises KeyRingError when the key that made it is gone."""
    key_id = stored_fingerprint.partition(":")[0]
    if key_id.endswith(NEW_FORM):
        expected = fingerprint(plain, key_id=key_id.removesuffix(NEW_FORM))
    else:
        expected = old_fingerprint(plain, load_key_ring().get(key_id))
    return hmac.compare_digest(expected, stored_fingerprint)


def old_fingerprint(plain: bytes, key: Key) -> str:
    """Compute a fingerprint as before purposes had keys of their own: `<key id>:<hex>`."""
    return f"{key.id}:{hmac.new(key.fingerprint_secret(), plain, hashlib.sha256).hexdigest()}"
