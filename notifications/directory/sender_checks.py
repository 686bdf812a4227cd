"""Start-up check of the neutral sender's settings (docs/operator.md)."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from notifications.roles import Role
from notifications.texts.filling import clean
from notifications.texts.senders import MAX_BRAND, find_telling


@register()
def neutral_sender_is_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The name fits every message and leads nowhere, the address is one, and the roles exist."""
    name, address = settings.NEUTRAL_SENDER_NAME, settings.NEUTRAL_SENDER_EMAIL
    found: list[CheckMessage] = []
    if name and (len(name) > MAX_BRAND or clean("sender", name) != name or set(name) & set('{}<>"\\')):
        words = (
            f"NEUTRAL_SENDER_NAME must be one line of at most {MAX_BRAND} letters, without links, numbers or brackets."
        )
        found.append(Error(words, id="senders.E001"))
    if find_telling(name):
        found.append(Error("NEUTRAL_SENDER_NAME names the organisation or its field.", id="senders.E002"))
    try:
        validate_email(address or "a@b.example")
    except ValidationError:
        found.append(
            Error("NEUTRAL_SENDER_EMAIL must be an address alone, such as njoftime@example.org.", id="senders.E003")
        )
    if unknown := sorted(settings.NEUTRAL_SENDER_ROLES - set(Role.values)):
        words = f"NEUTRAL_SENDER_ROLES names no such role: {', '.join(unknown)}. Known: {', '.join(Role.values)}."
        found.append(Error(words, id="senders.E004"))
    return found


@register(Tags.security, deploy=True)
def neutral_address_tells_nothing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Say that a mail's address undoes the neutral name before it."""
    address = settings.NEUTRAL_SENDER_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if not find_telling(address):
        return []
    words = (
        "Mails to schools and others who mustn't learn who writes come from an address that names the organisation. "
        "Set NEUTRAL_SENDER_EMAIL (docs/operator.md)."
    )
    return [Warning(words, id="senders.W001")]
