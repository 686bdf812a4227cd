"""A small public site made page by page, for tests of types and blocks that seeding needn't hold."""

import json
from typing import Any

from django.core.cache import cache
from django.test import TestCase
from wagtail.models import Locale, Page, Site

from ..models import GlossaryPage, GlossaryTerm, HomePage, Hotline, SearchPage, SectionPage


class PublicSiteTest(TestCase):
    """`self.home`, `self.section`, `self.words` (the glossary page) and `self.search`, in Albanian; one danger line."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.sq = Locale.objects.get_or_create(language_code="sq")[0]
        cls.en = Locale.objects.get_or_create(language_code="en")[0]
        root = Page.get_first_root_node()
        cls.home = root.add_child(instance=HomePage(title="Fillimi", slug="fillimi", locale=cls.sq))
        Site.objects.update_or_create(
            is_default_site=True, defaults={"hostname": "testserver", "port": 80, "root_page": cls.home}
        )
        cls.section = cls.put(SectionPage(title="Pjesa", slug="pjesa", show_in_menus=True))
        cls.words = cls.put(GlossaryPage(title="Fjalët", slug="fjalet"))
        cls.search = cls.put(SearchPage(title="Kërkoni", slug="kerko"))
        cls.line = Hotline.objects.create(
            key="police", number="129", name_sq="Policia", name_en="Police", short_sq="Policia", short_en="Police",
            source="test", publish="yes", for_danger=True, never_stale=True,
        )  # fmt: skip

    def setUp(self) -> None:
        cache.clear()
        self.addCleanup(cache.clear)

    @classmethod
    def put(cls, page: Page, under: Page | None = None) -> Any:
        page.locale = cls.sq
        return (under or cls.home).add_child(instance=page)

    @classmethod
    def explain(cls, term: str, definition: str, forms: tuple[str, ...] = ()) -> GlossaryTerm:
        return GlossaryTerm.objects.create(
            term=term, definition=f"<p>{definition}</p>", forms=list(forms), locale=cls.sq
        )

    def html(self, page: Page, query: str = "") -> str:
        response = self.client.get(page.url + query)
        assert response.status_code == 200, (page.url, response.status_code)
        return response.content.decode()


def stream(*blocks: tuple[str, Any]) -> str:
    return json.dumps([{"type": name, "value": value} for name, value in blocks])


def main(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]
