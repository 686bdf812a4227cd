"""WeasyPrint with everything from memory: HTML and the parts it may name go in, PDF/UA-1 comes out.

Anything that the HTML names and isn't given stops the rendering, so no template can reach a file or the network. Only
`pdf.render_closed` imports this module, and only when it renders: WeasyPrint takes as long to load as all of Django.
"""

from typing import Any

from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .rendered import NotGiven, Parts, Rendered

VARIANT = {"pdf_variant": "pdf/ua-1"}


class _ClosedFetcher(URLFetcher):
    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url not in self.parts:
            # Fatal: WeasyPrint would log any other error and print the page without the part.
            raise FatalURLFetchingError("not a part of this document")
        body, media_type = self.parts[url]
        return URLFetcherResponse(url, body=body, headers={"Content-Type": media_type})


def render(html: str, parts: Parts, *, base_url: str, identifier: str) -> Rendered:
    """Render `html`. Raises NotGiven."""
    try:
        document = HTML(string=html, base_url=base_url, url_fetcher=_ClosedFetcher(parts)).render(**VARIANT)
        # A given identifier, so that the same document has the same bytes, and so the same ETag.
        pdf: bytes = document.write_pdf(pdf_identifier=identifier.encode(), **VARIANT)
    except FatalURLFetchingError:
        raise NotGiven from None
    return Rendered(pdf, len(document.pages))
