"""Whatever changes what a reader sees ends the pages that were kept, in every process."""

import os
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

from django.core.cache import caches
from wagtail.models import Site

from content.models import ArticlePage, Hotline, SectionPage
from content.tests.seeded import SeededTest

from ..middleware import PageCacheMiddleware
from ..version import CacheVersion, cache_version
from .cached_pages import MB, PageCacheTest
from .wsgi import Counting, ask


class TestWhatEndsIt(PageCacheTest):
    def assert_changed(self, url: str, shown: str, *, gone: bool = False) -> None:
        cache_version.refresh()
        assert (shown in ask(self.pages, url).body.decode()) is not gone

    def test_publishing_shows_on_every_page_that_names_it(self):
        before = ask(self.pages, "/en/").body
        with self.change():
            page = SectionPage.objects.get(slug="rights")
            page.title = "What is yours"
            page.save_revision().publish()
        assert b"What is yours" not in before
        self.assert_changed("/en/", "What is yours")

    def test_a_saved_draft_ends_nothing(self):
        ask(self.pages, "/en/")
        with self.change():
            page = SectionPage.objects.get(slug="rights")
            page.title = "A draft"
            page.save_revision()
        cache_version.refresh()
        assert self.asked_for("/en/") == 0

    def test_unpublishing_deleting_and_moving_end_it(self):
        pages = ArticlePage.objects.filter(locale__language_code="en").order_by("path")
        for step, page in zip(("unpublish", "move", "delete"), [pages[0], pages[1], pages[2]], strict=True):
            url = page.url
            assert ask(self.pages, url).status == 200
            with self.change():
                if step == "move":
                    page.move(pages[3], "last-child")
                else:
                    getattr(page, step)()
            cache_version.refresh()
            assert ask(self.pages, url).status in (301, 302, 404), step

    def test_a_changed_line_is_gone_at_once_and_a_deleted_one_too(self):
        assert b"tel:116111" in ask(self.pages, "/ndihme/").body
        with self.change():
            line = Hotline.objects.get(key="alo_116111")
            line.publish = "no"
            line.save()
        self.assert_changed("/ndihme/", "tel:116111", gone=True)
        with self.change():
            Hotline.objects.get(key="women_116117").delete()
        self.assert_changed("/ndihme/", "tel:116117", gone=True)

    def test_nothing_ends_before_the_change_is_committed(self):
        ask(self.pages, "/")
        with self.captureOnCommitCallbacks(execute=False):
            Site.objects.get().save()
        cache_version.refresh()
        assert self.asked_for("/") == 0

    def test_many_changes_of_one_transaction_are_one(self):
        with mock.patch.object(caches["pages"], "set") as written, self.change():
            for line in Hotline.objects.all():
                line.save()
        assert written.call_count == 1

    def test_midnight_ends_it_because_lines_grow_old(self):
        ask(self.pages, "/")
        tomorrow = datetime.now(ZoneInfo("Europe/Tirane")) + timedelta(days=1)
        with mock.patch("content.page_cache.version.timezone.localdate", return_value=tomorrow.date()):
            cache_version.refresh()
            assert self.asked_for("/") == 1
        cache_version.refresh()

    def test_what_passed_our_signals_by_ends_by_age(self):
        self.pages.seconds = 0.05
        ask(self.pages, "/ndihme/")
        Hotline.objects.filter(key="alo_116111").update(publish="no")
        time.sleep(0.06)
        with mock.patch("content.page_cache.shared.time.monotonic", return_value=time.monotonic() + 16):
            assert b"tel:116111" not in ask(self.pages, "/ndihme/").body

    def test_a_page_made_while_a_change_is_committed_counts_as_old(self):
        real = self.django.inner

        def slow(environ, start_response):
            body = real(environ, start_response)
            with self.change():
                Site.objects.get().save()
            return body

        self.django.inner = slow
        ask(self.pages, "/")
        self.django.inner = real
        assert self.asked_for("/") == 1


class TestGeneration(SeededTest):
    def test_a_cache_that_does_not_answer_keeps_nothing(self):
        own = CacheVersion()
        with mock.patch("content.page_cache.version.caches") as broken:
            broken.__getitem__.side_effect = ConnectionError
            assert own.refresh() is None
            django = Counting()
            pages = PageCacheMiddleware(django, limit=MB, seconds=60, cache_version=own)
            ask(pages, "/")
            assert ask(pages, "/").status == 200
        assert django.asked == 2

    def test_it_is_the_same_object_until_something_changes(self):
        first = cache_version.refresh()
        assert cache_version.refresh() is first
        caches["pages"].set("generation", "another")
        assert cache_version.refresh() is not first
        caches["pages"].delete("generation")
        assert cache_version.refresh() is not None
        assert isinstance(cache_version.current()[1], date)


def test_what_another_process_ended_is_heard_here(tmp_path, settings):
    settings.CACHES = {
        **settings.CACHES,
        "pages": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "pages"),
            "KEY_PREFIX": "pages",
        },
    }
    here = CacheVersion()
    before = here.current()
    assert before is not None
    program = "import django; django.setup(); from content.page_cache.version import invalidate_pages as b; b()"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local", "DATA_DIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    heard_by = time.monotonic() + 10
    while here.current() is before:
        assert time.monotonic() < heard_by
        time.sleep(0.01)
