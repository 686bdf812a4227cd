"""Secrets of second factors, sealed at rest.

allauth stores an authenticator's secret as text in its row. Here that text only names a row of `FactorSecret`, whose
content is a sealed field like any other: it rotates with the key ring, and a copy of the database opens no account
(docs/adr/0069).

Each factor, a key or passkey too, has a seal (`FactorSeal`) over its owner and what it holds: one that was put into the
database, or moved to another account, by somebody without a key signs nobody in (docs/adr/0255).
"""

import base64
import hashlib
import json
import secrets
import uuid
from typing import Any

import structlog
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db.models.signals import post_save, pre_save

from audit.sealed_rows import find_broken
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import FactorSeal, FactorSecret

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


def find_broken_factors(user: Any) -> list[int]:
    """Return the keys of this person's second factors whose seal is missing, broken or of something else."""
    return [factor.pk for factor in Authenticator.objects.filter(user=user).order_by("pk") if not _is_intact(factor)]


def _is_intact(factor: Authenticator) -> bool:
    seal = FactorSeal.objects.filter(factor=factor.pk).first()
    if seal is None or find_broken(FactorSeal, [seal.pk]):
        return False
    return (seal.owner_id, seal.digest) == (factor.user_id, _compute_digest(factor))


def _compute_digest(factor: Authenticator) -> str:
    content = json.dumps([factor.type, factor.data], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _look_before(instance: Authenticator, **_kwargs: Any) -> None:
    stored = Authenticator.objects.filter(pk=instance.pk).first() if instance.pk else None
    instance._may_be_sealed = stored is None or _is_intact(stored)


def _seal(instance: Authenticator, **_kwargs: Any) -> None:
    if not instance._may_be_sealed:
        return  # an honest use afterwards covers up nothing
    stored = Authenticator.objects.get(pk=instance.pk)
    FactorSeal.objects.update_or_create(
        factor=stored, defaults={"owner_id": stored.user_id, "digest": _compute_digest(stored)}
    )


pre_save.connect(_look_before, sender=Authenticator, dispatch_uid="access.factor_before")
post_save.connect(_seal, sender=Authenticator, dispatch_uid="access.factor_seal")
