"""Rich text as HTML that any front end may put on its page: few tags, no scripts, links to where anyone may go.

A link to a page or file that isn't public loses its address, so that nothing of it shows, and its words stay.
"""

import re
from collections.abc import Iterable
from typing import Protocol

from bs4 import BeautifulSoup, Comment, Tag

TAGS = frozenset(
    ["p", "h2", "h3", "h4", "ul", "ol", "li", "b", "strong", "i", "em", "a", "br", "hr", "blockquote", "sub", "sup"]
)
WITHOUT_CONTENT = ["script", "style", "iframe", "object", "embed", "template", "svg", "math", "form", "noscript"]
_SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:|#)", re.IGNORECASE)
_PAGE_LINK = re.compile(r'linktype=\\?"page\\?"[^>]*?\bid=\\?"(\d+)|\bid=\\?"(\d+)\\?"[^>]*?linktype=\\?"page')
_FILE_LINK = re.compile(r'linktype=\\?"document\\?"[^>]*?\bid=\\?"(\d+)|\bid=\\?"(\d+)\\?"[^>]*?linktype=\\?"document')


class LinkResolver(Protocol):
    """Look-up of where a page or file of this id is read; None when it isn't public."""

    def page_url(self, pk: int) -> str | None: ...
    def file_url(self, pk: int) -> str | None: ...


def find_links(texts: Iterable[str]) -> tuple[set[int], set[int]]:
    """Return the ids of the pages and of the files that these texts link to; also within a stream's JSON."""
    pages: set[int] = set()
    files: set[int] = set()
    for text in texts:
        pages.update(int(one or other) for one, other in _PAGE_LINK.findall(text))
        files.update(int(one or other) for one, other in _FILE_LINK.findall(text))
    return pages, files


def to_html(source: str, resolver: LinkResolver) -> str:
    """Return safe HTML of what is stored."""
    if not source:
        return ""
    soup = BeautifulSoup(source, "html.parser")
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    # Removed with what they hold: unwrapping a script would leave its code as text.
    for tag in soup.find_all(WITHOUT_CONTENT):
        tag.decompose()
    for tag in soup.find_all(True):
        if tag.name not in TAGS:
            tag.unwrap()
            continue
        attributes = _link(tag, resolver) if tag.name == "a" else {}
        tag.attrs = attributes  # type: ignore[assignment]
        if tag.name == "a" and not attributes:
            tag.unwrap()
    return str(soup)


def _link(tag: Tag, resolver: LinkResolver) -> dict[str, str]:
    """Return the attributes that a link retains; none when it leads nowhere that anyone may go."""
    kind, key = tag.get("linktype"), str(tag.get("id", ""))
    if kind == "page":
        address = resolver.page_url(int(key)) if key.isdecimal() else None
        return {"href": address, "data-page-id": key} if address else {}
    if kind == "document":
        address = resolver.file_url(int(key)) if key.isdecimal() else None
        return {"href": address} if address else {}
    address = str(tag.get("href", "")).strip()
    # Of the schemes only those that a reader can mean: `javascript:` and `data:` would run in the other site's name.
    return {"href": address} if not kind and _SAFE_ADDRESS.match(address) else {}
