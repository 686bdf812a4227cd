"""What a gateway reports: whether it really comes from there, and what it says. Knows no database and no notice."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from .description import MAX_AGE_SECONDS, HttpGateway, Signature, Token
from .json_reading import parse_json
from .loading import Loaded
from .paths import find, find_text

MAX_BODY = 64 * 1024
MAX_ENTRIES = 2000  # in one request that brings a list; MAX_BODY holds no more
MAX_FIELDS = 100
LONGEST_ID = 100
LONGEST_TEXT = 1000  # an SMS of seven parts; an answer has one


@dataclass(frozen=True)
class Request:
    """What came in. `headers` by name in small letters; `url`: the address as the gateway knows it."""

    url: str
    content_type: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_form(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"

    def get_fields(self) -> list[tuple[str, str]]:
        """Return a form's fields in their order; none for what is no form."""
        if not self.is_form:
            return []
        try:
            return parse_qsl(self.body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            return []

    def get_data(self) -> Any:
        """Return what it says: a form's fields by name, or JSON; None where it is neither."""
        return dict(self.get_fields()) or None if self.is_form else parse_json(self.body)


@dataclass(frozen=True)
class Receipt:
    """What became of a message. `delivered`: None while that isn't known."""

    id: str
    reference: str
    delivered: bool | None


@dataclass(frozen=True)
class Sms:
    id: str
    sender: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Key:
    id: str
    reference: str
    key: str


def is_genuine(loaded: Loaded, request: Request, *, now: float | None = None) -> bool:
    """Tell whether the request carries what only this gateway knows."""
    gateway = loaded.description
    if not isinstance(gateway, HttpGateway) or gateway.incoming is None or not loaded.secrets:
        return False
    rule = gateway.incoming
    given = request.headers.get(rule.header.lower(), "")
    if not given.startswith(rule.before):
        return False
    given = given.removeprefix(rule.before).strip()
    if isinstance(rule, Token):
        return _is_one_of(given, loaded.secrets)
    signed = _get_signed(rule, request, time.time() if now is None else now)
    return signed is not None and _is_one_of(given, [_sign(rule, secret, signed) for secret in loaded.secrets])


def sign(rule: Signature, secret: str, request: Request) -> str:
    """Return the header's value for this request, as the gateway would write it."""
    signed = _get_signed(rule, request, None)
    assert signed is not None
    return rule.before + _sign(rule, secret, signed)


def _is_one_of(given: str, expected: Sequence[str]) -> bool:
    """Compare with every one of them, in a time that says nothing about how far they agree."""
    text = given.encode("utf-8", errors="surrogateescape")
    found = [hmac.compare_digest(text, value.encode()) for value in expected]
    return any(found)


def _sign(rule: Signature, secret: str, signed: bytes) -> str:
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, rule.hash)).digest()
    return digest.hex() if rule.encoding == "hex" else base64.b64encode(digest).decode()


def _get_signed(rule: Signature, request: Request, now: float | None) -> bytes | None:
    """Return the bytes that are signed; None where the time that belongs to them is missing or too old."""
    if rule.over == "body":
        return request.body
    if rule.over == "url+form":
        return (request.url + "".join(name + value for name, value in sorted(request.get_fields()))).encode()
    moment = request.headers.get(rule.time_header.lower(), "").strip()
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        return None
    if now is not None and abs(now - int(moment)) > MAX_AGE_SECONDS:
        return None
    return request.body + moment.encode() if rule.over == "body+time" else moment.encode() + b"." + request.body


def read_receipts(gateway: HttpGateway, data: Any) -> Iterator[Receipt]:
    """Yield the receipts in it; those that name neither an id nor a reference are left out."""
    rule = gateway.receipts
    for entry in _iter_entries(data, rule.each) if rule else ():
        assert rule is not None
        status = find_text(entry, rule.status, longest=LONGEST_ID)
        receipt = Receipt(
            find_text(entry, rule.id, longest=LONGEST_ID),
            find_text(entry, rule.reference, longest=LONGEST_ID),
            True if status in rule.delivered else False if status in rule.failed else None,
        )
        if receipt.id or receipt.reference:
            yield receipt


def read_replies(gateway: HttpGateway, data: Any) -> Iterator[Sms]:
    """Yield the SMS in it that have an id and a sender."""
    rule = gateway.replies
    for entry in _iter_entries(data, rule.each) if rule else ():
        assert rule is not None
        found = Sms(
            find_text(entry, rule.id, longest=LONGEST_ID),
            find_text(entry, rule.sender, longest=LONGEST_ID),
            find_text(entry, rule.text, longest=LONGEST_TEXT),
        )
        if found.id and found.sender:
            yield found


def read_keys(gateway: HttpGateway, data: Any) -> Iterator[Key]:
    """Yield the pressed key in it, where it says of which call."""
    rule = gateway.keys
    if rule is None:
        return
    found = Key(
        find_text(data, rule.id, longest=LONGEST_ID),
        find_text(data, rule.reference, longest=LONGEST_ID),
        find_text(data, rule.key, longest=LONGEST_ID),
    )
    if found.key and (found.id or found.reference):
        yield found


def _iter_entries(data: Any, each: str) -> Iterator[Any]:
    found = find(data, each)
    if not each:
        yield found
    elif isinstance(found, list):
        yield from found[:MAX_ENTRIES]
