"""Ways to a hotline besides calling it: a chat, a number for messages, an e-mail, a page where one asks to be called.

Stored as [{"kind", "address"}], one of each kind; with "by", the key of whoever entered it, while it waits for another
editor's try. Readers see them once all of them were tried (docs/adr/0162). One that didn't work has "failed", the day,
and as "by" who found it: readers don't see it until another editor has tried them all again.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

MAX_ADDRESS = 200


class WayKind(models.TextChoices):
    CHAT = "chat", _("chat")
    WHATSAPP = "whatsapp", "WhatsApp"
    SIGNAL = "signal", "Signal"
    SMS = "sms", "SMS"
    EMAIL = "email", _("e-mail")
    CALLBACK = "callback", _("ask to be called")


PAGES = frozenset({WayKind.CHAT, WayKind.CALLBACK})
# WhatsApp and Signal know a number by its country; an SMS may also go to a short one.
WITH_COUNTRY = frozenset({WayKind.WHATSAPP, WayKind.SIGNAL})


@dataclass(frozen=True)
class Way:
    """One way to a hotline."""

    kind: WayKind
    address: str
    failed: str = ""  # the day on which it didn't work, in ISO format

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def href(self) -> str:
        """Return where a link leads."""
        digits = _get_digits(self.address)
        return {
            WayKind.WHATSAPP: f"https://wa.me/{digits}",
            WayKind.SIGNAL: f"https://signal.me/#p/+{digits}",
            WayKind.SMS: f"sms:{self.address.replace(' ', '')}",
            WayKind.EMAIL: f"mailto:{self.address}",
        }.get(self.kind, self.address)

    @property
    def shown(self) -> str:
        """Return what a reader sees of the address: of a page, whose it is."""
        return (urlsplit(self.address).hostname or "") if self.kind in PAGES else self.address


def _get_digits(number: str) -> str:
    """Return the digits with those of the country."""
    return "".join(each for each in number if each.isdigit())


def read_ways(stored: Any) -> list[Way]:
    """Return the stored ways in the order of their kinds; what can't be read is passed over."""
    found = {each.get("kind"): each for each in stored or () if isinstance(each, dict) and each.get("address")}
    return [
        Way(kind, str(found[kind.value]["address"]), str(found[kind.value].get("failed", "")))
        for kind in WayKind
        if kind.value in found
    ]


def merge_ways(stored: Any, entered: list[dict[str, Any]], by: Any) -> list[dict[str, Any]]:
    """Return what is entered, each way with who entered it: one that stands as it was keeps its own."""
    before = {(each["kind"], each["address"]): each for each in stored or ()}
    return [before.get((each["kind"], each["address"])) or {**each, "by": by} for each in entered]


def was_entered_by(stored: Any, by: Any) -> bool:
    """Tell whether this person entered any of the ways that wait, or found one that didn't work."""
    return any(each.get("by") == by for each in stored or ())


def mark_failed(stored: Any, kind: str, address: str, *, by: Any, on: date) -> list[dict[str, Any]] | None:
    """Return the ways with one marked as not working; None when it isn't among them, or is marked already."""
    if not any((each["kind"], each["address"]) == (kind, address) and "failed" not in each for each in stored or ()):
        return None
    mark = {"by": by, "failed": on.isoformat()}
    return [each | mark if each["kind"] == kind else each for each in stored]


def compute_mark(stored: Any) -> str:
    """Return what these ways are known by, so that somebody confirms the ones that they tried and no others."""
    ways = [(way.kind.value, way.address) for way in read_ways(stored)]
    return hashlib.sha256(json.dumps(ways).encode()).hexdigest()[:16] if ways else ""


def check_address(kind: WayKind, address: str) -> None:
    """Raise ValidationError, in words for an editor, when an address can't be of this kind."""
    if kind in PAGES:
        message = _("Write the whole address of the page; it begins with https://.")
        URLValidator(schemes=["https"], message=message)(address)
    elif kind == WayKind.EMAIL:
        EmailValidator()(address)
    elif not address.lstrip("+").replace(" ", "").isdecimal() or not address.isascii():
        raise ValidationError(_("Write digits and spaces only, such as 116 111."))
    elif kind in WITH_COUNTRY and not (address.startswith("+") and 8 <= len(_get_digits(address)) <= 15):
        raise ValidationError(_("Write the number with its country, such as +355 69 000 0000."))


def check_ways(value: Any) -> None:
    """Validate stored ways."""
    known = {kind.value for kind in WayKind}
    is_list = isinstance(value, list) and all(
        isinstance(each, dict)
        and each.keys() - {"by", "failed"} == {"kind", "address"}
        and each["kind"] in known
        and isinstance(each["address"], str)
        and 0 < len(each["address"]) <= MAX_ADDRESS
        for each in value
    )
    if not is_list or len({each["kind"] for each in value}) != len(value):
        raise ValidationError(_("Enter these ways again."))
    for each in value:
        check_address(WayKind(each["kind"]), each["address"])
