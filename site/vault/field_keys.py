"""Field keys: what a phone seals to the service while it has no network, and nobody but the service opens.

`FIELD_KEYS` is a list of `id:base64(32-byte private scalar of P-256)`, in the environment or in the file that
`FIELD_KEYS_FILE` names. The first key is published to the phones; every key opens. To rotate, put a new key first and
restart; `manage.py field_keys` says when the old one can go (docs/adr/0170).

HPKE in base mode, single shot (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A sealed value is the
65 bytes of the encapsulated key, then the ciphertext with its tag of 16 bytes. What it is for stands in `info`, so that
one that is cut off, or that was made for another device, another form or by another key, doesn't open.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from .keyring import KeyRingError, parse_keys

ENCAPSULATED_BYTES = 65  # an uncompressed point of P-256
OVERHEAD_BYTES = ENCAPSULATED_BYTES + 16  # by which a sealed value is longer than what it holds
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class FieldSealBroken(Exception):
    """A sealed value doesn't open: cut, changed, or made for another purpose. Never holds content."""


class UnknownFieldKey(Exception):
    """No key of the ring has this id."""


@dataclass(frozen=True, repr=False)
class FieldKey:
    id: str
    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        """The public key as phones need it: an uncompressed point, 65 bytes."""
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
        return _SUITE.decrypt(sealed, key.private, info=info)
    except (InvalidTag, ValueError):
        # Without its cause: the exception never holds content.
        raise FieldSealBroken("a sealed value does not open for this purpose") from None


def seal_to(plain: bytes, *, key: FieldKey, info: bytes) -> bytes:
    """Seal as a phone does: for the tests' phones, and for whoever writes an app."""
    return _SUITE.encrypt(plain, key.private.public_key(), info=info)


@lru_cache(maxsize=8)
def _parse(entries: tuple[str, ...]) -> tuple[FieldKey, ...]:
    ring = parse_keys(entries, "FIELD_KEYS")
    return tuple(FieldKey(key.id, _build_private(key.id, key.secret)) for key in ring.keys)


def _build_private(key_id: str, secret: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(secret)
    if not 0 < scalar < _ORDER:
        raise KeyRingError(f"FIELD_KEYS entry {key_id!r} is no private key of P-256")
    return ec.derive_private_key(scalar, ec.SECP256R1())
