from unittest.mock import patch

from wagtail.models import PageViewRestriction

from ..models import ArticlePage, ServicePage
from .public_site import PublicSiteTest, main, stream


class TestSearch(PublicSiteTest):
    def setUp(self):
        super().setUp()
        text = stream(("rich_text", "<p>Policia ju dëgjon dhe ndihma është falas.</p>"))
        self.page = self.put(ArticlePage(title="Të drejtat", slug="te-drejtat", body=text), self.section)

    def found(self, words: str) -> str:
        return main(self.html(self.search, f"?q={words}"))

    def test_words_are_found_by_their_beginning_without_dots_and_in_any_order(self):
        for words in ("policia", "POLI", "falas ndihma", "degjon", "te drejtat"):
            assert f'href="{self.page.url}"' in self.found(words), words

    def test_when_no_page_has_all_words_those_with_any_are_shown(self):
        assert f'href="{self.page.url}"' in self.found("policia astronaut")

    def test_a_title_weighs_more_than_a_text(self):
        self.put(ArticlePage(title="Policia", slug="policia"), self.section)
        html = self.found("policia")
        assert html.index("/pjesa/policia/") < html.index(self.page.url)

    def test_drafts_hidden_and_restricted_pages_are_never_found(self):
        self.page.is_listed = False
        self.page.save()
        assert self.page.url not in self.found("policia")
        self.page.is_listed = True
        self.page.save()
        restriction = PageViewRestriction.objects.create(page=self.page, restriction_type="login")
        assert self.page.url not in self.found("policia")
        restriction.delete()
        self.page.unpublish()
        assert self.page.url not in self.found("policia")

    def test_pages_of_the_other_language_are_not_found(self):
        ArticlePage.objects.filter(pk=self.page.pk).update(locale=self.en)
        assert self.page.url not in self.found("policia")

    def test_nothing_found_says_what_to_try_and_whom_to_call(self):
        html = self.found("zzzz")
        assert "zzzz" in html
        assert 'href="tel:129"' in html
        assert f'href="{self.section.url}"' in html

    def test_a_number_searched_for_can_be_called(self):
        assert 'class="line line-danger"' in self.found("12%209")

    def test_a_word_explained_stands_above_the_pages(self):
        self.explain("prokuror", "Drejton hetimin.", ("prokurori",))
        assert "Drejton hetimin." in self.found("prokurori")

    def test_signs_and_floods_of_words_are_no_error(self):
        for words in (
            "%22*(",
            "NEAR(",
            "%00",
            "a" * 3000,
            "%20".join(["fjala"] * 200),
            "'; DROP TABLE",
            "%F0%9F%98%80",
        ):
            self.found(words)

    def test_what_is_searched_for_stays_in_no_copy(self):
        response = self.client.get(self.search.url + "?q=policia")
        assert response["Cache-Control"] == "no-store"
        assert not response.cookies

    def test_what_is_searched_for_is_shown_as_text(self):
        assert "<script>alert" not in self.found("<script>alert(1)</script>")

    def test_fields_of_their_own_are_searched_too(self):
        service = self.put(ServicePage(title="S", slug="s", what_for="<p>Strehëza</p>"), self.section)
        assert service.url in self.found("strehez")

    def test_a_search_that_ends_at_its_limit_says_that_there_are_more(self):
        for number in range(3):
            self.put(ArticlePage(title=f"Policia {number}", slug=f"p{number}"), self.section)
        assert "4 faqe<" in self.found("policia")
        with patch("content.ranked.MAX_FOUND", 3), patch("content.search.MAX_FOUND", 3):
            assert "3 faqe ose më shumë" in self.found("policia")

    def test_many_results_come_page_by_page(self):
        for number in range(25):
            self.put(ArticlePage(title=f"Policia {number}", slug=f"p{number}"), self.section)
        html = self.found("policia")
        assert "?q=policia&amp;p=2" in html
        assert "/pjesa/p" in main(self.html(self.search, "?q=policia&p=2"))
        assert "/pjesa/p" in main(self.html(self.search, "?q=policia&p=999"))
