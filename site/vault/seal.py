"""Sealing and opening one value: AES-256-GCM, key id in the value, bound to table + column + row.

A sealed value reads `v1.<key id>.<base64url(nonce + ciphertext + tag)>`. The associated data makes a value cut from one
row and pasted into another unreadable.
"""

import base64
import hashlib
import hmac
import os
from typing import Any

from cryptography.exceptions import InvalidTag

from .keyring import Key, load_key_ring

NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed value doesn't open: it was changed, moved to another row, or its key is wrong. Never holds content."""


def place_of(table: str, column: str, row: Any) -> bytes:
    """The associated data of one cell."""
    return f"{table}/{column}/{row}".encode()


def seal(plain: bytes, place: bytes) -> str:
    return seal_with(load_key_ring().primary, plain, place)


def seal_with(key: Key, plain: bytes, place: bytes) -> str:
    """As `seal`, by a key of the ring that needn't be its first."""
    nonce = os.urandom(NONCE_BYTES)
    body = nonce + key.cipher.encrypt(nonce, plain, place)
    return f"v1.{key.id}.{base64.urlsafe_b64encode(body).decode()}"


def unseal(token: str, place: bytes) -> bytes:
    """The plain bytes. Raises SealBroken, or KeyRingError when the key is gone."""
    version, key_id, encoded = split_token(token)
    if version != "v1":
        raise SealBroken(f"unknown seal version {version!r}")
    key = load_key_ring().get(key_id)
    try:
        body = base64.urlsafe_b64decode(encoded)
        return key.cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise SealBroken("a sealed value does not open at this place") from None


def split_token(token: str) -> tuple[str, str, str]:
    """(version, key id, payload). Raises SealBroken when it isn't a sealed value."""
    parts = token.split(".", 2)
    if len(parts) != 3:
        raise SealBroken("not a sealed value")
    return parts[0], parts[1], parts[2]


def fingerprint(plain: bytes, *, key_id: str | None = None) -> str:
    """A keyed hash to compare contents without opening them: `<key id>:<hex>`.

    Compare with `same_content`, which uses the key that made the stored fingerprint.
    """
    ring = load_key_ring()
    key = ring.get(key_id) if key_id else ring.primary
    return f"{key.id}:{hmac.new(key.fingerprint_secret(), plain, hashlib.sha256).hexdigest()}"


def same_content(plain: bytes, stored_fingerprint: str) -> bool:
    key_id = stored_fingerprint.partition(":")[0]
    return hmac.compare_digest(fingerprint(plain, key_id=key_id), stored_fingerprint)
