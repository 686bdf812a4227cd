import gzip
import os
import re
import subprocess
import sys
import threading
import time
from datetime import date, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import brotli
import pytest
from django.apps import apps
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, PageViewRestriction, Site

from access.models import User
from content.models import ArticlePage, HelpPage, Hotline, SectionPage
from content.serving.changes import is_shown
from content.serving.generation import Generation, generation
from content.serving.kept import Kept, Shelf
from content.serving.marks import MARK, keep_whole
from content.serving.whole_pages import WholePages, encoding_for
from content.tests.seeded import SeededTest

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


class TestWhatIsKept(WholePagesTest):
    def test_every_public_page_is_made_once_and_then_answered_from_memory_byte_for_byte(self):
        for url in self.urls:
            first, second = ask(self.house, url), ask(self.house, url)
            assert first.status == 200
            assert (first.body, first.pairs) == (second.body, second.pairs)
        assert self.django.asked == len(self.urls)

    def test_a_kept_page_has_the_headers_of_a_fresh_one_and_no_others_word(self):
        fresh = self.client.get("/ndihme/")
        ask(self.house, "/ndihme/")
        kept = ask(self.house, "/ndihme/")
        for name in ("Content-Security-Policy", "Referrer-Policy", "Permissions-Policy", "X-Content-Type-Options"):
            assert kept.headers[name] == fresh[name]
        assert kept.headers["Cache-Control"] == "no-cache"
        assert kept.headers["Vary"] == "Accept-Encoding"
        assert not {"Set-Cookie", "X-Accel-Expires", MARK} & set(kept.headers)

    def test_each_language_and_each_host_has_its_own(self):
        assert 'lang="sq"' in ask(self.house, "/", Accept_Language="en").body.decode()
        assert 'lang="en"' in ask(self.house, "/en/", Accept_Language="sq").body.decode()
        assert 'lang="sq"' in ask(self.house, "/", Accept_Language="en").body.decode()
        ask(self.house, "/", Host="localhost")
        assert self.django.asked == 3

    def test_bodies_are_compressed_as_the_browser_asks_and_each_has_an_etag_of_its_own(self):
        plain = ask(self.house, "/")
        small = ask(self.house, "/", Accept_Encoding="gzip, deflate")
        smallest = ask(self.house, "/", Accept_Encoding="gzip, deflate, br, zstd")
        assert gzip.decompress(small.body) == brotli.decompress(smallest.body) == plain.body
        assert len(smallest.body) < len(small.body) < len(plain.body) / 2
        assert len({each.headers["Etag"] for each in (plain, small, smallest)}) == 3
        assert [each.headers.get("Content-Encoding") for each in (plain, small, smallest)] == [None, "gzip", "br"]
        assert all(int(each.headers["Content-Length"]) == len(each.body) for each in (plain, small, smallest))
        assert self.django.asked == 1

    def test_a_browser_that_has_it_is_told_that_it_is_unchanged(self):
        etag = ask(self.house, "/", Accept_Encoding="br").headers["Etag"]
        for known in (etag, f'"x", W/{etag}', "*"):
            answer = ask(self.house, "/", Accept_Encoding="br", If_None_Match=known)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["Etag"] == etag
            assert "Content-Length" not in answer.headers
        assert ask(self.house, "/", Accept_Encoding="br", If_None_Match='"other"').status == 200

    def test_whatever_a_visitor_brings_along_what_is_kept_for_others_is_the_same(self):
        clean = ask(self.house, "/")
        for brought in (
            {"Cookie": "vatra_csrf=" + "a" * 32},
            {"Cookie": "vatra_csrf=?; messages=x; vatra_language=en"},
            {"Accept_Language": "en", "User_Agent": "x"},
            {"X_Forwarded_Host": "elsewhere.example", "X_Forwarded_For": "203.0.113.9", "X_Forwarded_Port": "99"},
            {"X_HTTP_Method_Override": "DELETE", "X_Requested_With": "XMLHttpRequest"},
            {"Range": "bytes=0-1", "If_Modified_Since": "x", "If_None_Match": "x"},
            {"Referer": "https://elsewhere.example/", "Origin": "https://elsewhere.example"},
        ):
            house = WholePages(self.django, limit=8 * MB, seconds=60)
            ask(house, "/", **brought)
            kept = ask(house, "/")
            assert (kept.status, kept.pairs, kept.body) == (200, clean.pairs, clean.body), brought

    def test_head_is_answered_with_the_length_and_no_body(self):
        assert ask(self.house, "/", method="HEAD").status == 200  # not kept yet
        got = ask(self.house, "/")
        answer = ask(self.house, "/", method="HEAD")
        assert answer.body == b""
        assert answer.headers["Content-Length"] == str(len(got.body))
        assert self.django.asked == 2

    def test_behind_a_proxy_it_may_answer_until_the_second_ends(self):
        house = self.behind_a_proxy(at=1_800_000_000.5)
        assert ask(house, "/").headers["X-Accel-Expires"] == "@1800000000"
        assert "X-Accel-Expires" not in ask(house, "/no-such-page/").headers

    def test_a_proxy_keeps_nothing_of_a_seconds_first_moment(self):
        house = self.behind_a_proxy(at=1_800_000_000.01)
        assert ask(house, "/").headers["X-Accel-Expires"] == "0"

    def test_in_each_new_second_a_change_is_looked_for_before_a_proxy_may_keep_the_page(self):
        self.enterContext(mock.patch("content.serving.generation.LOOK_EVERY_S", 3600))
        house = self.behind_a_proxy(at=1_800_000_000.9)
        ask(house, "/")
        caches["pages"].set("generation", "written by another process", timeout=None)
        assert ask(house, "/").headers["X-Accel-Expires"] == "@1800000000"  # looked for in this second already
        asked = self.django.asked
        self.clock.return_value = 1_800_000_001.1
        assert ask(house, "/").headers["X-Accel-Expires"] == "@1800000001"
        assert self.django.asked == asked + 1

    def test_a_proxy_keeps_nothing_while_nobody_can_say_what_is_true(self):
        house = self.behind_a_proxy(at=1_800_000_000.5)
        with mock.patch.object(Generation, "_read", return_value=""):
            generation.look()
            assert ask(house, "/").headers["X-Accel-Expires"] == "0"

    def behind_a_proxy(self, *, at: float) -> WholePages:
        """A layer that tells a proxy, on a wall clock that stands still: `self.clock.return_value`."""
        self.clock = self.enterContext(mock.patch("content.serving.generation.time.time", return_value=at))
        with self.settings(TRUSTED_PROXIES=1):
            return WholePages(self.django, limit=MB, seconds=60)

    def test_what_others_put_into_links_makes_no_second_page(self):
        ask(self.house, "/")
        assert self.asked_for("/?fbclid=abc&utm_source=x") == 0


class TestWhatIsNot(WholePagesTest):
    def test_an_address_longer_than_any_of_ours_is_remembered_nowhere(self):
        for path in ("/?p=" + "9" * 5000, "/" + "x" * 5000 + "/"):
            for _time in range(2):
                assert self.asked_for(path) == 1
        assert (len(self.house.shelf), self.house._unkept) == (0, set())
        encoding_for.cache_clear()
        ask(self.house, "/", Accept_Encoding="br, " + "x" * 5000)
        assert ask(self.house, "/", Accept_Encoding="br, " + "y" * 5000).headers["Content-Encoding"] == "br"

    def test_signed_in_staff_get_pages_made_afresh_and_leave_none_behind(self):
        self.client.force_login(User.objects.create(username="redaktor"))
        name, value = next((each.key, each.value) for each in self.client.cookies.values())
        assert self.asked_for("/", Cookie=f"a=b; {name}={value}") == 1
        assert self.asked_for("/") == 1  # what staff saw was not kept
        assert self.asked_for("/", Cookie=f"{name}={value}") == 1
        assert self.asked_for("/") == 0

    def test_a_bearer_of_a_token_is_not_answered_from_memory(self):
        ask(self.house, "/")
        assert self.asked_for("/", Authorization="Bearer x") == 1

    def test_a_sensitive_page_is_never_kept(self):
        page = SectionPage.objects.get(slug="rights")
        page.is_sensitive = True
        page.save_revision().publish()
        for _time in range(2):
            assert self.asked_for("/en/rights/") == 1
            assert self.answer.headers["Cache-Control"] == "no-store"
            assert "Etag" not in self.answer.headers

    def test_an_unlisted_page_is_kept_at_its_address(self):
        page = SectionPage.objects.get(slug="rights")
        page.is_listed = False
        page.save_revision().publish()
        ask(self.house, "/en/rights/")
        assert self.asked_for("/en/rights/") == 0

    def test_what_someone_searched_for_is_kept_nowhere(self):
        for _time in range(2):
            assert self.asked_for("/?q=borxh") == 1
            assert self.answer.headers["Cache-Control"] == "no-store"
        assert len(self.house.shelf) == 0

    def test_a_page_behind_a_restriction_is_not_kept(self):
        with self.change():
            page = Page.objects.get(slug="rights")
            PageViewRestriction.objects.create(
                page=page, restriction_type=PageViewRestriction.PASSWORD, password="fshehtë"
            )
        for _time in range(2):
            assert self.asked_for("/en/rights/") == 1
            assert b"Article 35" not in self.answer.body
            assert self.answer.headers["Referrer-Policy"] == "same-origin"

    def test_posts_errors_and_redirects_are_not_kept(self):
        for path, method in (("/", "POST"), ("/no-such-page/", "GET"), ("/ndihme", "GET"), ("/dil/", "GET")):
            assert self.asked_for(path, method=method) == 1
            assert self.asked_for(path, method=method) == 1
        assert len(self.house.shelf) == 0

    def test_a_draft_seen_in_the_preview_is_not_kept(self):
        page = HelpPage.objects.get(slug="help")
        page.title = "Not yet"
        response = page.make_preview_request(preview_mode="")
        assert b"Not yet" in response.content
        assert b"Not yet" not in ask(self.house, "/en/help/").body

    def test_an_answer_that_is_not_kept_is_still_compressed_for_a_cheap_phone(self):
        answer = ask(self.house, "/no-such-page/", Accept_Encoding="gzip")
        assert answer.status == 404
        assert b"</html>" in gzip.decompress(answer.body)
        assert "Accept-Encoding" in answer.headers["Vary"]

    def test_without_bytes_to_keep_in_django_answers_alone(self):
        self.house = WholePages(self.django, limit=0, seconds=60)
        assert self.asked_for("/") == self.asked_for("/") == 1


class TestWhatEndsIt(WholePagesTest):
    def assert_changed(self, url: str, shown: str, *, gone: bool = False) -> None:
        generation.look()
        assert (shown in ask(self.house, url).body.decode()) is not gone

    def test_publishing_shows_on_every_page_that_names_it(self):
        before = ask(self.house, "/en/").body
        with self.change():
            page = SectionPage.objects.get(slug="rights")
            page.title = "What is yours"
            page.save_revision().publish()
        assert b"What is yours" not in before
        self.assert_changed("/en/", "What is yours")

    def test_a_saved_draft_ends_nothing(self):
        ask(self.house, "/en/")
        with self.change():
            page = SectionPage.objects.get(slug="rights")
            page.title = "A draft"
            page.save_revision()
        generation.look()
        assert self.asked_for("/en/") == 0

    def test_unpublishing_deleting_and_moving_end_it(self):
        pages = ArticlePage.objects.filter(locale__language_code="en").order_by("path")
        for step, page in zip(("unpublish", "move", "delete"), [pages[0], pages[1], pages[2]], strict=True):
            url = page.url
            assert ask(self.house, url).status == 200
            with self.change():
                if step == "move":
                    page.move(pages[3], "last-child")
                else:
                    getattr(page, step)()
            generation.look()
            assert ask(self.house, url).status in (301, 302, 404), step

    def test_a_changed_line_is_gone_at_once_and_a_deleted_one_too(self):
        assert b"tel:116111" in ask(self.house, "/ndihme/").body
        with self.change():
            line = Hotline.objects.get(key="alo_116111")
            line.publish = "no"
            line.save()
        self.assert_changed("/ndihme/", "tel:116111", gone=True)
        with self.change():
            Hotline.objects.get(key="women_116117").delete()
        self.assert_changed("/ndihme/", "tel:116117", gone=True)

    def test_nothing_ends_before_the_change_is_committed(self):
        ask(self.house, "/")
        with self.captureOnCommitCallbacks(execute=False):
            Site.objects.get().save()
        generation.look()
        assert self.asked_for("/") == 0

    def test_many_changes_of_one_transaction_are_one(self):
        with mock.patch.object(caches["pages"], "set") as written, self.change():
            for line in Hotline.objects.all():
                line.save()
        assert written.call_count == 1

    def test_midnight_ends_it_because_lines_grow_old(self):
        ask(self.house, "/")
        tomorrow = datetime.now(ZoneInfo("Europe/Tirane")) + timedelta(days=1)
        with mock.patch("content.serving.generation.timezone.localdate", return_value=tomorrow.date()):
            generation.look()
            assert self.asked_for("/") == 1
        generation.look()

    def test_what_passed_our_signals_by_ends_by_age(self):
        self.house.seconds = 0.05
        ask(self.house, "/ndihme/")
        Hotline.objects.filter(key="alo_116111").update(publish="no")
        time.sleep(0.06)
        with mock.patch("content.serving.shared.time.monotonic", return_value=time.monotonic() + 16):
            assert b"tel:116111" not in ask(self.house, "/ndihme/").body

    def test_a_page_made_while_a_change_is_committed_counts_as_old(self):
        real = self.django.inner

        def slow(environ, start_response):
            body = real(environ, start_response)
            with self.change():
                Site.objects.get().save()
            return body

        self.django.inner = slow
        ask(self.house, "/")
        self.django.inner = real
        assert self.asked_for("/") == 1


class TestGeneration(SeededTest):
    def test_a_cache_that_does_not_answer_keeps_nothing(self):
        own = Generation()
        with mock.patch("content.serving.generation.caches") as broken:
            broken.__getitem__.side_effect = ConnectionError
            assert own.look() is None
            django = Counting()
            house = WholePages(django, limit=MB, seconds=60, generation=own)
            ask(house, "/")
            assert ask(house, "/").status == 200
        assert django.asked == 2

    def test_it_is_the_same_object_until_something_changes(self):
        first = generation.look()
        assert generation.look() is first
        caches["pages"].set("generation", "another")
        assert generation.look() is not first
        caches["pages"].delete("generation")
        assert generation.look() is not None
        assert isinstance(generation.current()[1], date)


def kept(text: bytes = b"x" * 1000) -> Kept:
    return Kept(("word", None), [("Content-Type", "text/html")], text)


def test_the_shelf_stays_within_its_bytes_and_keeps_what_is_read():
    shelf = Shelf(40 * kept().size)
    for number in range(1000):
        shelf.put(number, kept())
        shelf.get(0)
        assert shelf.size <= shelf.limit
    assert shelf.get(0) is not None
    assert shelf.get(500) is None
    assert len(shelf) == 40


def test_an_answer_too_large_for_the_shelf_is_not_put_there():
    shelf = Shelf(10_000)
    shelf.put("a", kept(b"x" * 9000))
    assert (len(shelf), shelf.size) == (0, 0)


def test_putting_a_key_again_counts_it_once():
    shelf = Shelf(MB)
    for _time in range(3):
        shelf.put("a", kept())
    assert shelf.size == kept().size
    shelf.drop("a")
    assert shelf.size == 0


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("br;q=0, gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip; q=0", "identity"),
        ("zstd", "identity"),
    ],
)
def test_the_encoding_is_one_that_the_browser_takes(accepted, encoding):
    assert encoding_for(accepted) == encoding


def test_readers_who_come_while_a_page_is_made_wait_for_it():
    begun, may_end = threading.Event(), threading.Event()

    def slow(environ, start_response):
        begun.set()
        assert may_end.wait(10)
        environ[MARK] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"page"]

    django = Counting(slow)
    house = WholePages(django, limit=MB, seconds=60)
    bodies: list[bytes] = []
    readers = [threading.Thread(target=lambda: bodies.append(ask(house, "/").body)) for _number in range(8)]
    readers[0].start()
    assert begun.wait(10)
    for reader in readers[1:]:
        reader.start()
    time.sleep(0.05)
    may_end.set()
    for reader in readers:
        reader.join(10)
    assert bodies == [b"page"] * 8
    assert django.asked == 1


def test_a_failure_while_making_a_page_blocks_nobody():
    django = Counting(mock.Mock(side_effect=RuntimeError))
    house = WholePages(django, limit=MB, seconds=60)
    for _time in range(2):
        with pytest.raises(RuntimeError):
            ask(house, "/")
    assert django.asked == 2


@pytest.mark.parametrize(
    "header",
    [("Set-Cookie", "a=b"), ("Vary", "Cookie"), ("Vary", "Origin"), ("Cache-Control", "no-store")],
)
def test_an_answer_that_speaks_to_one_reader_is_not_kept_whatever_its_view_says(header):
    def view(environ, start_response):
        environ[MARK] = frozenset()
        start_response("200 OK", [("Content-Type", "text/html"), header])
        return [b"page"]

    house = WholePages(Counting(view), limit=MB, seconds=60)
    ask(house, "/")
    assert len(house.shelf) == 0


def test_a_parameter_that_the_view_allows_is_part_of_the_address():
    request = RequestFactory().get("/fjalet/?faqe=2&fbclid=x")
    response = HttpResponse()
    keep_whole(request, response, query=["faqe"])
    assert request.META[MARK] == {"faqe"}
    assert response["Cache-Control"] == "no-cache"


def test_another_process_is_heard_within_a_tenth_of_a_second(tmp_path, settings):
    settings.CACHES = {
        **settings.CACHES,
        "pages": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "pages"),
            "KEY_PREFIX": "pages",
        },
    }
    here = Generation()
    before = here.current()
    assert before is not None
    program = "import django; django.setup(); from content.serving.generation import begin_new_generation as b; b()"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local", "DATA_DIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    heard_by = time.monotonic() + 1
    while here.current() is before:
        assert time.monotonic() < heard_by
        time.sleep(0.01)


class TestWhatPagesShare(WholePagesTest):
    def test_a_page_made_anew_asks_only_for_what_is_its_own(self):
        self.enterContext(mock.patch("content.serving.shared.SECONDS", 3600))  # however slow the machine is
        self.house = WholePages(self.django, limit=0, seconds=60)
        for url in self.urls:
            ask(self.house, url)
            with CaptureQueriesContext(connection) as asked:
                assert ask(self.house, url).status == 200
            assert len(asked) <= 15, (url, [each["sql"] for each in asked])

    def test_a_change_is_seen_in_what_pages_share(self):
        self.house = WholePages(self.django, limit=0, seconds=60)
        assert b"tel:116111" in ask(self.house, "/ndihme/").body
        with self.change():
            line = Hotline.objects.get(key="alo_116111")
            line.publish = "no"
            line.save()
        assert b"tel:116111" not in ask(self.house, "/ndihme/").body

    def test_a_request_from_within_remembers_nothing(self):
        ask(self.house, "/ndihme/")
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
