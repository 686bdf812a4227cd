"""Make PDF/UA of HTML that refers to nothing outside itself.

As with the notices on paper: WeasyPrint gets everything from memory, and anything it isn't given stops the rendering.
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
    """A paper asked for something that isn't one of its own parts."""


class ClosedFetcher(URLFetcher):
    """Knows PARTS and what this one paper brings along."""

    def __init__(self, own: Mapping[str, tuple[bytes, str]]) -> None:
        super().__init__()
        self.own = own

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url in self.own:
            body, media_type = self.own[url]
        elif url in PARTS:
            body, media_type = _part(url), PARTS[url][1]
        else:
            raise FatalURLFetchingError("not a part of this paper")
        return URLFetcherResponse(url, body=body, headers={"Content-Type": media_type})


@cache
def _part(url: str) -> bytes:
    return PARTS[url][0].read_bytes()


def to_pdf(html: str, *, own: Mapping[str, tuple[bytes, str]], identifier: str) -> bytes:
    """The paper's bytes, always the same ones. `own`: {"paper:name": (bytes, media type)}.

    Raises PrintableError, Busy.
    """
    try:
        with papers.turn():
            document = HTML(string=html, base_url="paper:", url_fetcher=ClosedFetcher(own)).render(**VARIANT)
            pdf: bytes = document.write_pdf(pdf_identifier=identifier.encode(), **VARIANT)
    except FatalURLFetchingError:
        raise PrintableError("the paper asked for something outside itself") from None
    return pdf
