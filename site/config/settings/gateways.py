"""The files that describe gateways for SMS and calls, and receivers of webhooks about public content.

What they say is checked by `notifications.channels.gateways` and `notifications.publish_webhooks.receivers`.
"""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

CHANNELS = {
    "sms": "notifications.channels.gateways.sms.SmsChannel",
    "voice": "notifications.channels.gateways.sms.VoiceChannel",
}


def read_gateways(file: str) -> list[Any]:
    """Return the descriptions in this file; none without one. Raises ImproperlyConfigured, in words."""
    return _read_list("NOTIFICATION_GATEWAYS_FILE", file, "gateways")


def read_publish_webhooks(file: str) -> list[Any]:
    """Return the descriptions in this file; none without one. Raises ImproperlyConfigured, in words."""
    return _read_list("PUBLISH_WEBHOOKS_FILE", file, "receivers")


def _read_list(setting: str, file: str, of_what: str) -> list[Any]:
    if not file:
        return []
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise ImproperlyConfigured(f"{setting} can't be read: {error.strerror}.") from None
    except ValueError as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "its text"
        raise ImproperlyConfigured(f"{setting} is no JSON: look at {where}.") from None
    if not isinstance(found, list):
        raise ImproperlyConfigured(f"{setting} is no list of {of_what}: begin it with [.")
    return found


def get_gateway_channels(gateways: list[Any]) -> dict[str, str]:
    """Return the channels for which there is a gateway, for settings.NOTIFICATION_CHANNELS."""
    kinds = {str(found.get("kind", "sms")) for found in gateways if isinstance(found, dict)}
    return {kind: path for kind, path in CHANNELS.items() if kind in kinds}


def get_reply_channels(gateways: list[Any]) -> frozenset[str]:
    """Return the channels whose gateways all bring answers back: nobody is asked for an SMS that goes nowhere."""
    described = [found for found in gateways if isinstance(found, dict)]
    silent = {str(found.get("kind", "sms")) for found in described if not _brings_answers(found)}
    return frozenset(get_gateway_channels(gateways)) - silent


def _brings_answers(found: dict[str, Any]) -> bool:
    return found.get("by") == "gammu" or bool(found.get("keys" if found.get("kind") == "voice" else "replies"))
