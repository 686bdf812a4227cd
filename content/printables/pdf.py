"""Render HTML that refers to nothing outside itself as PDF/UA.

As with the notices' PDFs: WeasyPrint gets everything from memory, and anything it isn't given stops the rendering.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from access.limits import papers

STYLES = settings.ROOT / "static" / "css" / "handout.css"
PARTS: dict[str, tuple[Path, str]] = {
    "paper:handout.css": (STYLES, "text/css"),
    "paper:LiberationSans-Regular.ttf": (settings.PAPER_FONTS / "LiberationSans-Regular.ttf", "font/ttf"),
    "paper:LiberationSans-Bold.ttf": (settings.PAPER_FONTS / "LiberationSans-Bold.ttf", "font/ttf"),
}
VARIANT = {"pdf_variant": "pdf/ua-1"}


class PrintableError(Exception):
    """A printable asked for something that isn't one of its own parts."""


class ClosedFetcher(URLFetcher):
    """URL fetcher that knows PARTS and what this one printable brings along."""

    def __init__(self, own: Mapping[str, tuple[bytes, str]]) -> None:
        super().__init__()
        self.own = own

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url in self.own:
            body, media_type = self.own[url]
        elif url in PARTS:
            body, media_type = _read_part(url), PARTS[url][1]
        else:
            # Fatal: WeasyPrint would log any other error and print the page without the part.
            raise FatalURLFetchingError("not a part of this paper")
        return URLFetcherResponse(url, body=body, headers={"Content-Type": media_type})


@cache
def _read_part(url: str) -> bytes:
    return PARTS[url][0].read_bytes()


def render_pdf(html: str, *, own: Mapping[str, tuple[bytes, str]], identifier: str) -> bytes:
    """Return the PDF's bytes, the same for the same input. `own`: {"paper:name": (bytes, media type)}.

    Raises PrintableError, Busy.
    """
    try:
        # A page of PDF takes a second of processor time: one at a time, and who waits too long gets Busy
        # (`access.limits`).
        with papers.turn():
            document = HTML(string=html, base_url="paper:", url_fetcher=ClosedFetcher(own)).render(**VARIANT)
            # A given identifier, so that the same printable has the same bytes, and so the same ETag.
            pdf: bytes = document.write_pdf(pdf_identifier=identifier.encode(), **VARIANT)
    except FatalURLFetchingError:
        raise PrintableError("the paper asked for something outside itself") from None
    return pdf
