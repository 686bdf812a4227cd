"""The card's short address, and its QR code."""

import io

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from content.printables.qr_code import QUIET_ZONE, build_qr_code, svg


def short_address(code: str, language: str) -> str:
    """Return the absolute address, as the QR code holds it: PUBLIC_URL + /k/<code>/."""
    with translation.override(language):
        return settings.PUBLIC_URL + reverse("cards:card", args=[code])


def address_to_type(code: str, language: str) -> str:
    """Return the address as papers print it for typing: without "https://" and the last slash."""
    return short_address(code, language).split("://", 1)[1].rstrip("/")


def qr_svg(code: str, language: str) -> bytes:
    """Render the QR code as SVG, which can be enlarged without blurring."""
    return svg(short_address(code, language))


def qr_png(code: str, language: str) -> bytes:
    """Render the QR code as PNG, about 800 pixels wide, for programs that take no SVG."""
    found = io.BytesIO()
    made = build_qr_code(short_address(code, language))
    made.save(found, kind="png", border=QUIET_ZONE, scale=max(1, 800 // made.symbol_size(border=QUIET_ZONE)[0]))
    return found.getvalue()
