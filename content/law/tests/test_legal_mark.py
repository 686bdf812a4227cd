"""The mark for the lawyer on pages, and the list that is printed for one."""

import datetime
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from content.legal_wording import fingerprint, iter_legal_sentences, names_law
from content.models import ArticlePage, public_pages
from content.seeding.pages import load_page_specs
from content.tests.seeded import SeededTest
from content.tests.test_seeded_texts import leaves

from ..claims import collect_claims, get_unmarked_texts

LANGUAGES = ("sq", "en")
TOLD = ("title", "intro", "body", "streams", "fields", "sources")


def said(spec, language):
    # A page in a third language stands in one tree only.
    return [
        text[language]
        for _path, text in leaves({name: spec[name] for name in TOLD if name in spec})
        if language in text
    ]


@pytest.mark.parametrize("spec", load_page_specs(), ids=lambda spec: spec["key"])
def test_a_text_that_names_a_law_says_what_it_rests_on_when_it_was_checked_and_whether_a_lawyer_read_it(spec):
    if not any(names_law(said(spec, language)) for language in LANGUAGES):
        return
    assert spec["checked_on"]
    assert spec["legal_check"] == "open"  # nobody has shown any of them to a lawyer yet
    for language in LANGUAGES:
        assert "<li>" in spec["sources"][language]


@pytest.mark.parametrize("spec", load_page_specs(), ids=lambda spec: spec["key"])
def test_questions_for_the_lawyer_are_the_same_in_both_languages(spec):
    asked = spec.get("for_lawyer", {"sq": "", "en": ""})
    assert len(asked["sq"].splitlines()) == len(asked["en"].splitlines())


@pytest.mark.parametrize(
    ("text", "is_law"),
    [
        ("Sipas nenit 52/a të Kodit Penal", True),
        ("Ligji parashikon masa", True),
        ("Keni të drejtë të dëgjoheni", True),
        ("Under Article 58/b", True),
        ("You have the right to be heard", True),
        ("Formal identification may be asked for later", True),
        ("Shkruani kodin e kartës", False),
        ("Choose the number that seems right", False),
        ("A particular person", False),
    ],
)
def test_what_names_a_law(text, is_law):
    assert names_law([text]) is is_law


def test_sentences_of_the_law_are_taken_out_each_once():
    texts = ["Mirë se vini. Ligji parashikon masa. Vendos gjykata.", "Ligji parashikon masa."]
    assert list(iter_legal_sentences(texts)) == ["Ligji parashikon masa.", "Vendos gjykata."]


def test_white_space_changes_no_fingerprint_and_a_word_does():
    assert fingerprint(["Një  fjalë"]) == fingerprint(["Një fjalë "])
    assert fingerprint(["Një fjalë"]) != fingerprint(["Një ligj"])


class TestTheMark(SeededTest):
    def page(self):
        return ArticlePage.objects.get(slug="the-law-and-you")

    def checked(self):
        page = self.page()
        page.legal_check, page.legal_checked_by = "checked", "Av. Prova"
        page.legal_checked_on = datetime.date(2026, 11, 27)
        page.save()
        return self.page()

    def test_readers_are_told_that_no_lawyer_has_read_it(self):
        html = self.html(self.page().url)
        assert "does not replace a lawyer" in html
        assert "No lawyer has checked it yet" in html
        assert "No lawyer has checked it yet" not in self.html("/en/staying-safe/phone/")

    def test_readers_are_told_the_day_but_not_who(self):
        html = self.html(self.checked().url)
        assert '<time datetime="2026-11-27">' in html
        assert "No lawyer has checked it yet" not in html
        assert "Prova" not in html

    def test_one_word_changed_opens_the_page_again(self):
        page = self.checked()
        assert page.legal_check == "checked"
        page.intro += " Gjithmonë."
        page.save()
        assert self.page().legal_check == "open"
        assert self.page().legal_checked_text == ""

    def test_a_lawyer_who_reads_the_new_words_on_another_day_checks_them(self):
        page = self.checked()
        page.intro += " Gjithmonë."
        page.legal_checked_on = datetime.date(2026, 12, 4)
        page.save()
        assert self.page().legal_check == "checked"

    def test_a_check_without_a_name_or_a_day_is_none(self):
        page = self.page()
        page.legal_check = "checked"
        with pytest.raises(ValidationError) as refused:
            page.full_clean()
        assert set(refused.value.message_dict) == {"legal_checked_on", "legal_checked_by"}

    def test_a_page_that_begins_to_speak_of_the_law_is_marked_by_itself(self):
        page = ArticlePage.objects.get(slug="phone")
        assert page.legal_check == ""
        page.intro = "Article 1 of the law says so."
        page.save()
        assert ArticlePage.objects.get(slug="phone").legal_check == "open"

    def test_the_api_tells_it_too(self):
        told = self.client.get(f"/api/v2/pages/{self.page().pk}/").json()
        assert (told["legal_check"], told["legal_checked_on"]) == ("open", None)
        assert "for_lawyer" not in told


class TestTheReview(SeededTest):
    def printed(self, *arguments):
        out = StringIO()
        call_command("legal_review", *arguments, stdout=out)
        return out.getvalue()

    def test_no_live_text_of_the_law_lacks_its_mark(self):
        assert get_unmarked_texts() == []
        call_command("legal_review", "--check")

    def test_a_text_without_its_mark_fails_the_check(self):
        ArticlePage.objects.filter(slug="the-law-and-you").update(checked_on=None)
        with pytest.raises(CommandError, match="the-law-and-you/: checked_on"):
            call_command("legal_review", "--check")

    def test_every_page_that_speaks_of_the_law_is_on_the_list_with_what_it_rests_on(self):
        for language in LANGUAGES:
            listed = {claim.where: claim for claim in collect_claims(language)}
            pages = public_pages().filter(locale__language_code=language)
            for page in pages.specific():
                if page.legal_check or names_law(page.legal_texts()):
                    assert listed[page.url].rests_on, page.url
                    assert listed[page.url].sentences, page.url
            assert len(listed) > 30

    def test_both_languages_are_printed_unless_one_is_chosen(self):
        both = self.printed()
        assert "nenit 52/a të Kodit Penal" in both
        assert "Article 52/a of the Criminal Code" in both
        albanian = self.printed("--language", "sq")
        assert "Article 52/a" not in albanian
        assert "Bazohet në:" in albanian
        assert "tre muaj?" in albanian

    def test_words_explained_the_quiz_and_the_leaflet_are_on_it(self):
        english = self.printed("--language", "en")
        assert "VMT does not mean that it did not happen." in english
        assert "outreach_pages/session_pages/questions.json" in english
        assert "content/papers/leaflet.json" in english
        assert (
            "The law may exempt you from punishment for that" in english
        )  # a page that is asked about is printed whole
        assert "Before you decline formal identification, ask a lawyer." in english

    def test_the_whole_text_is_printed_when_asked_for(self):
        words = "Write down in a safe place what you paid and when"
        assert words not in self.printed("--language", "en")
        assert words in self.printed("--language", "en", "--whole")
