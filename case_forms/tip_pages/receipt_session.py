"""The visit after a receipt code: for half an hour the page itself, sealed, stands in for it.

Nothing is stored here.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from uuid import UUID

from vault.keyring import PAGES, KeyRingError
from vault.seal import SealBroken, get_place, seal, unseal

LASTS_SECONDS = 30 * 60
MAX_TOKEN_LENGTH = 2_000
TIP, REQUEST = "tip", "request"
PLACE = get_place("asking", "visit", "")


@dataclass(frozen=True)
class ReceiptSession:
    """One visit to a tip, or to a request for a session. `secret` makes pressing "send" twice one message."""

    tip_id: UUID  # of the request, when `kind` says so
    at: int = field(default_factory=lambda: int(time.time()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    kind: str = TIP


def sealed(visit: ReceiptSession) -> str:
    plain = {"i": str(visit.tip_id), "t": visit.at, "s": base64.b64encode(visit.secret).decode(), "k": visit.kind}
    return seal(json.dumps(plain).encode(), PLACE, purpose=PAGES)


def opened(token: str) -> ReceiptSession | None:
    """Open the visit that a page sends back; None for what isn't one or is over."""
    if not token or len(token) > MAX_TOKEN_LENGTH:
        return None
    try:
        plain = json.loads(unseal(token, PLACE, purpose=PAGES))
    except (SealBroken, KeyRingError, ValueError):
        return None
    # Up to a minute in the future counts as new: a clock may have been set back a little.
    if not 0 <= time.time() + 60 - plain["t"] <= LASTS_SECONDS + 60:
        return None
    return ReceiptSession(UUID(plain["i"]), plain["t"], base64.b64decode(plain["s"]), plain.get("k", TIP))
