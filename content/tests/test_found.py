"""How the public pages are found: feeds, sitemap, robots, structured data; and what none of them may tell."""

import json
import re
import xml.etree.ElementTree as ET
from unittest import mock

from django.test import override_settings
from wagtail.models import Page

from ..models import ArticlePage, HelpPage, HomePage, Hotline, QuestionsPage, SectionPage, public_pages
from .seeded import SeededTest

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
SECRET = "fshehtesia-e-papare"


def article(under: Page, **given) -> ArticlePage:
    page = ArticlePage(title=given.pop("title", SECRET), slug=given.pop("slug", SECRET), locale=under.locale, **given)
    under.add_child(instance=page)
    if page.live:
        page.save_revision().publish()
    return page


def home(language: str) -> Page:
    return HomePage.objects.get(locale__language_code=language)


class Feeds(SeededTest):
    def entries(self, address="/feed.xml"):
        answer = self.client.get(address)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
        return ET.fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314 (our own)

    def test_each_language_has_its_own(self):
        sq = {entry.find(f"{ATOM}link").get("href") for entry in self.entries()}
        en = {entry.find(f"{ATOM}link").get("href") for entry in self.entries("/en/feed.xml")}
        assert sq
        assert en
        assert all("/en/" in address for address in en)
        assert not any("/en/" in address for address in sq)

    def test_an_entry_is_called_by_the_title_for_the_browsers_history(self):
        page = home("sq")
        page.seo_title = "Neutral"
        page.save_revision().publish()
        assert self.entries()[0].find(f"{ATOM}title").text == "Neutral"

    def test_an_entry_keeps_its_name_when_the_page_moves(self):
        page = HelpPage.objects.get(locale__language_code="sq")
        page.save_revision().publish()
        first = self.entries()[0]
        page.slug = "tjeter"
        page.save_revision().publish()
        moved = self.entries()[0]
        assert moved.find(f"{ATOM}link").get("href") != first.find(f"{ATOM}link").get("href")
        assert moved.find(f"{ATOM}id").text == first.find(f"{ATOM}id").text

    def test_signs_in_a_text_stay_signs_since_readers_take_it_for_html(self):
        page = home("sq")
        page.search_description = "Mosha < 18 & <b>pa frikë</b>"
        page.save_revision().publish()
        told = self.entries()[0].find(f"{ATOM}summary")
        assert told.get("type") == "html"
        assert told.text == "Mosha &lt; 18 &amp; &lt;b&gt;pa frikë&lt;/b&gt;"

    def test_it_may_be_read_by_pages_of_other_origins(self):
        assert self.client.get("/en/feed.xml")["Access-Control-Allow-Origin"] == "*"

    def test_drafts_unlisted_and_sensitive_pages_are_left_out(self):
        for number, given in enumerate(({"live": False}, {"is_listed": False}, {"is_sensitive": True})):
            article(home("sq"), slug=f"{SECRET}-{number}", **given)
        assert SECRET not in self.client.get("/feed.xml").content.decode()


class Sitemap(SeededTest):
    def test_it_names_every_public_page_once_with_its_twins(self):
        tree = ET.fromstring(self.client.get("/sitemap.xml").content)  # noqa: S314 (our own)
        found = [entry.find(f"{SITEMAP}loc").text for entry in tree]
        assert sorted(found) == sorted(f"http://127.0.0.1:8000{url}" for url in self.urls)
        twins = {
            link.get("hreflang"): link.get("href")
            for entry in tree
            if entry.find(f"{SITEMAP}loc").text.endswith("8000/en/")
            for link in entry.findall(f"{XHTML}link")
        }
        assert twins == {
            "sq": "http://127.0.0.1:8000/",
            "en": "http://127.0.0.1:8000/en/",
            "x-default": "http://127.0.0.1:8000/",
        }

    def test_drafts_and_unlisted_pages_are_left_out(self):
        for number, given in enumerate(({"live": False}, {"is_listed": False})):
            article(home("sq"), slug=f"{SECRET}-{number}", **given)
        assert SECRET not in self.client.get("/sitemap.xml").content.decode()

    def test_its_cost_does_not_grow_with_the_pages(self):
        self.client.get("/sitemap.xml")
        with self.assertNumQueries(7):
            self.client.get("/sitemap.xml")
        for number in range(5):
            article(home("sq"), slug=f"p{number}")
        with self.assertNumQueries(7):
            self.client.get("/sitemap.xml")

    def test_robots_are_kept_from_staff_cards_and_questions(self):
        told = self.client.get("/robots.txt").content.decode()
        for path in ("/field/", "/cms/", "/n/", "/k/", "/en/k/", "/pyet/", "/en/pyet/", "/api/"):
            assert f"Disallow: {path}\n" in told
        assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in told


class Unlisted(SeededTest):
    def test_search_engines_are_told_to_forget_an_unlisted_page(self):
        page = article(home("sq"), is_listed=False)
        assert self.client.get(page.url)["X-Robots-Tag"] == "noindex, nofollow"
        assert "X-Robots-Tag" not in self.client.get("/").headers

    def test_a_listed_page_names_no_unlisted_one_in_the_other_language(self):
        page = article(home("sq"), title="E hapur", slug="e-hapur")
        twin = article(home("en"), slug=f"{SECRET}-twin", translation_key=page.translation_key, is_listed=False)
        html = self.html(page.url)
        assert twin.url not in html
        assert 'href="/en/"' in html
        assert page.url in self.html(twin.url), "whoever has the unlisted page's address is led to its twin"

    def test_a_page_beneath_an_unlisted_one_is_unlisted_too_since_its_address_tells_the_others(self):
        section = SectionPage(
            title="Titull i fshehur", slug=f"{SECRET}-lart", locale=home("sq").locale, is_listed=False
        )
        home("sq").add_child(instance=section)
        page = article(section, title="E hapur", slug="e-hapur")
        assert not public_pages().filter(pk=page.pk).exists()
        for address in ("/sitemap.xml", "/feed.xml", "/", f"/kerko/?q={page.slug}", "/pa-rrjet/"):
            assert section.slug not in self.html(address), address
        answer = self.client.get(page.url)
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()
        assert section.title not in answer.content.decode()
        SectionPage.objects.filter(pk=section.pk).update(is_listed=True)
        assert public_pages().filter(pk=page.pk).exists()
        assert "X-Robots-Tag" not in self.client.get(page.url).headers

    def test_unlisted_pages_stay_hidden_with_what_stands_beneath_them_when_they_are_many(self):
        page = article(article(home("sq"), is_listed=False), slug="poshte")
        with mock.patch("content.page_listing.MAX_HIDDEN_IDS", 0):
            assert not public_pages().filter(path__startswith=page.get_parent().path).exists()
            assert public_pages().filter(pk=home("sq").pk).exists()

    def test_its_own_twin_stands_on_an_unlisted_page(self):
        page = article(home("sq"), is_listed=False)
        twin = article(home("en"), slug=f"{SECRET}-twin", translation_key=page.translation_key, is_listed=False)
        assert f'href="{twin.url}"' in self.html(page.url)


class StructuredData(SeededTest):
    def read(self, url: str):
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', self.html(url), re.DOTALL)
        return json.loads(found[1]) if found else None

    def test_the_help_page_tells_the_numbers_that_may_be_shown_and_no_other(self):
        told = self.read(HelpPage.objects.get(locale__language_code="sq").url)
        numbers = {entry["item"]["availableChannel"]["servicePhone"]["telephone"] for entry in told["itemListElement"]}
        assert numbers == {line.tel for line in Hotline.objects.published()}

    def test_no_number_of_others_is_called_a_contact_of_ours(self):
        assert "telephone" not in json.dumps(self.read("/"))

    def test_answers_to_questions_are_words_without_marks(self):
        page = QuestionsPage(
            title="Pyetje",
            slug="pyetje-te-reja",
            locale=home("sq").locale,
            questions=[{"type": "question", "value": {"question": "A </script> b?", "answer": "<p>Po &amp; jo.</p>"}}],
        )
        home("sq").add_child(instance=page)
        html = self.html(page.url)
        assert "A </script> b?" not in html
        told = self.read(page.url)
        assert told["mainEntity"][0] == {
            "@type": "Question",
            "name": "A </script> b?",
            "acceptedAnswer": {"@type": "Answer", "text": "Po & jo."},
        }

    @override_settings(PUBLIC_URL="https://vatra.example")
    def test_an_unlisted_page_says_nothing_to_machines(self):
        page = HelpPage.objects.get(locale__language_code="sq")
        assert self.read(page.url)
        page.is_listed = False
        page.save()
        assert self.read(page.url) is None

    def test_a_language_is_told_of_written_works_only(self):
        """schema.org has no `inLanguage` for services and lists."""
        assert self.read("/en/")["inLanguage"] == "en"
        assert "inLanguage" not in self.read(HelpPage.objects.get(locale__language_code="sq").url)
