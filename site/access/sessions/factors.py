"""Secrets of second factors, sealed at rest.

allauth stores an authenticator's secret as text in its row. Here that text only names a row of `FactorSecret`, whose
content is a sealed field like any other: it rotates with the key ring, and a copy of the database opens no account
(docs/adr/0069).
"""

import base64
import secrets
import uuid
from typing import Any

import structlog
from django.core.exceptions import ValidationError

from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import FactorSecret

PREFIX = "sealed:"
SECRETS_OF = ("secret", "seed")  # allauth's keys in an authenticator's data

log = structlog.get_logger(__name__)


def seal_secret(text: str) -> str:
    """Store a secret sealed, and return the text that allauth's row holds for it."""
    return PREFIX + str(FactorSecret.objects.create(content=text).pk)


def open_secret(stored: str) -> str:
    """Return the secret that allauth's row names.

    One in clear text, one that is gone or that doesn't open becomes a random one, which no code fits: whoever can write
    to the database can't put a secret of their own there.
    """
    try:
        found = FactorSecret.objects.filter(pk=_get_pk(stored)).first()
        if found is not None:
            return str(found.content)
        code = "missing"
    except (SealBroken, KeyRingError, ValidationError, ValueError) as error:
        code = type(error).__name__
    log.error("factor_secret_does_not_open", code=code)
    return base64.b32encode(secrets.token_bytes(20)).decode()


def delete_secrets(data: dict[str, Any]) -> None:
    """Delete the secrets that a deleted authenticator's data names."""
    named = [str(data[name]) for name in SECRETS_OF if str(data.get(name, "")).startswith(PREFIX)]
    FactorSecret.objects.filter(pk__in=[each.removeprefix(PREFIX) for each in named]).delete()


def _get_pk(stored: str) -> uuid.UUID:
    if not stored.startswith(PREFIX):
        raise ValueError("not sealed")
    return uuid.UUID(stored.removeprefix(PREFIX))
