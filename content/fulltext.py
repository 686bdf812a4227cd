"""Query the full-text tables of both databases for beginnings of words ("poli" for "policia").

Albanian with its endings needs them, and Wagtail's `search()` knows none; docs/adr/0089 says what was measured.

Both ignore diacritics: SQLite's tokenizer by itself, PostgreSQL by the search configuration of migration 0004.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from wagtail.models import Locale
from wagtail.search.models import IndexEntry

from .page_listing import public_page_models

MAX_FOUND = 200
MAX_RANKED = 1000  # of all languages and types
CONFIG = "vatra"  # of PostgreSQL; also settings.WAGTAILSEARCH_BACKENDS

ENTRIES = IndexEntry._meta.db_table
WORDS = f"{ENTRIES}_fts"
# Columns of the full-text table: autocomplete, body, title; a word in the title weighs as ten in the text. The best are
# taken before anything else is looked up, which keeps a word that stands on every page cheap.
ON_SQLITE = f"""
    SELECT page.id FROM (
        SELECT rowid AS entry_id, rank AS place FROM {WORDS}
        WHERE {WORDS} MATCH %s AND rank MATCH 'bm25(0.0, 1.0, 10.0)' ORDER BY rank LIMIT %s
    ) AS best JOIN {ENTRIES} AS entry ON entry.id = best.entry_id
    JOIN wagtailcore_page AS page ON page.id = CAST(entry.object_id AS INTEGER)
    WHERE entry.content_type_id = page.content_type_id
    AND page.content_type_id IN (SELECT value FROM json_each(%s)) AND page.locale_id = %s AND page.live
    ORDER BY best.place, page.id LIMIT %s
"""  # noqa: S608 (names of tables)
# Each word may stand in the title or in the text, so each is asked for in both; the indexes of both columns answer.
ON_POSTGRESQL = f"""
    SELECT page.id FROM {ENTRIES} AS entry JOIN wagtailcore_page AS page ON page.id = entry.object_id::bigint
    WHERE entry.content_type_id = page.content_type_id
    AND page.content_type_id = ANY(%s) AND page.locale_id = %s AND page.live AND ({{conditions}})
    ORDER BY 10 * ts_rank(entry.title, to_tsquery('{CONFIG}', %s))
    + ts_rank(entry.body, to_tsquery('{CONFIG}', %s)) DESC, page.id LIMIT %s
"""  # noqa: S608
CONDITION = f"(entry.title @@ to_tsquery('{CONFIG}', %s) OR entry.body @@ to_tsquery('{CONFIG}', %s))"


@dataclass(frozen=True)
class Term:
    """Letters and digits to look for: the beginning of a word, or a whole one."""

    text: str
    is_beginning: bool = True


Group = Sequence[Term]  # any of them will do


def rank_pages(groups: Sequence[Group], least: int, locale: Locale) -> list[int]:
    """Return the ids of live public pages of this language that have a term of at least `least` of these groups.

    The best first, at most MAX_FOUND.
    """
    kinds = [kind.pk for kind in ContentType.objects.get_for_models(*public_page_models()).values()]
    ask = _build_postgresql_query if connection.vendor == "postgresql" else _build_sqlite_query
    statement, values = ask(groups, least, kinds, locale.pk)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [pk for (pk,) in cursor.fetchall()]


def _build_sqlite_query(groups: Sequence[Group], least: int, kinds: list[int], locale: int) -> tuple[str, list[Any]]:
    # Terms hold letters and digits only (`search_words`), so none can end the quotes.
    ways = [" OR ".join(f'"{term.text}"{"*" if term.is_beginning else ""}' for term in group) for group in groups]
    # FTS5 can't count matches: "two of three" becomes each pair. Six words at most keep that short.
    match = " OR ".join(f"({' AND '.join(f'({way})' for way in some)})" for some in combinations(ways, least))
    return ON_SQLITE, [f"{{title body}} : ({match})", MAX_RANKED, str(kinds), locale, MAX_FOUND]


def _build_postgresql_query(
    groups: Sequence[Group], least: int, kinds: list[int], locale: int
) -> tuple[str, list[Any]]:
    ways = [" | ".join(f"'{term.text}'{':*' if term.is_beginning else ''}" for term in group) for group in groups]
    chosen = [*combinations(ways, least)]
    conditions = " OR ".join(f"({' AND '.join([CONDITION] * len(some))})" for some in chosen)
    asked = [way for some in chosen for way in some for _column in ("title", "body")]
    any_of_them = " | ".join(ways)
    values = [kinds, locale, *asked, any_of_them, any_of_them, MAX_FOUND]
    return ON_POSTGRESQL.format(conditions=conditions), values
