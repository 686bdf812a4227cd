"""One seeding for all tests of a class: laying down a hundred pages takes seconds."""

from django.core.cache import cache
from django.test import TestCase
from wagtail.models import Page

from tests.rows import laid_down

from ..seeding.actions import seed_content


class SeededTest(TestCase):
    """The public site as seeding lays it down. `urls`: the address of every public page, both languages."""

    urls: list[str]

    @classmethod
    def setUpTestData(cls) -> None:
        laid_down(seed_content)
        cls.urls = [page.url for page in Page.objects.live().filter(depth__gte=2).order_by("path")]

    def setUp(self) -> None:
        cache.clear()  # Wagtail keeps the site's root paths there, beyond a rolled-back test
        self.addCleanup(cache.clear)

    def html(self, url: str) -> str:
        response = self.client.get(url)
        assert response.status_code == 200, (url, response.status_code)
        return response.content.decode()
