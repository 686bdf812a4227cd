"""The form state: what somebody has typed so far, sealed, in a hidden field of their own page. Nothing is stored here.

Sealed by the vault (nobody on the way or at the phone reads it out of the page's source, nobody changes it), bound to
the card or region it was opened for, bounded in size, and good for some hours. `secret` makes sending it twice one
tip and is what the receipt code is made from; it never leaves the seal.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from vault.keyring import PAGES, KeyRingError
from vault.seal import SealBroken, get_place, seal, unseal

MAX_BYTES = 48_000  # bytes of what was typed: several times what a long report comes to
# With room for what sealing adds; what is longer is refused before it is decrypted.
MAX_TOKEN_LENGTH = 2 * MAX_BYTES  # characters of a sealed form state
SECRET_BYTES = 32


@dataclass(frozen=True)
class FormState:
    """The answers so far, and where they were begun.

    `where`: "card:<code>" or "region:<slug>", or "back". `danger_seen`: the page with the numbers was shown.
    """

    where: str
    version: int = 0
    answers: dict[str, Any] = field(default_factory=dict, repr=False)
    danger_seen: bool = False
    opened_at: int = field(default_factory=lambda: int(time.time()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(SECRET_BYTES), repr=False)

    @property
    def age(self) -> float:
        """The seconds since it was opened."""
        return time.time() - self.opened_at

    @property
    def is_old(self) -> bool:
        # Up to a minute in the future counts as new: a clock may have been set back a little.
        return not 0 <= self.age + 60 <= settings.ASKING_FORM_HOURS * 3600

    def renewed(self) -> "FormState":
        """Return the same answers under a new secret, opened now."""
        return replace(self, opened_at=int(time.time()), secret=secrets.token_bytes(SECRET_BYTES))


def is_too_large(sheet: FormState) -> bool:
    """Return whether more was typed than a page can carry."""
    return len(json.dumps(sheet.answers, ensure_ascii=False).encode()) > MAX_BYTES


def sealed(sheet: FormState) -> str:
    """Return the sealed text that stands in the page."""
    plain = json.dumps(
        {
            "v": sheet.version,
            "a": sheet.answers,
            "d": sheet.danger_seen,
            "t": sheet.opened_at,
            "s": base64.b64encode(sheet.secret).decode(),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    # The place is bound into the seal: a state of another card doesn't open here.
    return seal(plain.encode(), _place(sheet.where), purpose=PAGES)


def opened(token: str, where: str) -> FormState | None:
    """Open what a page sends back; None for what isn't sealed by us, was changed, or belongs to another card."""
    if not token or len(token) > MAX_TOKEN_LENGTH:
        return None
    try:
        plain = json.loads(unseal(token, _place(where), purpose=PAGES))
    except (SealBroken, KeyRingError, ValueError):
        return None
    secret = base64.b64decode(plain["s"])
    return FormState(where, plain["v"], plain["a"], plain["d"], plain["t"], secret)


def _place(where: str) -> bytes:
    return get_place("asking", "sheet", where)
