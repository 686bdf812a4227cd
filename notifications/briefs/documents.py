"""The notice on paper: A4, tagged (PDF/UA-1), in the recipient's language, readable in black and white.

WeasyPrint gets everything from memory. Its fetcher knows three names, the stylesheet and two fonts; anything else stops
the rendering, so no template can reach a file or the network. The same notice always gives the same bytes.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from access.limits import papers
from notifications.directory.models import Role
from notifications.outbox.models import BriefDocument, Notice

from .pages import is_urgent, sections_of, why_told

HERE = Path(__file__).parent
PARTS: dict[str, tuple[Path, str]] = {
    "brief:document.css": (HERE / "document.css", "text/css"),
    "brief:LiberationSans-Regular.ttf": (HERE / "fonts" / "LiberationSans-Regular.ttf", "font/ttf"),
    "brief:LiberationSans-Bold.ttf": (HERE / "fonts" / "LiberationSans-Bold.ttf", "font/ttf"),
}
VARIANT = {"pdf_variant": "pdf/ua-1"}
TEMPLATE = "briefs/document.html"
TITLES: dict[str, str | Promise] = {
    Role.RESPONSIBLE_AUTHORITY: _("Notice to the Responsible Authority"),
    Role.CPU: _("Notice to the Child Protection Unit"),
    Role.PROTECTION_SERVICE: _("Referral to a protection service"),
    Role.POLICE: _("Notice to the police"),
    Role.MOBILE_UNIT: _("Notice to the mobile unit"),
}


class DocumentRefused(Exception):
    """A document asked for something that isn't one of its own parts. Says nothing of what was asked for."""


class ClosedFetcher(URLFetcher):
    """Knows PARTS and nothing else."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url not in PARTS:
            raise FatalURLFetchingError("not a part of this document")
        return URLFetcherResponse(url, body=_part(url), headers={"Content-Type": PARTS[url][1]})


@cache
def _part(url: str) -> bytes:
    return PARTS[url][0].read_bytes()


@dataclass(frozen=True)
class Rendered:
    pdf: bytes
    pages: int


def render_document(notice: Notice) -> BriefDocument:
    """The notice's PDF, sealed beside it. Rendered once: a second call returns the first document.

    Raises DocumentRefused.
    """
    found = BriefDocument.objects.filter(notice=notice).first()
    if found is not None:
        return found
    rendered = render(notice)
    sealed: dict[str, Any] = {"pdf": rendered.pdf, "pages": rendered.pages}
    try:
        with transaction.atomic():
            return BriefDocument.objects.create(notice=notice, **sealed)
    except IntegrityError:
        return BriefDocument.objects.get(notice=notice)


def pdf_of(notice: Notice) -> bytes:
    """The PDF's bytes, for reading: the stored document, or one made for this reader and not kept."""
    found = BriefDocument.objects.filter(notice=notice).first()
    stored: Any = found.pdf if found is not None else None
    return stored if stored is not None else render(notice).pdf


def render(notice: Notice) -> Rendered:
    """Lays the notice out. Touches neither database nor disk beyond PARTS. Raises DocumentRefused."""
    with translation.override(notice.language):
        html = render_to_string(TEMPLATE, _context(notice))
    return to_pdf(html, identifier=notice.code)


def to_pdf(html: str, *, identifier: str) -> Rendered:
    """PDF/UA-1 from a page that refers to PARTS only. Raises DocumentRefused, Busy."""
    try:
        with papers.turn():
            return _laid_out(html, identifier)
    except FatalURLFetchingError:
        raise DocumentRefused("the document asked for something outside itself") from None


def _laid_out(html: str, identifier: str) -> Rendered:
    document = HTML(string=html, base_url="brief:", url_fetcher=ClosedFetcher()).render(**VARIANT)
    pdf = document.write_pdf(pdf_identifier=identifier.encode(), **VARIANT)
    return Rendered(pdf, len(document.pages))


def _context(notice: Notice) -> dict[str, Any]:
    contact = notice.contact
    partner = contact.partner if contact else notice.partner
    return {
        "notice": notice,
        "language": notice.language,
        "title": TITLES.get(notice.role, _("Notice")),
        "partner": partner,
        "contact": contact,
        "sections": sections_of(notice, notice.language, on_paper=True),
        "is_urgent": is_urgent(notice),
        "why_told": why_told(notice),
    }
