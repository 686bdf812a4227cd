"""Which pages are kept whole, what a kept one is like, and which never are."""

import gzip
from unittest import mock

import brotli
from django.core.cache import caches
from wagtail.models import Page, PageViewRestriction

from access.models import User
from content.models import HelpPage, SectionPage

from ..markers import ENVIRON_KEY
from ..middleware import PageCacheMiddleware, encoding_for
from ..version import CacheVersion, cache_version
from .cached_pages import MB, PageCacheTest
from .wsgi import ask


class TestWhatIsKept(PageCacheTest):
    def test_every_public_page_is_made_once_and_then_answered_from_memory_byte_for_byte(self):
        for url in self.urls:
            first, second = ask(self.pages, url), ask(self.pages, url)
            assert first.status == 200
            assert (first.body, first.pairs) == (second.body, second.pairs)
        assert self.django.asked == len(self.urls)

    def test_a_kept_page_has_the_headers_of_a_fresh_one_and_no_others_word(self):
        fresh = self.client.get("/ndihme/")
        ask(self.pages, "/ndihme/")
        kept = ask(self.pages, "/ndihme/")
        for name in ("Content-Security-Policy", "Referrer-Policy", "Permissions-Policy", "X-Content-Type-Options"):
            assert kept.headers[name] == fresh[name]
        assert kept.headers["Cache-Control"] == "no-cache"
        assert kept.headers["Vary"] == "Accept-Encoding"
        assert not {"Set-Cookie", "X-Accel-Expires", ENVIRON_KEY} & set(kept.headers)

    def test_each_language_and_each_host_has_its_own(self):
        assert 'lang="sq"' in ask(self.pages, "/", Accept_Language="en").body.decode()
        assert 'lang="en"' in ask(self.pages, "/en/", Accept_Language="sq").body.decode()
        assert 'lang="sq"' in ask(self.pages, "/", Accept_Language="en").body.decode()
        ask(self.pages, "/", Host="localhost")
        assert self.django.asked == 3

    def test_bodies_are_compressed_as_the_browser_asks_and_each_has_an_etag_of_its_own(self):
        plain = ask(self.pages, "/")
        small = ask(self.pages, "/", Accept_Encoding="gzip, deflate")
        smallest = ask(self.pages, "/", Accept_Encoding="gzip, deflate, br, zstd")
        assert gzip.decompress(small.body) == brotli.decompress(smallest.body) == plain.body
        assert len(smallest.body) < len(small.body) < len(plain.body) / 2
        assert len({each.headers["Etag"] for each in (plain, small, smallest)}) == 3
        assert [each.headers.get("Content-Encoding") for each in (plain, small, smallest)] == [None, "gzip", "br"]
        assert all(int(each.headers["Content-Length"]) == len(each.body) for each in (plain, small, smallest))
        assert self.django.asked == 1

    def test_a_browser_that_has_it_is_told_that_it_is_unchanged(self):
        etag = ask(self.pages, "/", Accept_Encoding="br").headers["Etag"]
        for known in (etag, f'"x", W/{etag}', "*"):
            answer = ask(self.pages, "/", Accept_Encoding="br", If_None_Match=known)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["Etag"] == etag
            assert "Content-Length" not in answer.headers
        assert ask(self.pages, "/", Accept_Encoding="br", If_None_Match='"other"').status == 200

    def test_whatever_a_visitor_brings_along_what_is_kept_for_others_is_the_same(self):
        clean = ask(self.pages, "/")
        for brought in (
            {"Cookie": "vatra_csrf=" + "a" * 32},
            {"Cookie": "vatra_csrf=?; messages=x; vatra_language=en"},
            {"Accept_Language": "en", "User_Agent": "x"},
            {"X_Forwarded_Host": "elsewhere.example", "X_Forwarded_For": "203.0.113.9", "X_Forwarded_Port": "99"},
            {"X_HTTP_Method_Override": "DELETE", "X_Requested_With": "XMLHttpRequest"},
            {"Range": "bytes=0-1", "If_Modified_Since": "x", "If_None_Match": "x"},
            {"Referer": "https://elsewhere.example/", "Origin": "https://elsewhere.example"},
        ):
            pages = PageCacheMiddleware(self.django, limit=8 * MB, seconds=60)
            ask(pages, "/", **brought)
            kept = ask(pages, "/")
            assert (kept.status, kept.pairs, kept.body) == (200, clean.pairs, clean.body), brought

    def test_head_is_answered_with_the_length_and_no_body(self):
        assert ask(self.pages, "/", method="HEAD").status == 200  # not kept yet
        got = ask(self.pages, "/")
        answer = ask(self.pages, "/", method="HEAD")
        assert answer.body == b""
        assert answer.headers["Content-Length"] == str(len(got.body))
        assert self.django.asked == 2

    def test_behind_a_proxy_it_may_answer_until_the_second_ends(self):
        pages = self.behind_a_proxy(at=1_800_000_000.5)
        assert ask(pages, "/").headers["X-Accel-Expires"] == "@1800000000"
        assert "X-Accel-Expires" not in ask(pages, "/no-such-page/").headers

    def test_a_proxy_keeps_nothing_of_a_seconds_first_moment(self):
        pages = self.behind_a_proxy(at=1_800_000_000.01)
        assert ask(pages, "/").headers["X-Accel-Expires"] == "0"

    def test_in_each_new_second_a_change_is_looked_for_before_a_proxy_may_keep_the_page(self):
        self.enterContext(mock.patch("content.page_cache.version.REFRESH_SECONDS", 3600))
        pages = self.behind_a_proxy(at=1_800_000_000.9)
        ask(pages, "/")
        caches["pages"].set("generation", "written by another process", timeout=None)
        assert ask(pages, "/").headers["X-Accel-Expires"] == "@1800000000"  # looked for in this second already
        asked = self.django.asked
        self.clock.return_value = 1_800_000_001.1
        assert ask(pages, "/").headers["X-Accel-Expires"] == "@1800000001"
        assert self.django.asked == asked + 1

    def test_a_proxy_keeps_nothing_while_nobody_can_say_what_is_true(self):
        pages = self.behind_a_proxy(at=1_800_000_000.5)
        with mock.patch.object(CacheVersion, "_read", return_value=""):
            cache_version.refresh()
            assert ask(pages, "/").headers["X-Accel-Expires"] == "0"

    def behind_a_proxy(self, *, at: float) -> PageCacheMiddleware:
        """A layer that tells a proxy, on a wall clock that stands still: `self.clock.return_value`."""
        self.clock = self.enterContext(mock.patch("content.page_cache.version.time.time", return_value=at))
        with self.settings(TRUSTED_PROXIES=1):
            return PageCacheMiddleware(self.django, limit=MB, seconds=60)

    def test_what_others_put_into_links_makes_no_second_page(self):
        ask(self.pages, "/")
        assert self.asked_for("/?fbclid=abc&utm_source=x") == 0


class TestWhatIsNot(PageCacheTest):
    def test_an_address_longer_than_any_of_ours_is_remembered_nowhere(self):
        for path in ("/?p=" + "9" * 5000, "/" + "x" * 5000 + "/"):
            for _time in range(2):
                assert self.asked_for(path) == 1
        assert (len(self.pages.store), self.pages._uncacheable) == (0, set())
        encoding_for.cache_clear()
        ask(self.pages, "/", Accept_Encoding="br, " + "x" * 5000)
        assert ask(self.pages, "/", Accept_Encoding="br, " + "y" * 5000).headers["Content-Encoding"] == "br"

    def test_signed_in_staff_get_pages_made_afresh_and_leave_none_behind(self):
        self.client.force_login(User.objects.create(username="redaktor"))
        name, value = next((each.key, each.value) for each in self.client.cookies.values())
        assert self.asked_for("/", Cookie=f"a=b; {name}={value}") == 1
        assert self.asked_for("/") == 1  # what staff saw was not kept
        assert self.asked_for("/", Cookie=f"{name}={value}") == 1
        assert self.asked_for("/") == 0

    def test_a_bearer_of_a_token_is_not_answered_from_memory(self):
        ask(self.pages, "/")
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
        ask(self.pages, "/en/rights/")
        assert self.asked_for("/en/rights/") == 0

    def test_what_someone_searched_for_is_kept_nowhere(self):
        for _time in range(2):
            assert self.asked_for("/?q=borxh") == 1
            assert self.answer.headers["Cache-Control"] == "no-store"
        assert len(self.pages.store) == 0

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
        assert len(self.pages.store) == 0

    def test_a_draft_seen_in_the_preview_is_not_kept(self):
        page = HelpPage.objects.get(slug="help")
        page.title = "Not yet"
        response = page.make_preview_request(preview_mode="")
        assert b"Not yet" in response.content
        assert b"Not yet" not in ask(self.pages, "/en/help/").body

    def test_an_answer_that_is_not_kept_is_still_compressed_for_a_cheap_phone(self):
        answer = ask(self.pages, "/no-such-page/", Accept_Encoding="gzip")
        assert answer.status == 404
        assert b"</html>" in gzip.decompress(answer.body)
        assert "Accept-Encoding" in answer.headers["Vary"]

    def test_without_bytes_to_keep_in_django_answers_alone(self):
        self.pages = PageCacheMiddleware(self.django, limit=0, seconds=60)
        assert self.asked_for("/") == self.asked_for("/") == 1
