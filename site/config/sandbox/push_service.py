"""A push service on this machine, for the local profile and the tests: it takes and refuses what a real one would.

An invented phone has the two halves of a key, as a browser's subscription has. What comes for it is checked as push
services check it (RFC 8030, 8292) and decrypted as its browser would (RFC 8291). Kept in one JSON file for each phone.
"""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException

from notifications.channels.vapid import decode, encode

MAX_CONTENT = 4096
MAX_TOKEN_SECONDS = 24 * 3600
KEPT = 200
KEY_LETTERS = 32


@dataclass(frozen=True)
class Refused(Exception):
    """What a push service would answer instead of 201."""

    status: int
    reason: str


def make_phone(folder: Path, service: str, vapid_key: str) -> dict[str, Any]:
    """Make an invented phone, and return its subscription as a browser's `toJSON` does.

    `service`: the start of its endpoint's address. `vapid_key`: whose pushes alone it takes.
    """
    name, private = secrets.token_hex(KEY_LETTERS // 2), ec.generate_private_key(ec.SECP256R1())
    number = private.private_numbers().private_value.to_bytes(32, "big")
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    auth = secrets.token_bytes(16)
    phone = {"private": encode(number), "auth": encode(auth), "vapid": vapid_key, "received": []}
    _write(folder, name, phone)
    return {"endpoint": f"{service}{name}/", "keys": {"p256dh": encode(public), "auth": encode(auth)}}


def receive(
    folder: Path, name: str, headers: dict[str, str], content: bytes, *, origin: str, at: float | None = None
) -> dict[str, Any]:
    """Take one push for this phone, and return what its browser would show. Raises Refused.

    `headers`: by lower-case names. `origin`: the service's own, for which a token must be made. A push of the same
    topic that still waits would be replaced; here it replaces the one before.
    """
    phone = _read(folder, name)
    if phone is None:
        raise Refused(410, "no such phone")
    _check_headers(headers, content)
    _check_token(headers.get("authorization", ""), phone["vapid"], origin, at if at is not None else time.time())
    private = ec.derive_private_key(int.from_bytes(decode(phone["private"]), "big"), ec.SECP256R1())
    try:
        shown: dict[str, Any] = json.loads(
            http_ece.decrypt(content, private_key=private, auth_secret=decode(phone["auth"]), version="aes128gcm")
        )
    except (http_ece.ECEException, ValueError):
        raise Refused(400, "not encrypted for this phone") from None
    topic = headers.get("topic", "")
    kept = [each for each in phone["received"] if not topic or each["topic"] != topic]
    entry = {"topic": topic, "at": time.time(), "shown": shown, "bytes": len(content)}
    _write(folder, name, {**phone, "received": [*kept, entry][-KEPT:]})
    return shown


def get_received(folder: Path) -> list[dict[str, Any]]:
    """Return what all invented phones were woken with, the newest first: phone, at, shown, bytes."""
    found = []
    for path in sorted(folder.glob("*.json")):
        phone = json.loads(path.read_text("utf-8"))
        found += [{**each, "phone": path.stem[:6]} for each in phone["received"]]
    return sorted(found, key=lambda each: float(each["at"]), reverse=True)[:KEPT]


def count_phones(folder: Path) -> int:
    return len(list(folder.glob("*.json")))


def lose_phones(folder: Path) -> None:
    """Let every phone be lost: from now on the service answers 410 for it."""
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)


def _check_headers(headers: dict[str, str], content: bytes) -> None:
    if not headers.get("ttl", "").isdigit():
        raise Refused(400, "no TTL")
    if headers.get("content-encoding") != "aes128gcm":
        raise Refused(400, "not aes128gcm")
    if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
        raise Refused(400, "no such urgency")
    topic = headers.get("topic", "")
    if len(topic) > 32 or (not topic.replace("-", "").replace("_", "").isalnum() and topic):
        raise Refused(400, "not a topic")
    if len(content) > MAX_CONTENT:
        raise Refused(413, "too large")


def _check_token(header: str, vapid_key: str, origin: str, at: float) -> None:
    """Check the token: signed by the key that the subscription names, for this service, for a day at most."""
    scheme, _space, rest = header.partition(" ")
    parts = dict(each.strip().partition("=")[::2] for each in rest.split(","))
    if scheme.lower() != "vapid" or parts.get("k") != vapid_key:
        raise Refused(403, "another key")
    head, _dot, rest = parts.get("t", "").partition(".")
    claim, _dot, signature = rest.partition(".")
    try:
        whole = Vapid02.from_raw_public(vapid_key.encode()).verify_token(f"{head}.{claim}".encode(), signature)
        claims = json.loads(decode(claim))
    except (ValueError, VapidException):
        raise Refused(401, "no token") from None
    if not whole:
        raise Refused(401, "not signed")
    if claims.get("aud") != origin or not at < claims.get("exp", 0) <= at + MAX_TOKEN_SECONDS or not claims.get("sub"):
        raise Refused(401, "not for this service")


def _read(folder: Path, name: str) -> dict[str, Any] | None:
    # The name comes from the address: nothing that could lead out of the folder passes.
    if len(name) != KEY_LETTERS or not name.isalnum() or not (folder / f"{name}.json").is_file():
        return None
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return found


def _write(folder: Path, name: str, phone: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Under another name first: the page reads the files while pushes come in.
    fresh = folder / f"{name}.{secrets.token_hex(4)}.new"
    fresh.write_text(json.dumps(phone), "utf-8")
    fresh.replace(folder / f"{name}.json")
