"""Start-up checks of the second way to operators, and of the error receiver: `vatra check` says them too."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ValidationError
from standardwebhooks import Webhook

from notifications.channels.base import ChannelError
from notifications.channels.outgoing_http import parse_endpoint
from notifications.directory.ways.numbers import read_number

from ..error_sink import is_usable
from .telling import SMS, has_second_way


@register()
def second_way_can_be_used(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every number is one, a gateway takes SMS, and the addresses and the webhook's key can be used."""
    found: list[CheckMessage] = []
    for place, number in enumerate(settings.OPERATOR_SMS, start=1):
        try:
            read_number(number, mobile=True)
        except ValidationError as error:
            found.append(Error(f"OPERATOR_SMS, number {place}: {error.message}", id="watch.E001"))
    if settings.OPERATOR_SMS and SMS not in settings.NOTIFICATION_CHANNELS:
        found.append(Error("OPERATOR_SMS: no gateway takes SMS (NOTIFICATION_GATEWAYS_FILE).", id="watch.E002"))
    if settings.OPERATOR_WEBHOOK:
        try:
            parse_endpoint(settings.OPERATOR_WEBHOOK)
        except ChannelError as error:
            found.append(Error(f"OPERATOR_WEBHOOK can't be used: {error.code}.", id="watch.E003"))
    if settings.OPERATOR_WEBHOOK_KEY:
        try:
            Webhook(settings.OPERATOR_WEBHOOK_KEY)
        except (ValueError, RuntimeError):
            found.append(Error("OPERATOR_WEBHOOK_KEY is no key of Standard Webhooks (whsec_…).", id="watch.E004"))
    if settings.SENTRY_DSN and not is_usable(settings.SENTRY_DSN):
        found.append(Error("SENTRY_DSN is no address of an error receiver (https://KEY@host/NUMBER).", id="watch.E005"))
    if settings.PROFILE == "production" and not has_second_way():
        words = "When mails don't go out, only mails say so: set OPERATOR_SMS or OPERATOR_WEBHOOK (docs/operator.md)."
        found.append(Warning(words, id="watch.W001"))
    return found
