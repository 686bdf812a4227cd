"""A webhook to an institution's own system, by Standard Webhooks 1.0 (docs/webhooks.md is the contract).

The other side learns a code, a link, the time to answer, and whether it is a drill: what an SMS says. The link opens
nothing without the contact's PIN. `webhook-id` is the same at every attempt, so that a doubled sending is seen as one;
the body is signed with every key that is valid now, so that a key is changed without a moment in which none fits.

`Message.secret`: {"keys": [{"key": "whsec_...", "since": ISO time, "until": ISO time or None}]}.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from audit import clock

from .base import Message, PayloadError, RecipientRefused, Taken
from .outgoing_http import BadEndpoint, parse_endpoint, post, raise_for

TYPE = "notice.waiting"


class WebhookChannel:
    """A channel that posts signed notices. Each message has its own receiver and its own connection."""

    def open(self) -> None:
        """There is nothing to connect to before a message says where it goes."""

    def send(self, message: Message) -> Taken:
        try:
            endpoint = parse_endpoint(message.address)
        except BadEndpoint as error:
            raise RecipientRefused(error.code) from None
        now = clock.now()
        keys = get_valid_keys(message.secret, now)
        if not keys:
            raise PayloadError("webhook_no_key")
        content = build_body(message, now)
        answer = post(endpoint, content=content, headers=build_headers(message, content, keys, now))
        raise_for(answer)
        return Taken(provider=endpoint.host[:40])

    def close(self) -> None:
        """Each connection was closed with its message."""


def get_valid_keys(secret: Mapping[str, Any], at: datetime) -> list[str]:
    """Return the keys that sign now, the newest first."""
    entries = [each for each in secret.get("keys", ()) if _holds(each, at)]
    return [str(each["key"]) for each in sorted(entries, key=lambda each: str(each["since"]), reverse=True)]


def _holds(entry: Mapping[str, Any], at: datetime) -> bool:
    until = entry.get("until")
    return datetime.fromisoformat(entry["since"]) <= at and (until is None or at < datetime.fromisoformat(until))


def build_id(message: Message) -> str:
    """Return the webhook-id. `Message.reference` is drawn once for a sending, and none of its attempts changes it."""
    return f"msg_{message.reference}"


def build_body(message: Message, now: datetime) -> bytes:
    """Build the body: the same bytes at each attempt but for the time, where the message doesn't say its own."""
    body = {
        "type": TYPE,
        "id": build_id(message),
        "timestamp": write_time(message.sent_at or now),
        "data": {
            "code": message.code,
            "link": message.link,
            "answer_by": write_time(message.answer_by) if message.answer_by else None,
            "drill": message.is_drill,
        },
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=True).encode()


def build_headers(message: Message, content: bytes, keys: list[str], now: datetime) -> dict[str, str]:
    """Build the headers of one attempt to send a notice."""
    return build_signed_headers(build_id(message), content, keys, now)


def build_signed_headers(webhook_id: str, content: bytes, keys: list[str], now: datetime) -> dict[str, str]:
    """Build the headers of one attempt. `webhook-timestamp` is the attempt's own: receivers refuse old ones.

    Raises PayloadError.
    """
    # The library takes an aware time's fields for UTC, whatever its zone says.
    moment = now.astimezone(UTC)
    try:
        signatures = [Webhook(key).sign(webhook_id, moment, content.decode()) for key in keys]
    except ValueError:  # a key that isn't base64: binascii.Error is one; without its cause, which may quote the key
        raise PayloadError("webhook_bad_key") from None
    return {
        "content-type": "application/json",
        "user-agent": "Notice-Webhook/1",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def write_time(moment: datetime) -> str:
    """Write a moment as bodies say it: to the second, in UTC."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
