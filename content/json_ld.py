"""Build the structured data of a page (schema.org), where it helps a person find help.

It says who runs the site, which numbers can be called, what a service does, and answers to questions: only what the
page itself says, and only hotlines that may be shown. A hotline is a service with a number: most belong to others, so
none is called a contact of ours.
"""

from collections.abc import Iterable
from html import unescape
from typing import Any

from django.conf import settings
from django.utils.html import strip_tags
from wagtail.models import Page

from .models import HelpPage, HomePage, Hotline, QuestionsPage, ServicePage

CONTEXT = "https://schema.org"
MAX_QUESTIONS = 30
WRITTEN = ("WebSite", "FAQPage")
Node = dict[str, Any]


def build_json_ld(page: Page, lines: Iterable[Hotline]) -> Node | None:
    """Return the page's JSON-LD, or None for pages that need none. The caller checks whether the page is public."""
    makers = {HomePage: _home, HelpPage: _help, ServicePage: _service, QuestionsPage: _questions}
    maker = makers.get(type(page))
    if maker is None:
        return None
    found = maker(page, list(lines))
    if not found:
        return None
    # schema.org has `inLanguage` for written works only, of the types used here.
    language = {"inLanguage": page.locale.language_code} if found["@type"] in WRITTEN else {}
    return {"@context": CONTEXT, **found, **language}


def _home(page: Any, lines: list[Hotline]) -> Node:
    organization = {
        "@type": "NGO",
        "name": "Vatra",
        "url": settings.PUBLIC_URL,
        "areaServed": _area("Shqipëri", "Country"),
    }
    return {"@type": "WebSite", "name": "Vatra", "url": _address(page), "publisher": organization}


def _help(page: Any, lines: list[Hotline]) -> Node | None:
    if not lines:
        return None
    services = [
        {"@type": "ListItem", "position": place, "item": _line(line)} for place, line in enumerate(lines, start=1)
    ]
    return {"@type": "ItemList", "name": page.title, "url": _address(page), "itemListElement": services}


def _service(page: Any, lines: list[Hotline]) -> Node:
    # Among the published hotlines, so that no stale number gets into a search engine's index.
    shown = next((line for line in lines if line.pk == page.line_id), None)
    regions = [_area(region.name, "AdministrativeArea") for region in page.regions.all()]
    return _without_empty(
        {
            "@type": "Service",
            "name": page.title,
            "description": _words(page.what_for) or page.intro,
            "url": _address(page),
            "areaServed": regions or _area("Shqipëri", "Country"),
            "audience": _audience(_words(page.for_whom)),
            "availableChannel": _channel(shown) if shown else None,
        }
    )


def _questions(page: Any, lines: list[Hotline]) -> Node | None:
    entries = [
        {
            "@type": "Question",
            "name": part.value["question"],
            "acceptedAnswer": {"@type": "Answer", "text": _words(part.value["answer"].source)},
        }
        for part in list(page.questions)[:MAX_QUESTIONS]
        if part.block_type == "question"
    ]
    return {"@type": "FAQPage", "url": _address(page), "mainEntity": entries} if entries else None


def _line(line: Hotline) -> Node:
    return _without_empty(
        {
            "@type": "Service",
            "name": str(line.name),
            "description": " ".join(filter(None, [str(line.use), str(line.hours), str(line.cost)])),
            "audience": _audience(str(line.for_whom)),
            "availableChannel": _channel(line),
        }
    )


def _channel(line: Hotline) -> Node:
    contact: Node = {"@type": "ContactPoint", "telephone": line.tel, "availableLanguage": line.languages}
    return {"@type": "ServiceChannel", "servicePhone": _without_empty(contact)}


def _audience(words: str) -> Node | None:
    return {"@type": "Audience", "audienceType": words} if words else None


def _area(name: str, kind: str) -> Node:
    return {"@type": kind, "name": name}


def _address(page: Page) -> str:
    # Without a request: search engines must find one address, whatever host the page was asked at.
    parts = page.get_url_parts()
    return settings.PUBLIC_URL + (parts[2] if parts and parts[2] else "/")


def _words(html: str) -> str:
    """Return the words of a rich text, with a space where a paragraph or a list item ends."""
    parted = html.replace("</p>", "</p> ").replace("</li>", "</li> ").replace("<br/>", " ")
    return " ".join(unescape(strip_tags(parted)).split())


def _without_empty(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, "", [])}
