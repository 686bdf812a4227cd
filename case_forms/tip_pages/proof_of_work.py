"""Proof of work: the browser tries numbers until one fits (altcha), so a flood costs whoever makes it.

Nobody is asked who they are or sent to a captcha elsewhere. A proof is bound to the secret of one form state, which is
good for one sending: no list of used proofs is needed. docs/adr/0029.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from altcha import ChallengeOptionsV1, PayloadV1, create_challenge_v1, extract_params_v1, verify_solution_v1
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

MAX_TOKEN_LENGTH = 2_000  # characters of a proof
HARDER_EVERY = 15  # so many sent in an hour from one place double the work
HARDEST = 16
ALGORITHM: Literal["SHA-256"] = "SHA-256"


@dataclass(frozen=True)
class Work:
    """The challenge that the page's script gets (static/js/asking/proof.js)."""

    challenge: dict[str, Any]

    @property
    def as_json(self) -> str:
        return json.dumps(self.challenge)


def new_work(secret: bytes, *, sent_this_hour: int = 0) -> Work:
    """Create a challenge for this form state. The more came from a place within the hour, the longer it takes."""
    factor = factor_for(sent_this_hour)
    challenge = create_challenge_v1(
        ChallengeOptionsV1(
            algorithm=ALGORITHM,
            max_number=settings.ASKING_WORK * factor,
            hmac_key=_key(),
            expires=timezone.now() + timedelta(hours=settings.ASKING_FORM_HOURS),
            # Signed with the challenge, so neither the form nor the hardness of a proof can be exchanged.
            params={"for": compute_digest(secret), "work": str(factor)},
        )
    )
    return Work(
        {
            "algorithm": challenge.algorithm,
            "challenge": challenge.challenge,
            "salt": challenge.salt,
            "signature": challenge.signature,
            "max": settings.ASKING_WORK * factor,
        }
    )


def factor_for(sent_this_hour: int) -> int:
    """Return how many times the usual work is asked for, after so many in this hour."""
    return int(min(2 ** (max(sent_this_hour, 0) // HARDER_EVERY), HARDEST))


def is_proven(proof: str, secret: bytes, *, factor: int = 1) -> bool:
    """Return whether this proof was worked out for this form state, is still good, and was hard enough.

    Hard enough: at least `factor` times the usual work. Whatever `proof` is, nothing is raised.
    """
    if not proof or len(proof) > MAX_TOKEN_LENGTH:
        return False
    try:
        given = json.loads(base64.b64decode(proof, validate=True))
    # RecursionError: JSON that is nested deeply enough.
    except (binascii.Error, ValueError, RecursionError):
        return False
    texts = ("algorithm", "challenge", "salt", "signature")
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in texts):
        return False
    number = given.get("number")
    if isinstance(number, bool) or not isinstance(number, int) or given["algorithm"] != ALGORITHM:
        return False
    params = extract_params_v1(given)  # type: ignore[arg-type]  # they stand in the salt, which is signed
    if params.get("for") != [compute_digest(secret)]:
        return False
    if int((params.get("work") or ["1"])[0] or 1) < factor:
        return False
    payload = PayloadV1(ALGORITHM, given["challenge"], number, given["salt"], given["signature"])
    good, _why = verify_solution_v1(payload, _key())
    return bool(good)


def compute_digest(secret: bytes) -> str:
    """Compute what stands for a form's secret where others may see it."""
    return hashlib.sha256(b"asking proof\0" + secret).hexdigest()[:32]


def _key() -> str:
    return salted_hmac("vatra.asking.proof", "altcha", algorithm="sha256").hexdigest()
