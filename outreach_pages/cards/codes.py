"""A card's code: as somebody typed it, the session it leads to, its short address and its QR code."""

import datetime
import io
import re

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from content.printables.qr_code import QUIET_ZONE, build_qr_code, render_svg

from ..records.models import InformativeSession

CODE = re.compile(r"[0-9A-Z]{8}")
IMPOSSIBLE_CODE = "--------"  # the code of no card
SEPARATORS = re.compile(r"[\s\-‐‑‒–—_.·]+")
# Characters that no code has, and the one that is probably meant. A wrong guess only leads to "not found".
LOOK_ALIKES = str.maketrans({"0": "Q", "O": "Q", "1": "J", "I": "J", "L": "J", "U": "V"})


def parse_code(typed: str) -> str:
    """Normalise a typed code: upper case, no spaces or dashes. "" for what can't be a code at all."""
    code = SEPARATORS.sub("", typed).upper().translate(LOOK_ALIKES)
    return code if CODE.fullmatch(code) else ""


def format_code(code: str) -> str:
    """Format the code as papers show it, in two halves: 7K2M 9QXB."""
    return f"{code[:4]} {code[4:]}"


def find_open_card(code: str, on: datetime.date | None = None) -> InformativeSession | None:
    """Return the session whose card this is, while the card is open; else None.

    An unknown code, an ended card and a cancelled session take the same way through here, one query each, so that
    neither the answer nor its time tells them apart. 27^8 codes: at a thousand tries a second, and with ten thousand
    open cards, the first hit is to be expected after eight hours of trying, and it opens a page without secrets.
    """
    sessions = InformativeSession.objects.with_open_card(on).select_related("unit__region", "municipality__region")
    # Queried for an impossible code too: returning early would be faster, and so reveal it.
    return sessions.filter(card_code=parse_code(code) or IMPOSSIBLE_CODE).first()


def build_short_url(code: str, language: str) -> str:
    """Return the absolute address, as the QR code holds it: PUBLIC_URL + /k/<code>/."""
    with translation.override(language):
        return settings.PUBLIC_URL + reverse("cards:card", args=[code])


def build_typed_address(code: str, language: str) -> str:
    """Return the address as papers print it for typing: without "https://" and the last slash."""
    return build_short_url(code, language).split("://", 1)[1].rstrip("/")


def render_qr_svg(code: str, language: str) -> bytes:
    """Render the QR code as SVG, which can be enlarged without blurring."""
    return render_svg(build_short_url(code, language))


def render_qr_png(code: str, language: str) -> bytes:
    """Render the QR code as PNG, about 800 pixels wide, for programs that take no SVG."""
    found = io.BytesIO()
    made = build_qr_code(build_short_url(code, language))
    made.save(found, kind="png", border=QUIET_ZONE, scale=max(1, 800 // made.symbol_size(border=QUIET_ZONE)[0]))
    return found.getvalue()
