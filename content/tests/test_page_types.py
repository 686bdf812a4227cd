import itertools
import re

from wagtail.contrib.redirects.models import Redirect
from wagtail.models import PageViewRestriction

from access.models import Region

from ..models import (
    ArticlePage,
    DownloadPage,
    QuestionsPage,
    SectionPage,
    ServicePage,
    StepsPage,
    StoryPage,
    public_pages,
)
from .public_site import PublicSiteTest, main, stream


class TestPageTypes(PublicSiteTest):
    def test_every_type_answers_even_when_nothing_is_written(self):
        pages = [
            self.put(model(title=model.__name__, slug=model.__name__.lower()), self.section)
            for model in (ArticlePage, StepsPage, QuestionsPage, ServicePage, StoryPage, DownloadPage, SectionPage)
        ]
        for page in [self.home, self.section, self.words, self.search, *pages]:
            html = self.html(page)
            levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
            assert levels.count(1) == 1, page
            assert all(deeper - level <= 1 for level, deeper in itertools.pairwise(levels)), (page, levels)
            assert 'href="tel:129"' in html

    def test_a_section_shows_its_listed_pages_as_cards(self):
        self.put(ArticlePage(title="A", slug="a", search_description="Një fjali."), self.section)
        self.put(ArticlePage(title="B", slug="b", is_listed=False), self.section)
        html = main(self.html(self.section))
        assert "/pjesa/a/" in html
        assert "Një fjali." in html
        assert "/pjesa/b/" not in html

    def test_a_long_section_goes_on_on_another_page_that_may_be_kept(self):
        for number in range(45):
            self.put(ArticlePage(title=f"A{number}", slug=f"a{number}"), self.section)
        assert main(self.html(self.section)).count('class="card"') == 40
        assert main(self.html(self.section, "?p=2")).count('class="card"') == 5
        assert main(self.html(self.section, "?p=x")).count('class="card"') == 40
        assert self.client.get(self.section.url + "?p=2")["Cache-Control"] != "no-store"

    def test_a_page_says_where_it_stands_and_what_to_read_next(self):
        first = self.put(ArticlePage(title="A", slug="a"), self.section)
        second = self.put(ArticlePage(title="B", slug="b"), self.section)
        html = self.html(first)
        assert f'<a href="{self.section.url}">Pjesa</a>' in html
        assert f'<li><a href="{second.url}">B</a></li>' in main(html)

    def test_steps_say_when_and_who(self):
        step = {"title": "Ju shkruani", "text": "<p>Lexohet.</p>", "when": "brenda ditës", "who": "Njësia"}
        html = main(self.html(self.put(StepsPage(title="S", slug="s", steps=stream(("step", step))), self.section)))
        for words in ("Ju shkruani", "Lexohet.", "brenda ditës", "Njësia"):
            assert words in html

    def test_questions_open_without_javascript(self):
        question = {"question": "A paguhet?", "answer": "<p>Jo.</p>"}
        page = self.put(QuestionsPage(title="P", slug="p", questions=stream(("question", question))), self.section)
        assert re.search(r"<details>\s*<summary><h2>A paguhet\?</h2></summary>", self.html(page))

    def test_a_service_shows_its_line_only_while_it_may_be_shown(self):
        page = self.put(ServicePage(title="S", slug="s", line=self.line, hours="24/7", cost="falas"), self.section)
        page.regions.add(Region.objects.create(slug="vlore", name="Vlorë", iso_code="12"))
        page.save()
        html = main(self.html(page))
        assert 'class="line line-danger"' in html
        assert "<dd>Vlorë</dd>" in html
        self.line.publish = "no"
        self.line.save()
        assert 'class="line line-danger"' not in main(self.html(page))

    def test_a_story_is_marked_as_invented_and_warns_before_it_begins(self):
        body = stream(("rich_text", "<p>Fillon këtu.</p>"))
        page = self.put(StoryPage(title="H", slug="h", warning="Flet për frikën.", body=body), self.section)
        html = main(self.html(page))
        assert html.index('class="with-sign muted"') < html.index("Flet për frikën.") < html.index("Fillon këtu.")
        assert 'href="#talk"' in html
        assert 'id="talk"' in html

    def test_a_hidden_page_is_read_by_who_knows_it_and_says_so_to_search_engines(self):
        page = self.put(ArticlePage(title="A", slug="a", is_listed=False), self.section)
        assert '<meta name="robots" content="noindex, nofollow">' in self.html(page)

    def test_a_sensitive_page_leaves_no_copy(self):
        page = self.put(ArticlePage(title="A", slug="a", is_sensitive=True), self.section)
        assert self.client.get(page.url)["Cache-Control"] == "no-store"

    def test_a_renamed_page_is_found_at_its_old_address(self):
        page = self.put(ArticlePage(title="A", slug="e-vjeter"), self.section)
        old = page.url
        with self.captureOnCommitCallbacks(execute=True):
            page.slug = "e-re"
            page.save_revision().publish()
        assert Redirect.objects.filter(old_path=old.rstrip("/")).exists()
        response = self.client.get(old)
        assert response.status_code == 302
        assert response["Location"].endswith("/pjesa/e-re/")

    def test_links_follow_a_page_and_end_when_it_is_gone(self):
        target = self.put(ArticlePage(title="B", slug="b"), self.section)
        text = stream(("rich_text", f'<p><a linktype="page" id="{target.pk}">tani</a></p>'))
        page = self.put(ArticlePage(title="A", slug="a", body=text), self.section)
        assert f'<a href="{target.url}">tani</a>' in self.html(page)
        target.unpublish()
        html = self.html(page)
        assert "tani" in html
        assert "<a>" not in html

    def test_a_link_to_a_page_leads_to_its_twin_of_this_language(self):
        english = self.put(ArticlePage(title="B", slug="b-en"), self.section)
        ArticlePage.objects.filter(pk=english.pk).update(locale=self.en)
        twin = self.put(ArticlePage(title="B", slug="b", translation_key=english.translation_key), self.section)
        text = stream(("rich_text", f'<p><a linktype="page" id="{english.pk}">tani</a></p>'))
        page = self.put(ArticlePage(title="A", slug="a", body=text), self.section)
        assert f'<a href="{twin.url}">tani</a>' in self.html(page)

    def test_public_pages_are_live_listed_and_open(self):
        page = self.put(ArticlePage(title="A", slug="a"), self.section)
        assert public_pages().filter(pk=page.pk).exists()
        restriction = PageViewRestriction.objects.create(page=self.section, restriction_type="login")
        assert not public_pages().filter(pk=page.pk).exists()
        restriction.delete()
        page.is_listed = False
        page.save()
        assert not public_pages().filter(pk=page.pk).exists()
        page.is_listed = True
        page.live = False
        page.save()
        assert not public_pages().filter(pk=page.pk).exists()
        assert not public_pages().filter(depth=1).exists()
