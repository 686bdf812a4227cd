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
TYPES_WITH_LANGUAGE = ("WebSite", "FAQPage")
Node = dict[str, Any]


def build_json_ld(page: Page, lines: Iterable[Hotline]) -> Node | None:
    """Return the page's JSON-LD, or None for pages that need none. The caller checks whether the page is public."""
    makers = {
        HomePage: _build_home,
        HelpPage: _build_help,
        ServicePage: _build_service,
        QuestionsPage: _build_questions,
    }
    maker = makers.get(type(page))
    if maker is None:
        return None
    found = maker(page, list(lines))
    if not found:
        return None
    # schema.org has `inLanguage` for written works only, of the types used here.
    language = {"inLanguage": page.locale.language_code} if found["@type"] in TYPES_WITH_LANGUAGE else {}
    return {"@context": CONTEXT, **found, **language}


def _build_home(page: Any, lines: list[Hotline]) -> Node:
    organization = {
        "@type": "NGO",
        "name": "Vatra",
        "url": settings.PUBLIC_URL,
        "areaServed": _build_area("Shqipëri", "Country"),
    }
    return {"@type": "WebSite", "name": "Vatra", "url": _get_address(page), "publisher": organization}


def _build_help(page: Any, lines: list[Hotline]) -> Node | None:
    if not lines:
        return None
    services = [
        {"@type": "ListItem", "position": place, "item": _build_hotline(line)}
        for place, line in enumerate(lines, start=1)
    ]
    return {"@type": "ItemList", "name": page.title, "url": _get_address(page), "itemListElement": services}


def _build_service(page: Any, lines: list[Hotline]) -> Node:
    # Among the published hotlines, so that no stale number gets into a search engine's index.
    shown = next((line for line in lines if line.pk == page.line_id), None)
    regions = [_build_area(region.name, "AdministrativeArea") for region in page.regions.all()]
    return _drop_empty(
        {
            "@type": "Service",
            "name": page.title,
            "description": _get_plain_text(page.what_for) or page.intro,
            "url": _get_address(page),
            "areaServed": regions or _build_area("Shqipëri", "Country"),
            "audience": _build_audience(_get_plain_text(page.for_whom)),
            "availableChannel": _build_channel(shown) if shown else None,
        }
    )


def _build_questions(page: Any, lines: list[Hotline]) -> Node | None:
    entries = [
        {
            "@type": "Question",
            "name": part.value["question"],
            "acceptedAnswer": {"@type": "Answer", "text": _get_plain_text(part.value["answer"].source)},
        }
        for part in list(page.questions)[:MAX_QUESTIONS]
        if part.block_type == "question"
    ]
    return {"@type": "FAQPage", "url": _get_address(page), "mainEntity": entries} if entries else None


def _build_hotline(line: Hotline) -> Node:
    return _drop_empty(
        {
            "@type": "Service",
            "name": str(line.name),
            "description": " ".join(filter(None, [str(line.use), str(line.hours), str(line.cost)])),
            "audience": _build_audience(str(line.for_whom)),
            "availableChannel": _build_channel(line),
        }
    )


def _build_channel(line: Hotline) -> Node:
    contact: Node = {"@type": "ContactPoint", "telephone": line.tel, "availableLanguage": line.languages}
    return {"@type": "ServiceChannel", "servicePhone": _drop_empty(contact)}


def _build_audience(words: str) -> Node | None:
    return {"@type": "Audience", "audienceType": words} if words else None


def _build_area(name: str, kind: str) -> Node:
    return {"@type": kind, "name": name}


def _get_address(page: Page) -> str:
    # Without a request: search engines must find one address, whatever host the page was asked at.
    parts = page.get_url_parts()
    return settings.PUBLIC_URL + (parts[2] if parts and parts[2] else "/")


def _get_plain_text(html: str) -> str:
    """Return the words of a rich text, with a space where a paragraph or a list item ends."""
    parted = html.replace("</p>", "</p> ").replace("</li>", "</li> ").replace("<br/>", " ")
    return " ".join(unescape(strip_tags(parted)).split())


def _drop_empty(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, "", [])}
