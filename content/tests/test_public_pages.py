import functools
import gzip
import itertools
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders

from ..models import ArticlePage, GlossaryPage, HelpPage, HomePage, Hotline
from .seeded import SeededTest

# What search engines read about a page; a browser neither runs nor shows it.
DATA_BLOCK = re.compile(r'<script type="application/ld\+json">.*?</script>', re.DOTALL)
HIDDEN = re.compile(r"116 ?006|0800 ?1212|\b112\b")
LOUD = re.compile(r"trafik|traffick|viktim|victim|dhun[ëa]|violence|abuz|abuse", re.IGNORECASE)


class TestEveryPage(SeededTest):
    """Each page is asked for once. `answers`: {address: response}, `pages`: {address: html}."""

    answers: dict[str, Any]
    pages: dict[str, str]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.answers = cls.get_answers()
        cls.pages = {url: answer.content.decode() for url, answer in cls.answers.items()}

    def test_every_page_answers_in_its_own_language(self):
        assert len(self.urls) >= 50
        for url in self.urls:
            response = self.answers[url]
            assert response.status_code == 200, url
            assert f'<html lang="{"en" if url.startswith("/en/") else "sq"}">' in self.pages[url]

    def test_every_page_names_its_twins(self):
        for url in self.urls:
            html = self.pages[url]
            alternates = dict(re.findall(r'<link rel="alternate" hreflang="(\w\w)" href="([^"]+)">', html))
            assert set(alternates) == {"sq", "en"}, url
            language = "en" if url.startswith("/en/") else "sq"
            assert alternates[language] == settings.PUBLIC_URL + url
            other = alternates[{"sq": "en", "en": "sq"}[language]].removeprefix(settings.PUBLIC_URL)
            assert f'<a href="{other}" lang=' in html
            assert self.answers[other].status_code == 200

    def test_every_page_begins_with_the_police_and_the_exit(self):
        for url in self.urls:
            html = self.pages[url]
            numbers = re.findall(r'href="tel:(\d+)"', html)
            assert numbers[0] == "129", url
            assert html.count('href="/dil/"') == 2, url
            assert html.index('href="/dil/"') < html.index('href="#content"') < html.index("<h1")

    def test_a_line_not_to_be_shown_is_on_no_page(self):
        for url in self.urls:
            assert not HIDDEN.search(self.pages[url]), url

    def test_public_pages_set_no_cookie_and_a_copy_is_asked_about_each_time(self):
        for url in self.urls:
            response = self.answers[url]
            assert not response.cookies, url
            assert "Set-Cookie" not in response.headers
            assert "Cookie" not in response.headers.get("Vary", "")
            assert response["Cache-Control"] == "no-cache"
            assert response["Referrer-Policy"] == "no-referrer"

    def test_public_pages_load_nothing_from_elsewhere_and_run_nothing_inline(self):
        for url in self.urls:
            html = self.pages[url]
            policy = self.answers[url]["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            loaded = re.findall(r'<(?:link rel="(?:stylesheet|icon)" |script |img )[^>]*(?:href|src)="([^"]+)"', html)
            assert loaded
            assert all(address.startswith("/static/") for address in loaded), loaded
            assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html)
            assert not re.search(r"<script(?![^>]*\ssrc=)", DATA_BLOCK.sub("", html))

    def test_a_first_view_weighs_less_than_fifty_kilobytes(self):
        @functools.cache
        def weigh(address: bytes) -> int:
            return len(gzip.compress(Path(finders.find(address.decode())).read_bytes()))

        for url in self.urls:
            html = self.answers[url].content
            weight = len(gzip.compress(html))
            weight += sum(weigh(address) for address in set(re.findall(rb'(?:href|src)="/static/([^"]+)"', html)))
            assert weight < 50_000, (url, weight)

    def test_titles_addresses_and_descriptions_say_nothing_to_a_stranger(self):
        for url, html in self.pages.items():
            head = html.split("</head>")[0]
            assert not LOUD.search(DATA_BLOCK.sub("", head)), url
            assert not LOUD.search(url)

    def test_the_reader_is_never_called_a_victim(self):
        for url in self.urls:
            assert not re.search(r"viktim|victim", self.pages[url], re.IGNORECASE), url

    def test_headings_go_down_one_level_at_a_time_under_one_h1(self):
        for url in self.urls:
            levels = [int(level) for level in re.findall(r"<h([1-6])", self.pages[url])]
            assert levels.count(1) == 1, url
            assert all(deeper - level <= 1 for level, deeper in itertools.pairwise(levels)), (url, levels)


class TestPublicPages(SeededTest):
    def test_the_albanian_home_answers_at_the_root(self):
        response = self.client.get("/", headers={"Accept-Language": "en"})
        html = response.content.decode()
        assert response.status_code == 200
        assert '<html lang="sq">' in html
        assert "Informacion i qartë dhe njerëz që ju dëgjojnë" in html

    def test_the_english_home_answers_under_en(self):
        response = self.client.get("/en/", headers={"Accept-Language": "sq"})
        html = response.content.decode()
        assert response.status_code == 200
        assert '<html lang="en">' in html
        assert "Clear information, and people who listen" in html

    def test_a_page_without_a_twin_links_to_the_other_home_and_claims_no_alternate(self):
        ArticlePage.objects.get(slug="at-a-glance").unpublish()
        html = self.html("/te-drejtat/me-nje-veshtrim/")
        assert 'hreflang="en" href=' not in html
        short, name = (
            '<span class="language-short" aria-hidden="true">EN</span>',
            '<span class="language-name">English</span>',
        )
        assert f'<a href="/en/" lang="en" hreflang="en">{short}{name}</a>' in html

    def test_when_the_english_home_is_not_published_its_address_leads_to_the_albanian_one(self):
        HomePage.objects.get(locale__language_code="en").unpublish()
        response = self.client.get("/en/")
        assert response.status_code == 302
        assert response["Location"] == "/"

    def test_the_help_page_shows_exactly_the_lines_that_may_be_shown_danger_first(self):
        html = self.html("/ndihme/")
        main = html[html.index("<main") : html.index("</main>")]
        assert re.findall(r'href="tel:(\d+)"', main) == ["129", "127", "116111", "116117"]
        assert "Policia e Shtetit" in main
        assert self.html("/en/help/").count('class="line') >= 4

    def test_a_line_switched_off_is_gone_from_every_page_at_once(self):
        Hotline.objects.filter(key="alo_116111").update(publish="verify_first")
        for url in self.urls:
            assert "tel:116111" not in self.html(url), url

    def test_with_no_line_at_all_the_help_page_still_says_what_to_do(self):
        Hotline.objects.update(publish="no")
        html = self.html("/en/help/")
        assert "nearest police station" in html
        assert "tel:" not in html

    def test_an_article_shows_its_sources_and_the_day_it_was_checked(self):
        page = ArticlePage.objects.get(slug="at-a-glance")
        page.checked_on = "2026-03-01"
        page.save_revision().publish()
        html = self.html("/en/rights/at-a-glance/")
        assert "Article 35" in html
        assert '<time datetime="2026-03-01">' in html

    def test_a_page_out_of_the_menu_is_not_offered(self):
        def get_topics() -> str:
            return self.html("/en/").split('<ul class="plain-list topics">')[1].split("</ul>")[0]

        assert 'href="/en/words/"' in get_topics()
        page = GlossaryPage.objects.get(slug="words")
        page.show_in_menus = False
        page.save_revision().publish()
        assert 'href="/en/words/"' not in get_topics()
        assert 'href="/en/questions/"' in get_topics()

    def test_without_a_help_page_the_home_page_still_answers(self):
        HelpPage.objects.all().delete()
        html = self.html("/en/")
        assert "tel:129" in html
        assert "/en/help/" not in html

    def test_public_pages_only_answer_to_reading(self):
        assert self.client.post("/").status_code == 405
