"""Field keys: what a phone seals to the service while it has no network, and nobody but the service opens.

`FIELD_KEYS` is a list of `id:base64(32-byte private scalar of P-256)`, in the environment or in the file that
`FIELD_KEYS_FILE` names; in the place of base64 also `file:` and the path of a file that holds it, or the address of a
key in a token (`token_keys`). The first key is published to the phones; every key opens. To rotate, put a new key first
and restart; `manage.py field_keys` says when the old one can go (docs/adr/0170, docs/adr/0186).

HPKE in base mode, single shot (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A sealed value is the
65 bytes of the encapsulated key, then the ciphertext with its tag of 16 bytes. What it is for stands in `info`, so that
one that is cut off, or that was made for another device, another form or by another key, doesn't open.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from .keyring import KEY_ID, KeyRingError, parse_keys
from .token_keys import SCHEME, TokenKey

IN_FILE = "file:"
ENCAPSULATED_BYTES = 65  # an uncompressed point of P-256
OVERHEAD_BYTES = ENCAPSULATED_BYTES + 16  # by which a sealed value is longer than what it holds
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_KEM, _HPKE = b"KEM\x00\x10", b"HPKE\x00\x10\x00\x01\x00\x02"  # the suite's ids, as RFC 9180 numbers them
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class FieldSealBroken(Exception):
    """A sealed value doesn't open: cut, changed, or made for another purpose. Never holds content."""


class UnknownFieldKey(Exception):
    """No key of the ring has this id."""


@dataclass(frozen=True, repr=False)
class FieldKey:
    id: str
    private: ec.EllipticCurvePrivateKey | TokenKey

    @property
    def public(self) -> bytes:
        """The public key as phones need it: an uncompressed point, 65 bytes. Raises KeyRingError for a token away."""
        if isinstance(self.private, TokenKey):
            return self.private.public
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def __repr__(self) -> str:
        # Tracebacks and logs show reprs: never the secret.
        return f"<FieldKey {self.id}>"


def load_field_keys() -> tuple[FieldKey, ...]:
    """Return the ring of the running settings, the published key first; empty where no phone may store.

    Raises KeyRingError.
    """
    entries = tuple(settings.FIELD_KEYS)
    return _parse(entries) if entries else ()


def get_published() -> list[dict[str, str]]:
    """Return what a phone gets: [{"id", "public": base64url without padding}], one key. Raises KeyRingError."""
    return [
        {"id": key.id, "public": urlsafe_b64encode(key.public).decode().rstrip("=")} for key in load_field_keys()[:1]
    ]


def open_sealed(sealed: bytes, *, key_id: str, info: bytes) -> bytes:
    """Open what was sealed to the key of this id. Raises UnknownFieldKey, FieldSealBroken, KeyRingError."""
    key = next((key for key in load_field_keys() if key.id == key_id), None)
    if key is None:
        raise UnknownFieldKey
    try:
        if isinstance(key.private, TokenKey):
            return _open_by_token(sealed, key.private, info)
        return _SUITE.decrypt(sealed, key.private, info=info)
    except (InvalidTag, ValueError):
        # Without its cause: the exception never holds content.
        raise FieldSealBroken("a sealed value does not open for this purpose") from None


def seal_to(plain: bytes, *, key: FieldKey, info: bytes) -> bytes:
    """Seal as a phone does: for the tests' phones, and for whoever writes an app."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public)
    return _SUITE.encrypt(plain, public, info=info)


@lru_cache(maxsize=8)
def _parse(entries: tuple[str, ...]) -> tuple[FieldKey, ...]:
    keys = tuple(_parse_entry(entry, position) for position, entry in enumerate(entries, start=1))
    if len({key.id for key in keys}) != len(keys):
        raise KeyRingError("FIELD_KEYS names one key id twice")
    return keys


def _parse_entry(entry: str, position: int) -> FieldKey:
    key_id, _colon, written = entry.partition(":")
    if written.startswith((SCHEME, IN_FILE)) and not KEY_ID.match(key_id):
        raise KeyRingError(f"FIELD_KEYS entry {position} is not of the form id:base64")
    if written.startswith(SCHEME):
        return FieldKey(key_id, TokenKey(f"FIELD_KEYS entry {key_id!r}", written))
    if written.startswith(IN_FILE):
        entry = f"{key_id}:{_read_file(key_id, written.removeprefix(IN_FILE))}"
    (key,) = parse_keys((entry,), "FIELD_KEYS").keys
    return FieldKey(key.id, _build_private(key.id, key.secret))


def _read_file(key_id: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, ValueError) as error:
        raise KeyRingError(f"the file of FIELD_KEYS entry {key_id!r} can't be read: {type(error).__name__}") from None


def _open_by_token(sealed: bytes, key: TokenKey, info: bytes) -> bytes:
    """Open as `_SUITE` does, with the exchange done by the token (RFC 9180, 4.1, 5.1 and 6.1).

    Raises ValueError, InvalidTag, KeyRingError.
    """
    point, ciphertext = sealed[:ENCAPSULATED_BYTES], sealed[ENCAPSULATED_BYTES:]
    # What isn't on the curve never reaches the token.
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    if len(point) != ENCAPSULATED_BYTES:
        raise ValueError("not an uncompressed point")
    shared = _extract(_KEM, b"", b"eae_prk", key.exchange(point))
    shared = _expand(_KEM, shared, b"shared_secret", point + key.public, 32)
    context = b"\0" + _extract(_HPKE, b"", b"psk_id_hash", b"") + _extract(_HPKE, b"", b"info_hash", info)
    secret = _extract(_HPKE, shared, b"secret", b"")
    nonce = _expand(_HPKE, secret, b"base_nonce", context, 12)
    return AESGCM(_expand(_HPKE, secret, b"key", context, 32)).decrypt(nonce, ciphertext, b"")


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """Expand to at most 32 bytes: one block of HKDF."""
    return hmac.digest(key, length.to_bytes(2) + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[:length]


def _build_private(key_id: str, secret: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(secret)
    if not 0 < scalar < _ORDER:
        raise KeyRingError(f"FIELD_KEYS entry {key_id!r} is no private key of P-256")
    return ec.derive_private_key(scalar, ec.SECP256R1())
