"""What a phone seals and the service opens: forms, files and the key of its drafts (HPKE, `vault.field_keys`).

Each is sealed for its purpose, its device, its own UUID and the key's id; a value that was cut, changed, or made for
another one of these doesn't open. What is inside was typed by a person and is checked like any page's fields.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from case_forms.submissions.confirmations import MOST_CONFIRMED
from vault.field_keys import OVERHEAD_BYTES, FieldSealBroken, open_sealed

MAX_PLAIN = 3 * 1024 * 1024  # bytes of a form: more than any form's answers, signatures and padding included
MAX_FIELDS = 20_000
MAX_FOLLOWS = 20
KEY = r"^[a-z][a-z0-9_]{0,63}$"
BASE64URL = re.compile(r"^[A-Za-z0-9_-]*$")
DRAFTS = "drafts"  # the store on the phone whose records are rescued


class SealedNotRead(Exception):
    """It opened, and isn't what a phone of ours writes. Never holds content."""


class FilledIn(BaseModel):
    """What is inside a delivered form."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    form: Annotated[str, Field(pattern=KEY)]
    version: Annotated[StrictInt, Field(ge=1, le=2_147_483_647)]
    unit: Annotated[str | None, Field(max_length=80)] = None
    occurred_at: Annotated[str, Field(max_length=40)]
    occurred_by_clock: StrictBool = False
    fields: Annotated[list[tuple[str, str]], Field(max_length=MAX_FIELDS)]
    confirmed: Annotated[list[Annotated[str, Field(pattern=KEY)]], Field(max_length=MOST_CONFIRMED)] = []
    finished_at: Annotated[str | None, Field(max_length=40)] = None
    follows: Annotated[list[UUID], Field(max_length=MAX_FOLLOWS)] = []
    base: UUID | None = None


@dataclass(frozen=True)
class Filled:
    """A filled form as it was typed. Times are aware, by the phone's clock; None where it couldn't be read.

    `follows`: ids of drafts of the phone that this goes on from, which may have been handed over (`meeting`). `base`:
    the one whose text it was changed from; None: the phone doesn't say.
    """

    form: str
    version: int
    unit: str | None
    occurred_at: datetime | None
    occurred_by_clock: bool
    fields: list[tuple[str, str]] = field(repr=False)
    confirmed: list[str] = field(repr=False)
    finished_at: datetime | None = None
    follows: tuple[UUID, ...] = ()
    base: UUID | None = None


def decode(text: str) -> bytes:
    """Decode base64url without padding. Raises FieldSealBroken."""
    if not BASE64URL.match(text):
        raise FieldSealBroken("not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise FieldSealBroken("not base64url") from None


def open_form(sealed: bytes, *, device: UUID, uuid: UUID, key_id: str) -> Filled:
    """Open a finished form. Raises FieldSealBroken, UnknownFieldKey, SealedNotRead."""
    if len(sealed) > MAX_PLAIN + OVERHEAD_BYTES:
        raise FieldSealBroken("too long")
    info = f"vatra sealed submission 1\n{device}\n{uuid}\n{key_id}".encode()
    return read_filled(_read_json(open_sealed(sealed, key_id=key_id, info=info)))


def open_file(sealed: bytes, *, device: UUID, uuid: UUID, key_id: str) -> bytes:
    """Open a file. Raises FieldSealBroken, UnknownFieldKey."""
    return open_sealed(sealed, key_id=key_id, info=f"vatra sealed file 1\n{device}\n{uuid}\n{key_id}".encode())


def open_draft_key(slot: bytes, *, device: UUID, key_id: str) -> bytes:
    """Open the key of a phone's drafts, 32 bytes. Raises FieldSealBroken, UnknownFieldKey."""
    key = open_sealed(slot, key_id=key_id, info=f"vatra draft key 1\n{device}\n{key_id}".encode())
    if len(key) != 32:
        raise FieldSealBroken("not a key")
    return key


def open_draft(sealed: bytes, *, key: bytes, iv: bytes, record: str) -> Filled:
    """Open one draft as it lies on the phone, under the key of its drafts. Raises FieldSealBroken, SealedNotRead."""
    try:
        plain = AESGCM(key).decrypt(iv, sealed, f"{DRAFTS}\n{record}".encode())
    except (InvalidTag, ValueError):
        raise FieldSealBroken("a draft does not open") from None
    given = _read_json(plain)
    now = timezone.now().isoformat()
    return read_filled(
        {
            **given,
            "occurred_at": given.get("occurred_at") or given.get("occurredAt") or now,
            "occurred_by_clock": bool(given.get("occurred_by_clock") or given.get("occurredByClock")),
        }
    )


def read_filled(given: dict[str, Any]) -> Filled:
    """Read what was inside. Raises SealedNotRead, without what was typed."""
    try:
        read = FilledIn.model_validate(given)
    except ValidationError:
        raise SealedNotRead from None
    return Filled(
        form=read.form,
        version=read.version,
        unit=read.unit,
        occurred_at=_read_moment(read.occurred_at),
        occurred_by_clock=read.occurred_by_clock,
        fields=read.fields,
        confirmed=read.confirmed,
        finished_at=_read_moment(read.finished_at or ""),
        follows=tuple(read.follows),
        base=read.base,
    )


def _read_json(plain: bytes) -> dict[str, Any]:
    # A phone pads what it seals: with a member "pad", or with spaces behind.
    try:
        value = json.loads(plain.rstrip(b"\0 ").decode())
    except (ValueError, RecursionError):
        raise SealedNotRead from None
    if not isinstance(value, dict):
        raise SealedNotRead
    return value


def _read_moment(text: str) -> datetime | None:
    """Return a moment, in Albania's time where it has no offset; None for what is none."""
    try:
        moment = parse_datetime(text)
        if moment is None:
            return None
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    except (ValueError, OverflowError):
        return None
