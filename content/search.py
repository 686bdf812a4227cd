"""Search over the public pages of one language. What is searched for is kept nowhere: no row, no log line."""

import re
from collections.abc import Sequence
from typing import Any, overload
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from wagtail.models import Locale, Page
from wagtail.query import PageQuerySet

from .glossary import Glossary
from .models.hotlines import Hotline
from .models.listing import public_pages
from .ranked import MOST_FOUND, ranked

WORD = re.compile(r"\w+")
LONGEST = 100
MOST_WORDS = 8
RESULTS_A_PAGE = 20


def results_for(request: HttpRequest, locale: Locale, lines: list[Hotline], glossary: Glossary) -> dict[str, Any]:
    """What the search page shows for `?q=`: {"words", "found", "explained", "found_lines", "address"}."""
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST]
    if not words:
        return {"words": ""}
    pages = found_pages(words, public_pages(request).filter(locale=locale), locale)
    return {
        "words": words,
        "found": Paginator(pages, RESULTS_A_PAGE).get_page(request.GET.get("p")),
        "has_more": pages.has_more,
        "explained": glossary.look_up(words),
        "found_lines": [line for line in lines if _asks_for(words, line)],
        "address": f"?{urlencode({'q': words})}&p=",
    }


def _asks_for(words: str, line: Hotline) -> bool:
    """Someone who types a number wants to call it."""
    digits = re.sub(r"\D", "", words)
    return len(digits) >= 3 and digits == line.tel


class Found(Sequence[Page]):
    """Pages in the order of their ids given here; read from the database a slice at a time. `has_more`: the search
    ended at as many as it looks for, and there may be others."""

    def __init__(self, ids: list[int], *, has_more: bool = False) -> None:
        self.ids, self.has_more = ids, has_more

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Page: ...
    @overload
    def __getitem__(self, place: slice) -> list[Page]: ...
    def __getitem__(self, place: int | slice) -> Page | list[Page]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        wanted = self.ids[place]
        pages = Page.objects.select_related("locale").in_bulk(wanted)
        return [pages[pk] for pk in wanted if pk in pages]


def found_pages(words: str, pages: PageQuerySet, locale: Locale, operator: str | None = None) -> Found:
    """Those of `pages` with all these words or their beginnings, the best first; failing that, with any of them.
    `operator` ("and", "or") asks for one of the two only.
    """
    tokens = WORD.findall(words.lower())[:MOST_WORDS]
    if not tokens:
        return Found([])
    if operator:
        return _among(pages, ranked(tokens, operator, locale))
    return _among(pages, ranked(tokens, "and", locale)) or _among(pages, ranked(tokens, "or", locale))


def _among(pages: PageQuerySet, ids: list[int]) -> Found:
    allowed = set(pages.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return Found([pk for pk in ids if pk in allowed], has_more=len(ids) == MOST_FOUND)
