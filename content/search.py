"""Search over the public pages of one language. What is searched for is stored nowhere: no row, no log line."""

import re
from collections.abc import Sequence
from typing import Any, overload
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from wagtail.models import Locale, Page
from wagtail.query import PageQuerySet

from .fulltext import MAX_FOUND, ranked
from .glossary import Glossary
from .models.hotlines import Hotline
from .models.search import SearchAnswer
from .page_listing import public_pages
from .search_words import Asked, asked_for

MAX_QUERY_LENGTH = 100
MAX_ANSWERS = 3
ENOUGH = 3  # pages; with fewer, pages with fewer of the words follow
RESULTS_A_PAGE = 20


def results_for(request: HttpRequest, locale: Locale, lines: list[Hotline], glossary: Glossary) -> dict[str, Any]:
    """Return what the search page shows for `?q=`: {"words", "found", "explained", "found_lines", "address"}."""
    # PostgreSQL refuses a NUL in a text.
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:MAX_QUERY_LENGTH]
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
    """Return whether somebody typed this hotline's number: they want to call it."""
    digits = re.sub(r"\D", "", words)
    return len(digits) >= 3 and digits == line.tel


class Found(Sequence[Page]):
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


def found_pages(words: str, pages: PageQuerySet, locale: Locale, operator: str | None = None) -> Found:
    """Return those of `pages` that match these words, the best first.

    With all the words, their other forms or synonyms; where these are few, followed by pages with most and then with
    any of the words. Promoted results of the editors stand first. `operator` ("and", "or") asks for all words or any of
    them and nothing else.
    """
    asked = asked_for(words, locale)
    if not asked.groups:
        return Found([])
    if operator:
        return _among(pages, ranked(asked.groups, len(asked.groups) if operator == "and" else 1, locale))
    found = Found([])
    for least in _from_all_to_any(len(asked.groups)):
        found = _joined(found, _among(pages, ranked(asked.groups, least, locale)))
        if len(found) >= ENOUGH:
            break
    return _joined(_among(pages, best_answers(asked, locale)), found)


def _from_all_to_any(count: int) -> list[int]:
    """Return how many of the words must match, try by try."""
    return sorted({count, count - 1, (count + 1) // 2, 1} - {0}, reverse=True)


def best_answers(asked: Asked, locale: Locale) -> list[int]:
    """Return the pages that editors chose for these words, the one with most of them first."""
    chosen: dict[int, int] = {}
    for answer in SearchAnswer.objects.filter(page__locale=locale).order_by("pk"):
        fits = max((asked.fits(line) for line in answer.words), default=0)
        if fits:
            chosen[answer.page_id] = max(fits, chosen.get(answer.page_id, 0))
    return sorted(chosen, key=lambda pk: -chosen[pk])[:MAX_ANSWERS]


def _joined(first: Found, then: Found) -> Found:
    return Found([*dict.fromkeys([*first.ids, *then.ids])][:MAX_FOUND], has_more=first.has_more or then.has_more)


def _among(pages: PageQuerySet, ids: list[int]) -> Found:
    # The index knows nothing of view restrictions and unlisted pages; the queryset does.
    allowed = set(pages.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return Found([pk for pk in ids if pk in allowed], has_more=len(ids) == MAX_FOUND)
