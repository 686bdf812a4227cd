"""Seed the first synonyms and promoted results, from `data/search.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from wagtail.models import Locale, Page

from .models import SearchAnswer, SearchSynonyms

WORDS = Path(__file__).parent / "data" / "search.json"


class Remembers(Protocol):
    """Memory of what was seeded before."""

    def first_time(self, key: str) -> bool: ...


def seed_search(memory: Remembers, pages: Mapping[tuple[str, str], Page]) -> None:
    """Add what was never seeded here. `pages`: by key and language; a result whose page is missing is left out."""
    said = json.loads(WORDS.read_text(encoding="utf-8"))
    for locale in Locale.objects.all():
        language = locale.language_code
        for group in said["synonyms"]:
            if language in group and memory.first_time(f"synonyms:{group['key']}:{language}"):
                SearchSynonyms.objects.create(locale=locale, words=group[language])
        for answer in said["answers"]:
            page = pages.get((answer["page"], language))
            if page is not None and language in answer and memory.first_time(f"answer:{answer['page']}:{language}"):
                SearchAnswer.objects.create(page_id=page.pk, words=answer[language])
