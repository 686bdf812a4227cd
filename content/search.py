"""Search over the public pages of one language. What is searched for is stored nowhere: no row, no log line."""

import re
from collections.abc import Sequence
from typing import Any, overload
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from wagtail.models import Locale, Page
from wagtail.query import PageQuerySet

from .fulltext import MAX_FOUND, rank_pages
from .glossary import Glossary
from .models.hotlines import Hotline
from .models.search import SearchAnswer
from .page_listing import public_pages
from .search_query import SearchQuery, parse_query

MAX_QUERY_LENGTH = 100
MAX_PROMOTED = 3
MIN_RESULTS = 3  # pages; with fewer, pages with fewer of the words follow
PAGE_SIZE = 20


def build_results(request: HttpRequest, locale: Locale, lines: list[Hotline], glossary: Glossary) -> dict[str, Any]:
    """Return what the search page shows for `?q=`: {"words", "found", "explained", "found_lines", "address"}."""
    # PostgreSQL refuses a NUL in a text.
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:MAX_QUERY_LENGTH]
    if not words:
        return {"words": ""}
    pages = search_pages(words, public_pages(request).filter(locale=locale), locale)
    return {
        "words": words,
        "found": Paginator(pages, PAGE_SIZE).get_page(request.GET.get("p")),
        "has_more": pages.has_more,
        "explained": glossary.look_up(words),
        "found_lines": [line for line in lines if _is_number_of(words, line)],
        "address": f"?{urlencode({'q': words})}&p=",
    }


def _is_number_of(words: str, line: Hotline) -> bool:
    """Return whether somebody typed this hotline's number: they want to call it."""
    digits = re.sub(r"\D", "", words)
    return len(digits) >= 3 and digits == line.tel


class PageResults(Sequence[Page]):
    """Pages in the order of the given ids, read from the database a slice at a time.

    `has_more`: the search ended at as many as it looks for, and there may be others.
    """

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
        # A page may have been deleted since the ids were read.
        return [pages[pk] for pk in wanted if pk in pages]


def search_pages(words: str, pages: PageQuerySet, locale: Locale, operator: str | None = None) -> PageResults:
    """Return those of `pages` that match these words, the best first.

    With all the words, their other forms or synonyms; where these are few, followed by pages with most and then with
    any of the words. Promoted results of the editors stand first. `operator` ("and", "or") asks for all words or any of
    them and nothing else.
    """
    asked = parse_query(words, locale)
    if not asked.groups:
        return PageResults([])
    if operator:
        return _restrict(pages, rank_pages(asked.groups, len(asked.groups) if operator == "and" else 1, locale))
    found = PageResults([])
    for least in _get_word_counts(len(asked.groups)):
        found = _join(found, _restrict(pages, rank_pages(asked.groups, least, locale)))
        if len(found) >= MIN_RESULTS:
            break
    return _join(_restrict(pages, get_promoted_pages(asked, locale)), found)


def _get_word_counts(count: int) -> list[int]:
    """Return how many of the words must match, try by try."""
    return sorted({count, count - 1, (count + 1) // 2, 1} - {0}, reverse=True)


def get_promoted_pages(asked: SearchQuery, locale: Locale) -> list[int]:
    """Return the pages that editors chose for these words, the one with most of them first."""
    chosen: dict[int, int] = {}
    for answer in SearchAnswer.objects.filter(page__locale=locale).order_by("pk"):
        fits = max((asked.fits(line) for line in answer.words), default=0)
        if fits:
            chosen[answer.page_id] = max(fits, chosen.get(answer.page_id, 0))
    return sorted(chosen, key=lambda pk: -chosen[pk])[:MAX_PROMOTED]


def _join(first: PageResults, then: PageResults) -> PageResults:
    return PageResults([*dict.fromkeys([*first.ids, *then.ids])][:MAX_FOUND], has_more=first.has_more or then.has_more)


def _restrict(pages: PageQuerySet, ids: list[int]) -> PageResults:
    # The index knows nothing of view restrictions and unlisted pages; the queryset does.
    allowed = set(pages.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return PageResults([pk for pk in ids if pk in allowed], has_more=len(ids) == MAX_FOUND)
