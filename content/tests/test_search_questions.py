"""Sixty things that people say, each with the page that should be among the first three, in both languages."""

import json
from pathlib import Path

from wagtail.models import Locale

from ..page_listing import public_pages
from ..search import search_pages
from ..seeding.pages import get_pages_by_key
from .seeded import SeededTest

QUESTIONS = json.loads((Path(__file__).parent / "data" / "questions.json").read_text(encoding="utf-8"))
FIRST = 3


class TestQuestions(SeededTest):
    def test_there_are_sixty_of_them_in_both_languages(self):
        assert len(QUESTIONS) >= 60
        for language in ("sq", "en"):
            assert len({question[language] for question in QUESTIONS}) == len(QUESTIONS)

    def test_each_finds_its_page_among_the_first_three(self):
        pages = get_pages_by_key()
        missed = []
        for locale in Locale.objects.all():
            language = locale.language_code
            allowed = public_pages().filter(locale=locale)
            for question in QUESTIONS:
                wanted = pages[question["page"], language].pk
                found = search_pages(question[language], allowed, locale)
                if wanted not in found.ids[:FIRST]:
                    first = [page.title for page in found[:FIRST]]
                    missed.append((language, question[language], question["page"], first, len(found)))
        assert not missed, "\n".join(map(str, missed))
