"""The key ring: all keys open sealed values, the first one seals new ones.

`VAULT_KEYS` is a list of `id:base64(32 bytes)`. The first key seals; every key opens. To rotate, put a new key first,
restart, and run `manage.py vault_rotate`; when it reports nothing left, the old key can go.

No key is used itself: each purpose has its own, derived by HKDF (`Key.subkey`), so that what many anonymous requests
seal (a page's hidden state) says nothing about the key of the cells (docs/adr/0064). Where something must outlive the
ring's keys, see `vault.lasting`.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Purposes in use. A new one needs no more than a new name; two that share a name share a key.
CELLS = "cells"  # sealed columns
PAGES = "pages"  # what a page carries sealed in a hidden field
FINGERPRINTS = "fingerprints"  # keyed hashes that are compared within days
BLIND_INDEX = "blind-index"  # keyed hashes by which a sealed value is found (`vault.blind_index`)

KEY_ID = re.compile(r"^[A-Za-z0-9_-]{1,24}$")


class KeyRingError(Exception):
    """Raised when VAULT_KEYS can't be used. The text names the entry by its position or id, never its value."""


@dataclass(frozen=True, repr=False)
class Key:
    id: str
    secret: bytes

    @property
    def cipher(self) -> AESGCM:
        """The cipher of values sealed before purposes had keys of their own (format v1)."""
        return AESGCM(self.secret)

    def subkey(self, purpose: str) -> bytes:
        """Derive this key's 32 bytes for one purpose (HKDF-SHA256)."""
        return _derived(self, purpose)

    def cipher_for(self, purpose: str) -> AESGCM:
        return _cipher(self, purpose)

    def fingerprint_secret(self) -> bytes:
        """Return the secret of keyed hashes made before purposes had keys of their own."""
        return hmac.new(self.secret, b"vault fingerprint", hashlib.sha256).digest()

    def __repr__(self) -> str:
        # Tracebacks and logs show reprs: never the secret.
        return f"<Key {self.id}>"


@dataclass(frozen=True)
class KeyRing:
    keys: tuple[Key, ...]

    @property
    def primary(self) -> Key:
        return self.keys[0]

    def get(self, key_id: str) -> Key:
        """Return the key with this id. Raises KeyRingError when it isn't on the ring."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise KeyRingError(f"no key {key_id!r} on the ring: was it removed before vault_rotate finished?")


@lru_cache(maxsize=64)
def _derived(key: Key, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vatra vault\0" + purpose.encode()).derive(key.secret)


@lru_cache(maxsize=64)
def _cipher(key: Key, purpose: str) -> AESGCM:
    return AESGCM(_derived(key, purpose))


@lru_cache(maxsize=8)
def parse_keys(entries: tuple[str, ...], name: str = "VAULT_KEYS") -> KeyRing:
    """Parse the ring of these `id:base64(32 bytes)`; errors call it `name`. Raises KeyRingError."""
    keys = []
    for position, entry in enumerate(entries, start=1):
        key_id, separator, encoded = entry.partition(":")
        if not separator or not KEY_ID.match(key_id):
            raise KeyRingError(f"{name} entry {position} is not of the form id:base64")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise KeyRingError(f"{name} entry {key_id!r} is not base64") from None
        if len(secret) != 32:
            raise KeyRingError(f"{name} entry {key_id!r} has {len(secret)} bytes; 32 are needed")
        keys.append(Key(key_id, secret))
    if not keys:
        raise KeyRingError(f"{name} is empty: nothing can be sealed or opened")
    if len({key.id for key in keys}) != len(keys):
        raise KeyRingError(f"{name} names one key id twice")
    return KeyRing(tuple(keys))


def load_key_ring() -> KeyRing:
    """Return the ring of the running settings. Raises KeyRingError."""
    return parse_keys(tuple(settings.VAULT_KEYS))


def subkey(purpose: str) -> bytes:
    """Derive the first key's 32 bytes for one purpose. They change when the ring's first key does."""
    return load_key_ring().primary.subkey(purpose)
