"""Search over the public pages of one language. What is searched for is kept nowhere: no row, no log line."""

import re
from collections.abc import Sequence
from typing import Any, overload
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest
from wagtail.models import Locale, Page
from wagtail.query import PageQuerySet
from wagtail.search.backends import get_search_backend
from wagtail.search.models import IndexEntry

from .glossary import Glossary
from .models.hotlines import Hotline
from .models.listing import public_page_models, public_pages

WORD = re.compile(r"\w+")
LONGEST = 100
MOST_WORDS = 8
MOST_FOUND = 200
MOST_RANKED = 1000  # of all languages and types
PREFIX_FROM = 3  # letters; shorter words are looked for as they are
RESULTS_A_PAGE = 20

ENTRIES = IndexEntry._meta.db_table
WORDS = f"{ENTRIES}_fts"
# Columns of the table of words: autocomplete, body, title; a word in the title weighs as ten in the text. The best are
# taken before anything else is looked up, which keeps a word that stands on every page cheap.
RANKED = f"""
    SELECT page.id FROM (
        SELECT rowid AS entry_id, rank AS place FROM {WORDS}
        WHERE {WORDS} MATCH %s AND rank MATCH 'bm25(0.0, 1.0, 10.0)' ORDER BY rank LIMIT %s
    ) AS best JOIN {ENTRIES} AS entry ON entry.id = best.entry_id
    JOIN wagtailcore_page AS page ON page.id = CAST(entry.object_id AS INTEGER)
    WHERE entry.content_type_id = page.content_type_id
    AND page.content_type_id IN (SELECT value FROM json_each(%s)) AND page.locale_id = %s AND page.live
    ORDER BY best.place, page.id LIMIT %s
"""  # noqa: S608 (names of tables)


def results_for(request: HttpRequest, locale: Locale, lines: list[Hotline], glossary: Glossary) -> dict[str, Any]:
    """What the search page shows for `?q=`: {"words", "found", "explained", "found_lines", "address"}."""
    words = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST]
    if not words:
        return {"words": ""}
    found = Paginator(found_pages(words, public_pages(request).filter(locale=locale), locale), RESULTS_A_PAGE)
    return {
        "words": words,
        "found": found.get_page(request.GET.get("p")),
        "explained": glossary.look_up(words),
        "found_lines": [line for line in lines if _asks_for(words, line)],
        "address": f"?{urlencode({'q': words})}&p=",
    }


def _asks_for(words: str, line: Hotline) -> bool:
    """Someone who types a number wants to call it."""
    digits = re.sub(r"\D", "", words)
    return len(digits) >= 3 and digits == line.tel


class Found(Sequence[Page]):
    """Pages in the order of their ids given here; read from the database a slice at a time."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids

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


def found_pages(words: str, pages: PageQuerySet, locale: Locale, operator: str | None = None) -> Any:
    """Those of `pages` with all these words or their beginnings, the best first; failing that, with any of them.
    `operator` ("and", "or") asks for one of the two only.

    On SQLite the full-text table is asked directly: Wagtail's own query ranks each page it found by searching anew, and
    knows no beginnings of words ("poli" for "policia"), which Albanian with its endings needs.
    """
    tokens = WORD.findall(words.lower())[:MOST_WORDS]
    if not tokens:
        return Found([])
    if connection.vendor != "sqlite":
        return get_search_backend().search(" ".join(tokens), pages, operator=operator)
    if operator:
        return _among(pages, _ranked(tokens, f" {operator.upper()} ", locale))
    return _among(pages, _ranked(tokens, " AND ", locale)) or _among(pages, _ranked(tokens, " OR ", locale))


def _ranked(tokens: list[str], joined: str, locale: Locale) -> list[int]:
    match = joined.join(f'"{token}"*' if len(token) >= PREFIX_FROM else f'"{token}"' for token in tokens)
    kinds = [kind.pk for kind in ContentType.objects.get_for_models(*public_page_models()).values()]
    with connection.cursor() as cursor:
        cursor.execute(RANKED, [f"{{title body}} : ({match})", MOST_RANKED, str(kinds), locale.pk, MOST_FOUND])
        return [pk for (pk,) in cursor.fetchall()]


def _among(pages: PageQuerySet, ids: list[int]) -> Found:
    allowed = set(pages.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return Found([pk for pk in ids if pk in allowed])
