"""A notification on a phone (Web Push: RFC 8030, 8188, 8291, 8292).

The push service between us and the phone (of the browser's maker) learns an endpoint, a time, and that something
waits; never what. The content is encrypted to the phone's own key, padded to one length, and neutral even so: what
stands on a locked screen is seen by whoever holds the phone. It carries the link, which asks for the PIN.

`Message.secret`: {"endpoint": URL, "p256dh": base64url, "auth": base64url}, as the browser made them.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from . import vapid
from .base import Message, PayloadError, RecipientRefused, Taken
from .outgoing_http import BadEndpoint, Endpoint, parse_endpoint, post, raise_for

TTL_SECONDS = 3600  # a phone that was off for longer finds the notice by its other ways
PADDED = 1024  # services take 4096 at least
AUTH_BYTES = 16
POINT_BYTES = 65
GONE = frozenset({404, 410})
TOO_LARGE = 413


class BadSubscription(ValueError):
    """What a browser sent is no push subscription."""


@dataclass(frozen=True)
class Subscription:
    """A phone's subscription, as its browser made it. Stored sealed, and in no repr."""

    endpoint: Endpoint = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    def as_secret(self) -> dict[str, str]:
        """Return it as `ContactWay.secret` holds it."""
        keys = {"p256dh": vapid.encode(self.p256dh), "auth": vapid.encode(self.auth)}
        return {"endpoint": self.endpoint.url, **keys}


def read_subscription(values: Mapping[str, Any]) -> Subscription:
    """Read and check a subscription. Raises BadSubscription."""
    texts = [values.get(name) for name in ("endpoint", "p256dh", "auth")]
    if not all(isinstance(text, str) for text in texts):
        raise BadSubscription
    endpoint, p256dh, auth = (str(text) for text in texts)
    try:
        found = Subscription(parse_endpoint(endpoint), vapid.decode(p256dh), vapid.decode(auth))
        # A point that isn't on the curve would fail at each sending; it is refused once, here.
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.p256dh)
    except (BadEndpoint, ValueError):
        raise BadSubscription from None
    if len(found.auth) != AUTH_BYTES or len(found.p256dh) != POINT_BYTES:
        raise BadSubscription
    return found


class PushChannel:
    """A channel that wakes phones. Each message has its own push service and its own connection."""

    def open(self) -> None:
        """There is nothing to connect to before a message says where it goes."""

    def send(self, message: Message) -> Taken:
        try:
            subscription = read_subscription(message.secret)
        except BadSubscription:
            # Checked when it was stored: a rule of ours that was made stricter since, or a damaged row.
            raise RecipientRefused("push_subscription") from None
        content = encrypt(subscription, build_payload(message))
        headers = {
            "authorization": vapid.build_authorization(subscription.endpoint),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(TTL_SECONDS),
            "urgency": "high",
            "topic": build_topic(message),
        }
        answer = post(subscription.endpoint, content=content, headers=headers)
        if answer.status == TOO_LARGE:
            raise PayloadError("push_too_large")
        raise_for(answer, gone=GONE)
        return Taken(provider=subscription.endpoint.host[:40])

    def close(self) -> None:
        """Each connection was closed with its message."""


def build_topic(message: Message) -> str:
    """Return 32 letters that are the same at each attempt: a push that still waits is replaced by the next attempt."""
    return vapid.encode(hashlib.sha256(b"push topic " + message.reference.encode()).digest())[:32]


def build_payload(message: Message) -> bytes:
    """Build what the phone shows and opens, padded so that its length says nothing. Raises PayloadError."""
    shown = {
        "title": message.subject,
        "body": message.text,
        "lang": message.language,
        "link": message.link,
        "tag": build_topic(message),
    }
    content = json.dumps(shown, ensure_ascii=True).encode()
    if len(content) > PADDED:
        raise PayloadError("push_too_large")
    return content.ljust(PADDED)  # JSON may end with spaces


def encrypt(subscription: Subscription, content: bytes) -> bytes:
    """Encrypt for one phone: a key and a salt of its own for every message."""
    encrypted: bytes = http_ece.encrypt(
        content,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.p256dh,
        auth_secret=subscription.auth,
        version="aes128gcm",
    )
    return encrypted
