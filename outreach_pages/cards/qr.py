"""The card's short address, and the pattern that telephones read it from."""

import io

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from content.printables.qr_code import QUIET_ZONE, build_qr_code, svg


def short_address(code: str, language: str) -> str:
    """The absolute address, as it stands in the pattern: PUBLIC_URL + /k/<code>/."""
    with translation.override(language):
        return settings.PUBLIC_URL + reverse("cards:card", args=[code])


def address_to_type(code: str, language: str) -> str:
    """The address as papers print it for typing: without "https://" and without what a browser adds itself."""
    return short_address(code, language).split("://", 1)[1].rstrip("/")


def qr_svg(code: str, language: str) -> bytes:
    """A picture that grows without blurring."""
    return svg(short_address(code, language))


def qr_png(code: str, language: str) -> bytes:
    """For programs that take no SVG: about 800 dots wide."""
    found = io.BytesIO()
    made = build_qr_code(short_address(code, language))
    made.save(found, kind="png", border=QUIET_ZONE, scale=max(1, 800 // made.symbol_size(border=QUIET_ZONE)[0]))
    return found.getvalue()
