"""Our key towards push services (VAPID, RFC 8292): by it they know that every push of a subscription comes from us.

`settings.VAPID_PRIVATE_KEY`: 32 bytes in base64url, from `manage.py vapid_key`; "" where phones aren't woken. A phone's
subscription is bound to the public half: with another key every one of them ends.
"""

import base64
import binascii
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, VapidException

from audit import clock

from .base import PayloadError
from .outgoing_http import Endpoint

TOKEN_SECONDS = 12 * 3600  # RFC 8292: a day at most


def make_private_key() -> str:
    """Make a new key, as the settings hold it."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encode(number.to_bytes(32, "big"))


def is_configured() -> bool:
    """Tell whether phones can be woken."""
    return bool(settings.VAPID_PRIVATE_KEY)


def get_public_key() -> str:
    """Return the public half, as a page gives it to the browser. Raises PayloadError for an unusable key."""
    point = _load(settings.VAPID_PRIVATE_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encode(point)


def build_authorization(endpoint: Endpoint) -> str:
    """Build the header that shows to this push service who we are. Raises PayloadError."""
    expires = int(clock.now().timestamp()) + TOKEN_SECONDS
    claims = {"aud": endpoint.origin, "sub": settings.VAPID_SUBJECT, "exp": expires}
    try:
        return str(_load(settings.VAPID_PRIVATE_KEY).sign(claims)["Authorization"])
    except VapidException:
        raise PayloadError("vapid_claims") from None


@lru_cache(maxsize=4)
def _load(private_key: str) -> Vapid02:
    try:
        if len(decode(private_key)) != 32:
            raise ValueError
        return Vapid02.from_raw(private_key.encode())
    except (ValueError, VapidException):
        # Without its cause, which may quote the key.
        raise PayloadError("vapid_key") from None


def encode(content: bytes) -> str:
    """Write bytes in base64url without padding, as every part of web push does."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url with or without padding. Raises ValueError."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
