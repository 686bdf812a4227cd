"""One seeding for all tests of a class: laying down a hundred pages takes seconds."""

from typing import Any

from django.core.cache import cache
from django.test import Client, TestCase
from wagtail.models import Page

from tests.rows import laid_down

from ..seeding.actions import seed_content

_answers: dict[str, Any] = {}


def _without_its_making(answer: Any) -> Any:
    """Let go of what Django's test client keeps with an answer: contexts, templates, the request."""
    for name in ("context", "templates", "client", "request", "wsgi_request", "resolver_match"):
        setattr(answer, name, None)
    return answer


class SeededTest(TestCase):
    """The public site as seeding lays it down. `urls`: the address of every public page, both languages."""

    urls: list[str]

    @classmethod
    def setUpTestData(cls) -> None:
        laid_down(seed_content)
        # Materials and kits of sessions have no address.
        cls.urls = [url for page in Page.objects.live().filter(depth__gte=2).order_by("path") if (url := page.url)]

    @classmethod
    def get_answers(cls) -> dict[str, Any]:
        """What a reader gets at each address; asked for once in a process, as the same site is laid down each time."""
        if _answers.keys() != set(cls.urls):
            _answers.clear()
            cache.clear()
            _answers.update({url: _without_its_making(Client().get(url)) for url in cls.urls})
        return _answers

    def setUp(self) -> None:
        cache.clear()  # Wagtail keeps the site's root paths there, beyond a rolled-back test
        self.addCleanup(cache.clear)

    def html(self, url: str) -> str:
        response = self.client.get(url)
        assert response.status_code == 200, (url, response.status_code)
        return response.content.decode()
