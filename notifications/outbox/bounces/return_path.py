"""The return path of one attempt (VERP), to which other mail servers report that they couldn't deliver it.

`settings.EMAIL_BOUNCE_ADDRESS`: an address with `{token}` in it, such as `kthim+{token}@vatra.example`; "" where mails
that come back aren't read. The token is the attempt's number and a keyed hash of it, in small letters and digits, since
servers on the way may write an address in small letters. Whoever hasn't had our mail can make none that fits.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from django.conf import settings

from vault.keyring import load_key_ring

from ..models import Attempt

PURPOSE = "bounces"  # of the subkey
HASH_LETTERS = 20  # of base32: 100 bits
TOKEN = re.compile(rf"([0-9]{{1,18}})-([a-z2-7]{{{HASH_LETTERS}}})")
MAX_LENGTH = 320  # of an address, by RFC 3696


def build_return_path(attempt: Attempt) -> str:
    """Return the return path of this attempt; "" where mails that come back aren't read."""
    if not settings.EMAIL_BOUNCE_ADDRESS or attempt.pk is None:
        return ""
    return str(settings.EMAIL_BOUNCE_ADDRESS).replace("{token}", build_token(attempt.pk))


def build_token(key: int) -> str:
    return f"{key}-{_hash(key, load_key_ring().primary.subkey(PURPOSE))}"


def read_token(token: str) -> int | None:
    """Return the key of the attempt that this token names; None for one that we didn't make."""
    found = TOKEN.fullmatch(token.lower()) if len(token) <= MAX_LENGTH else None
    if found is None:
        return None
    key, given = int(found[1]), found[2]
    # By any key of the ring: a report may come days after the first key was changed.
    fits = [hmac.compare_digest(_hash(key, each.subkey(PURPOSE)), given) for each in load_key_ring().keys]
    return key if any(fits) else None


def find_attempts(addresses: Iterable[str]) -> list[int]:
    """Return the keys of the attempts whose return paths stand among these texts, each once."""
    before, mark, after = str(settings.EMAIL_BOUNCE_ADDRESS).lower().partition("{token}")
    if not mark:
        return []
    pattern = re.compile(re.escape(before) + rf"({TOKEN.pattern})" + re.escape(after))
    keys = (read_token(found[1]) for text in addresses for found in pattern.finditer(text.lower()))
    return list(dict.fromkeys(key for key in keys if key is not None))


def _hash(key: int, secret: bytes) -> str:
    digest = hmac.new(secret, f"attempt {key}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:HASH_LETTERS]
