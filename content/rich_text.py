"""Render the rich texts of a page as HTML: links looked up together, glossary terms marked once a page.

Wagtail's own filter asks the database anew for each text with a link; a page has dozens of texts.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Protocol

from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.rich_text import RichText, expand_db_html, features
from wagtail.rich_text.rewriters import LinkRewriter

from .external_links import show_hosts
from .glossary import Glossary, TermMarker
from .page_cache.shared import get_shared
from .page_listing import not_restricted

PAGE_LINK = re.compile(r'<a\b[^>]*\blinktype="page"[^>]*>')
DEAD_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)
PAGE_ID = re.compile(r'\bid="(\d+)"')


def remove_dead_links(html: str) -> str:
    """Replace a link that leads nowhere by its words.

    Wagtail leaves an `<a>` without an address for what is gone or may not be read: it looks like a link and does
    nothing.
    """
    return DEAD_LINK.sub(r"\1", html) if "<a>" in html else html


class LinkedPage(Protocol):
    """A page that others lead to (models.frame.PageLink)."""

    @property
    def pk(self) -> int: ...
    @property
    def url(self) -> str: ...


class RichTextRenderer:
    """Renderer of one page's rich texts for one reader. Built for each rendering: it remembers what it has marked."""

    def __init__(
        self, page: Page, request: HttpRequest | None, glossary: Glossary, *, glossary_page: LinkedPage | None = None
    ) -> None:
        self.page = page
        self.request = request
        self.glossary = glossary
        self.marker = TermMarker(self.glossary, page_of_words=glossary_page.url if glossary_page else "")
        # The glossary page itself shows every term with its explanation.
        self.marks = glossary_page is None or glossary_page.pk != page.pk

    def prose(self, value: Any) -> SafeString:
        """Return a rich text (a block's value or a field's source) as HTML."""
        html = remove_dead_links(self._linked(value.source if isinstance(value, RichText) else str(value or "")))
        if self.marks:
            # Links again: an explanation that was put in may hold links of its own.
            html = remove_dead_links(self._linked(self.marker.mark(html)))
        return mark_safe(show_hosts(html))  # noqa: S308 (editors' rich text, cleaned when it was saved)

    def get_address(self, pk: int) -> str:
        """Return the address of a page that a block leads to; "" for one that nobody may read."""
        return self._addresses.get(str(pk)) or ""

    def _linked(self, html: str) -> str:
        # No editor of ours offers embeds; a text that holds one all the same goes through Wagtail's own rewriter.
        if "<embed" in html:
            return expand_db_html(html)
        return self._links(html) if "linktype=" in html else html

    @cached_property
    def _links(self) -> LinkRewriter:
        others = {name: handler.expand_db_attributes_many for name, handler in features.get_link_types().items()}
        return LinkRewriter(bulk_rules=others | {"page": self._page_links})

    def _page_links(self, links: list[dict[str, str]]) -> list[str]:
        return [self._page_link(self._addresses.get(link.get("id", ""))) for link in links]

    def _page_link(self, address: str | None) -> str:
        """Return the opening tag; it has no address, and is removed later, for a page that nobody may read."""
        return f'<a href="{escape(address)}">' if address is not None else "<a>"

    @cached_property
    def _addresses(self) -> dict[str, str | None]:
        """Read the addresses, by id, of the pages that this page and the glossary link to; None where nobody may read.

        In this page's language where there is a translation. All pages of a language share them and add what is
        missing.
        """
        found = get_shared(self.request, ("links", self.page.locale_id), dict[str, str | None])
        missing = self._linked_from_here - found.keys()
        if missing:
            found.update(self._read_addresses(missing))
        return found

    @cached_property
    def _linked_from_here(self) -> set[str]:
        texts = [*_iter_texts(self.page), *(term.definition for term in self.glossary.terms)]
        return {*_iter_linked_ids(texts), *_iter_chosen_ids(self.page)}

    def _read_addresses(self, ids: set[str]) -> dict[str, str | None]:
        linked = Page.objects.filter(pk__in=ids)
        same = Q(translation_key__in=linked.values("translation_key"), locale_id=self.page.locale_id)
        pages = not_restricted(Page.objects.live(), self.request).filter(Q(pk__in=ids) | same)
        found = list(pages.select_related("locale"))
        # A link leads to the reader's language even when the editor linked to the other one.
        here = {page.translation_key: page for page in found if page.locale_id == self.page.locale_id}
        readable = {str(page.pk): here.get(page.translation_key, page).get_url(self.request) or "" for page in found}
        return {number: readable.get(number) for number in ids}


def _iter_linked_ids(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if "linktype" in text:
            for link in PAGE_LINK.findall(text):
                yield from PAGE_ID.findall(link)


def _iter_texts(page: Page) -> Iterator[str]:
    """Yield every text of a page that may hold links, as stored."""
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            yield from _iter_strings(list(getattr(page, field.name).raw_data))
        elif isinstance(field, RichTextField):
            yield getattr(page, field.name)


def _iter_chosen_ids(page: Page) -> Iterator[str]:
    """Yield the ids of pages that blocks of the page lead to (its field or value `page`)."""
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            yield from _iter_ids_of_pages(list(getattr(page, field.name).raw_data))


def _iter_ids_of_pages(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("page"), int):
            yield str(value["page"])
        for inner in value.values():
            yield from _iter_ids_of_pages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _iter_ids_of_pages(inner)


def _iter_strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _iter_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _iter_strings(inner)
