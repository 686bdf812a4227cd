"""Template tags of the public pages: rich text, structured data, search results, pages for offline reading.

Also `where_referred`, for the admin's own pages. Tags, because these modules stand above the models that pages are.
"""

import json
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Page
from wagtail.rich_text import RichText, expand_db_html

from ..external_links import show_hosts
from ..json_ld import build_json_ld
from ..models.page_context import PageLink
from ..page_listing import public_page_models, public_pages
from ..page_references import count_references, get_referring_pages
from ..rich_text import remove_dead_links
from ..search import build_results
from ..ways_to_read import WayToRead, get_ways_to_read

register = template.Library()
# It stands within a script element: without these a text with "</script>" would end it.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
PAGES_OF_A_SECTION = 12
PAGES_LOOKED_AT = 300


@register.simple_tag(takes_context=True)
def prose(context: Context, value: Any) -> SafeString:
    """Return a rich text as HTML, with the page's links and glossary terms where a page is being read."""
    reading = context.get("reading")
    if reading is not None:
        return reading.prose(value)
    source = value.source if isinstance(value, RichText) else str(value or "")
    html = show_hosts(remove_dead_links(expand_db_html(source)))
    return mark_safe(html)  # noqa: S308 (editors' rich text, cleaned when it was saved)


@register.simple_tag
def ways_to_read(page: Page) -> list[WayToRead]:
    """Return the parts of a page that say it in easy words or in sign language."""
    return get_ways_to_read(getattr(page, "body", None))


@register.simple_tag(takes_context=True)
def page_address(context: Context, page: Page | None) -> str:
    """Return the address of a page that a block leads to, in the reader's language; "" where nobody may read it."""
    reading = context.get("reading")
    if page is None or reading is None:
        return ""
    return reading.get_address(page.pk)


@register.simple_tag(takes_context=True)
def file_address(context: Context, asset: Any) -> str:
    """Return where a document or a leaflet is read: its URL, or its name where a `bundle` brings it along.

    "" for what the bundle doesn't hold.
    """
    bundle = context.get("bundle")
    if bundle is not None:
        return str(bundle.get_address(asset))
    return str(getattr(asset, "url", None) or getattr(asset, "address", ""))


@register.simple_tag(takes_context=True)
def json_ld(context: Context) -> SafeString | str:
    """Return the page's structured data as a script element.

    A data block: the browser never runs it, so the policy for scripts doesn't apply.
    """
    page = context.get("page")
    is_shown = page is not None and not context.get("is_hidden", True)
    found: dict[str, Any] | None = build_json_ld(page, context.get("lines") or ()) if is_shown else None
    if not found:
        return ""
    data = json.dumps(found, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308 (escaped above)


@register.simple_tag(takes_context=True)
def search_results(context: Context) -> dict[str, Any]:
    """Search for `?q=` in the page's language (`search.build_results`)."""
    glossary = context["reading"].glossary
    return build_results(context["request"], context["page"].locale, context["lines"], glossary)


@register.simple_tag(takes_context=True)
def pages_to_keep(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return [{"title", "addresses", "is_first"}]: the help page, then each page of the menu with those beneath it.

    Sensitive pages aren't offered: no copy of them should stay anywhere.
    """
    request, home, help_page = context.get("request"), context.get("home"), context.get("help_page")
    if home is None:
        return []
    roots: list[PageLink] = [help_page] if help_page else []
    roots += [place for place in context.get("menu") or () if help_page is None or place.pk != help_page.pk]
    near = public_pages(request).filter(path__startswith=home.path, depth__gt=home.depth, depth__lte=home.depth + 2)
    near = near.exclude(pk__in=_sensitive())
    pages = list(near.order_by("path")[:PAGES_LOOKED_AT])
    choices: list[dict[str, Any]] = []
    for root in roots:
        under = [page for page in pages if page.path.startswith(root.path)][:PAGES_OF_A_SECTION]
        if under:
            addresses = [page.get_url(request) for page in under]
            choices.append({"title": root.title, "addresses": addresses, "is_first": not choices})
    return choices


def _sensitive() -> Any:
    first, *others = [
        model._base_manager.filter(is_sensitive=True).values("page_ptr_id") for model in public_page_models()
    ]
    return first.union(*others, all=True)


@register.simple_tag(takes_context=True)
def where_referred(context: dict[str, Any], page: Any) -> dict[str, Any]:
    """Return {"places", "count"} of a page, with addresses for whoever asks."""
    return {"places": get_referring_pages(page, context["request"].user), "count": count_references(page)}
