"""The card's short address, and the pattern that telephones read it from."""

import io

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import translation

QUIET_ZONE = 4  # modules of white around the pattern; telephones look for them


def short_address(code: str, language: str) -> str:
    """The absolute address, as it stands in the pattern: PUBLIC_URL + /k/<code>/."""
    with translation.override(language):
        return settings.PUBLIC_URL + reverse("cards:card", args=[code])


def address_to_type(code: str, language: str) -> str:
    """The address as papers print it for typing: without "https://" and without what a browser adds itself."""
    return short_address(code, language).split("://", 1)[1].rstrip("/")


def qr_svg(code: str, language: str) -> bytes:
    """A picture that grows without blurring: black on white, whatever is around it."""
    found = io.BytesIO()
    _pattern(code, language).save(
        found, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", xmldecl=False, omitsize=True, nl=False
    )
    return found.getvalue()


def qr_png(code: str, language: str) -> bytes:
    """For programs that take no SVG: about 800 dots wide."""
    found = io.BytesIO()
    pattern = _pattern(code, language)
    pattern.save(found, kind="png", border=QUIET_ZONE, scale=max(1, 800 // pattern.symbol_size(border=QUIET_ZONE)[0]))
    return found.getvalue()


def _pattern(code: str, language: str) -> segno.QRCode:
    # "M" survives a crease or a stain over a seventh of the pattern, and stays coarse enough for a cheap camera.
    return segno.make_qr(short_address(code, language), error="m", boost_error=True)
