"""The key ring: which keys open sealed values, and which one seals new ones.

`VAULT_KEYS` is a list of `id:base64(32 bytes)`. The first key seals; every key opens. To rotate, put a new key first,
restart, and run `manage.py vault_rotate`; when it reports nothing left, the old key can go.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_ID = re.compile(r"^[A-Za-z0-9_-]{1,24}$")


class KeyRingError(Exception):
    """VAULT_KEYS can't be used. The text names the entry by its position or id, never its value."""


@dataclass(frozen=True, repr=False)
class Key:
    id: str
    secret: bytes

    @property
    def cipher(self) -> AESGCM:
        return AESGCM(self.secret)

    def fingerprint_secret(self) -> bytes:
        return hmac.new(self.secret, b"vault fingerprint", hashlib.sha256).digest()

    def __repr__(self) -> str:
        return f"<Key {self.id}>"


@dataclass(frozen=True)
class KeyRing:
    keys: tuple[Key, ...]

    @property
    def primary(self) -> Key:
        return self.keys[0]

    def get(self, key_id: str) -> Key:
        """The key with this id. Raises KeyRingError when it isn't on the ring."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise KeyRingError(f"no key {key_id!r} on the ring: was it removed before vault_rotate finished?")


@lru_cache(maxsize=4)
def _parse(entries: tuple[str, ...]) -> KeyRing:
    keys = []
    for position, entry in enumerate(entries, start=1):
        key_id, separator, encoded = entry.partition(":")
        if not separator or not KEY_ID.match(key_id):
            raise KeyRingError(f"VAULT_KEYS entry {position} is not of the form id:base64")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise KeyRingError(f"VAULT_KEYS entry {key_id!r} is not base64") from None
        if len(secret) != 32:
            raise KeyRingError(f"VAULT_KEYS entry {key_id!r} has {len(secret)} bytes; 32 are needed")
        keys.append(Key(key_id, secret))
    if not keys:
        raise KeyRingError("VAULT_KEYS is empty: sealed fields can't be written or read")
    if len({key.id for key in keys}) != len(keys):
        raise KeyRingError("VAULT_KEYS names one key id twice")
    return KeyRing(tuple(keys))


def load_key_ring() -> KeyRing:
    """The ring of the running settings. Raises KeyRingError."""
    return _parse(tuple(settings.VAULT_KEYS))
