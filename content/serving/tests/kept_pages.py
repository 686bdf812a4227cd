"""A house of whole pages in front of a Django that counts what it is asked."""

from django.core.cache import caches

from content.tests.seeded import SeededTest

from ..generation import generation
from ..whole_pages import WholePages
from .wsgi import Counting, ask

MB = 1024 * 1024


class WholePagesTest(SeededTest):
    def setUp(self) -> None:
        super().setUp()
        caches["pages"].clear()
        generation.look()
        self.django = Counting()
        self.house = WholePages(self.django, limit=8 * MB, seconds=60)

    def change(self):
        """What changes inside is committed at its end."""
        return self.captureOnCommitCallbacks(execute=True)

    def asked_for(self, path: str, **headers: str) -> int:
        """How often Django was needed for this."""
        before = self.django.asked
        self.answer = ask(self.house, path, **headers)
        return self.django.asked - before
