"""The sitemap and robots.txt: the public pages in each language, and what crawlers must not read."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from wagtail.models import Site

from access.languages import DEFAULT_LANGUAGE, LANGUAGES

from .api.loader import absolute_url
from .api.page_queries import shown_pages
from .page_cache.markers import mark_cacheable

MAX_ENTRIES = 50_000  # the protocol's limit for one file
DISALLOWED = (
    "/accounts/",
    "/api/",
    "/cms/",
    "/dil/",
    "/documents/",
    "/field/",
    "/k/",
    "/n/",
    "/pyet/",
    "/sandbox/",
)
IN_OTHER_LANGUAGES = ("/k/", "/pyet/")


@dataclass(frozen=True)
class Entry:
    address: str
    language: str
    changed: datetime | None


def sitemap(request: HttpRequest) -> HttpResponse:
    """Serve every listed public page, with the same page in other languages."""
    answer = HttpResponse("".join(_iter_xml(request)), content_type="application/xml; charset=utf-8")
    mark_cacheable(request, answer)
    return answer


def robots(request: HttpRequest) -> HttpResponse:
    others = [code for code in LANGUAGES if code != DEFAULT_LANGUAGE]
    shut = [*DISALLOWED, *(f"/{code}{path}" for code in others for path in IN_OTHER_LANGUAGES)]
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in shut),
        "",
        f"Sitemap: {absolute_url(reverse('sitemap'))}",
        "",
    ]
    answer = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    mark_cacheable(request, answer)
    return answer


def _iter_xml(request: HttpRequest) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
    for twins in _get_entries(request).values():
        links = "".join(_iter_alternates(twins)) if len(twins) > 1 else ""
        for entry in twins:
            changed = f"<lastmod>{entry.changed.isoformat(timespec='seconds')}</lastmod>" if entry.changed else ""
            yield f"<url><loc>{escape(entry.address)}</loc>{changed}{links}</url>\n"
    yield "</urlset>\n"


def _iter_alternates(twins: list[Entry]) -> Iterator[str]:
    for entry in twins:
        yield _alternate(entry.language, entry.address)
    first = next((entry for entry in twins if entry.language == DEFAULT_LANGUAGE), None)
    if first:
        # For readers of any other language search engines offer the main language.
        yield _alternate("x-default", first.address)


def _alternate(language: str, address: str) -> str:
    return f'<xhtml:link rel="alternate" hreflang="{language}" href={quoteattr(address)}/>'


def _get_entries(request: HttpRequest) -> dict[Any, list[Entry]]:
    """Return the pages, those that are translations of each other together.

    Ten thousand of them in a few queries: addresses are built here instead of asking each page.
    """
    homes = _get_homes()
    rows = shown_pages(request).values_list("path", "url_path", "translation_key", "last_published_at")[:MAX_ENTRIES]
    found: dict[Any, list[Entry]] = defaultdict(list)
    for path, url_path, key, changed in rows:
        for home_path, (home_url_path, language, start) in homes.items():
            # A page stands beneath one home page, whose locale is its language.
            if path.startswith(home_path):
                found[key].append(Entry(start + url_path[len(home_url_path) :], language, changed))
                break
    return found


def _get_homes() -> dict[str, tuple[str, str, str]]:
    """Return {path in the tree: (its url_path, language, where it is read)} of the home page in each language."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return {}
    found = {}
    for home in site.root_page.get_translations(inclusive=True).select_related("locale"):
        language = home.locale.language_code
        with translation.override(language):
            found[home.path] = (home.url_path, language, absolute_url(reverse("wagtail_serve", args=[""])))
    return found
