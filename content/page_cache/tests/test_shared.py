"""What pages made anew have in common is worked out once, and never a moment longer than it is true."""

import re
from unittest import mock

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from content.models import Hotline

from ..invalidation import is_shown
from ..middleware import PageCacheMiddleware
from .cached_pages import PageCacheTest
from .wsgi import ask


class TestWhatPagesShare(PageCacheTest):
    def test_a_page_made_anew_asks_only_for_what_is_its_own(self):
        self.enterContext(mock.patch("content.page_cache.shared.MAX_SECONDS", 3600))  # however slow the machine is
        self.pages = PageCacheMiddleware(self.django, limit=0, seconds=60)
        for url in self.urls:
            ask(self.pages, url)
            with CaptureQueriesContext(connection) as asked:
                assert ask(self.pages, url).status == 200
            assert len(asked) <= 15, (url, [each["sql"] for each in asked])

    def test_a_change_is_seen_in_what_pages_share(self):
        self.pages = PageCacheMiddleware(self.django, limit=0, seconds=60)
        assert b"tel:116111" in ask(self.pages, "/ndihme/").body
        with self.change():
            line = Hotline.objects.get(key="alo_116111")
            line.publish = "no"
            line.save()
        assert b"tel:116111" not in ask(self.pages, "/ndihme/").body

    def test_a_request_from_within_remembers_nothing(self):
        ask(self.pages, "/ndihme/")
        Hotline.objects.filter(key="alo_116111").update(publish="no")
        assert "tel:116111" not in self.html("/ndihme/")

    def test_every_table_that_pages_read_begins_a_new_generation_when_it_changes(self):
        shown = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if is_shown(model)}
        # read, and never the reason of a change that a reader could see
        besides = {"django_content_type", "content_servicepage_regions", "access_region", "modelsearch_indexentry"}
        besides |= {"wagtailimages_rendition"}  # content/pictures.py says itself when sizes come and go
        for url in self.urls:
            with CaptureQueriesContext(connection) as asked:
                self.client.get(url)
            for query in asked:
                tables = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"]))
                assert tables <= shown | besides, (url, tables - shown)
