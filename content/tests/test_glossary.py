import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from ..glossary import group_by_letter
from ..models import ArticlePage
from ..models.glossary import GlossaryTermForm, LinesField
from .public_site import PublicSiteTest, main, stream


class TestWordsInTexts(PublicSiteTest):
    def article(self, *texts: str) -> ArticlePage:
        body = stream(*(("rich_text", text) for text in texts))
        return self.put(ArticlePage(title="Teksti", slug="teksti", body=body), self.section)

    def marked(self, page: ArticlePage) -> list[str]:
        return re.findall(r'<label class="term"[^>]*>([^<]*)</label>', self.html(page))

    def test_only_the_first_of_a_words_forms_on_a_page_is_marked(self):
        self.explain("prokuror", "Drejton hetimin.", ("prokurori", "prokurorit"))
        page = self.article("<p>Prokurori pyet.</p>", "<p>I thoni prokurorit.</p>")
        assert self.marked(page) == ["Prokurori"]

    def test_the_explanation_stands_in_the_page_and_leads_to_all_words(self):
        self.explain("prokuror", "Drejton hetimin.")
        html = main(self.html(self.article("<p>Një prokuror.</p>")))
        assert 'popovertarget="w-prokuror"' in html
        assert 'id="w-prokuror" popover' in html
        assert "Drejton hetimin." in html
        assert f'href="{self.words.url}#prokuror"' in html
        assert 'id="prokuror"' in self.html(self.words)

    def test_headings_and_links_are_left_alone(self):
        self.explain("ligj", "Rregull i shtetit.")
        text = '<h2>Një ligj</h2><p><a href="https://example.org/">ligj</a></p><p>Ky ligj.</p>'
        html = main(self.html(self.article(text)))
        assert "<h2>Një ligj</h2>" in html
        assert ">ligj</a>" in html
        assert html.count('class="term"') == 1

    def test_a_word_within_a_longer_word_or_in_an_entity_is_none(self):
        self.explain("amp", "x")
        self.explain("por", "y")
        assert self.marked(self.article("<p>portë &amp; raport</p>")) == []

    def test_the_longer_of_two_words_wins(self):
        self.explain("njësi", "a")
        self.explain("njësi lëvizëse", "b")
        assert self.marked(self.article("<p>Një njësi lëvizëse dhe një njësi.</p>")) == ["njësi lëvizëse", "njësi"]

    def test_an_explanation_of_two_paragraphs_stays_within_the_sentence(self):
        self.explain("gjykatë", "Vendos.</p><p>Dëgjon.")
        html = main(self.html(self.article("<p>Një gjykatë.</p>")))
        note = re.search(r'<span class="term-text">(.*?)</span>', html)[1]
        assert note == "Vendos. Dëgjon."

    def test_a_word_within_a_name_is_left_alone(self):
        self.explain("linjë këshillimi", "Numër telefoni.", ("linja e këshillimit", "linja"))
        self.explain("Autoriteti Përgjegjës", "Zyra kombëtare.", ("Autoritetit Përgjegjës",))
        text = "<p>Linja e Këshillimit për Fëmijë, Kjo Linja. {}. I thoni Autoritetit Përgjegjës.</p>"
        assert self.marked(self.article(text.format("Po"))) == ["Autoritetit Përgjegjës"]
        self.section.get_children().delete()
        both = ["Linja e këshillimit", "Autoritetit Përgjegjës"]
        assert self.marked(self.article(text.format("Linja e këshillimit"))) == both

    def test_the_page_of_words_marks_none(self):
        self.explain("ligj", "Rregull.")
        self.explain("gjykatë", "Vendos sipas një ligj.")
        assert "term-note" not in self.html(self.words)

    def test_words_of_the_other_language_are_not_marked(self):
        term = self.explain("ligj", "Rregull.")
        type(term).objects.update(locale=self.en)
        assert self.marked(self.article("<p>Ky ligj.</p>")) == []

    def test_many_words_cost_one_question_to_the_database(self):
        page = self.article("<p>Ky ligj dhe fjala12.</p>")
        self.html(page)
        for number in range(60):
            self.explain(f"fjala{number}", "x")
        with CaptureQueriesContext(connection) as asked:
            self.html(page)
        assert sum("content_glossaryterm" in each["sql"] for each in asked) == 1

    def test_words_stand_by_the_albanian_alphabet(self):
        terms = [self.explain(word, "x") for word in ("shtet", "dhunë", "dëm", "siguri", "çështje", "cilësi")]
        letters = [letter for letter, _terms in group_by_letter(terms, "sq")]
        assert letters == ["C", "Ç", "D", "DH", "S", "SH"]
        assert [letter for letter, _terms in group_by_letter(terms, "en")] == ["C", "D", "S", "Ç"]

    def test_a_word_gets_an_address_by_itself(self):
        assert self.explain("Autoriteti Përgjegjës", "x").slug == "autoriteti-pergjegjes"


def test_forms_of_a_word_are_written_one_on_each_line():
    field = LinesField(required=False)
    assert field.clean(" ligji \n\nligjit\nligji") == ["ligji", "ligjit"]
    assert field.clean("") == []
    assert field.prepare_value(["a", "b"]) == "a\nb"
    assert isinstance(GlossaryTermForm.declared_fields["forms"], LinesField)
