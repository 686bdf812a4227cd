"""Each check finds what it is for, and leaves alone what only looks like it."""

import re
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone
from django.utils.translation import override
from wagtail.admin.userbar import ContentCheckerItem
from wagtail.models import Locale, Page

from content.extract import PageParts, TextPart
from content.html_reader import read_html
from content.models import ArticlePage, Hotline, ServicePage
from content.phone_numbers import get_digits
from content.wagtail_hooks import POOR_ALT_TEXT, replace_content_checker

from ..context import CheckContext
from ..rules import Finding, check_links, check_numbers, check_pictures, check_sentences, check_words
from ..run import get_findings
from ..words import parse_word_list

FACTS = CheckContext(
    numbers={"129": True, "116111": True, "0800123": False},
    avoided=parse_word_list("viktim* = ju\nsex slave*"),
    loud=parse_word_list("trafik*"),
    live_pages=frozenset({"1"}),
    known_pages=frozenset({"1", "2"}),
    documents=frozenset({"5"}),
)


def said(text: str) -> PageParts:
    return PageParts(words=[TextPart(text, "body", is_prose=True)])


def codes(found) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "Telefononi 069 123 4567.",
        "Telefononi +355 69 123 45 67",
        "Shkruani në WhatsApp: 00355691234567",
        "tel. 04/2234567",
        "Numri: (04) 22 34 567",
        "069-12-34-567",
        "Linja e re 116 123 është falas.",
        "Thirrni 0800 123",
    ],
)
def test_a_number_that_nobody_verified_stops_a_page(text):
    found = list(check_numbers(said(text), FACTS))
    assert codes(found) == ["unverified_number"]
    assert found[0].stops


@pytest.mark.parametrize("text", ["Telefononi 129.", "Linja 116 111", "116111", "Thirrni (129)!"])
def test_a_shown_lines_number_belongs_into_its_block(text):
    found = list(check_numbers(said(text), FACTS))
    assert codes(found) == ["number_in_text"]
    assert not found[0].stops


@pytest.mark.parametrize(
    "text",
    [
        "VKM 499/2018 dhe ligji nr. 9669, datë 18.12.2006",
        "Neni 129 i Kodit Penal",
        "Ligji 108/2014",
        "më 2026-11-24 në orën 08:30 deri 16.00",
        "Në vitet 2021-2024",
        "Në 2026 erdhën 1 250 persona",
        "Paga 60 000 lekë, 1 200 000 lekë në vit, 35%",
        "Shtrirja: 45 000 banorë",
        "Nën 18 vjeç, klasa 9, hapi 3",
        "129ers",
    ],
)
def test_laws_dates_sums_and_ages_are_no_telephone_numbers(text):
    assert list(check_numbers(said(text), FACTS)) == []


def test_numbers_hidden_in_links_and_titles_are_found():
    pieces = PageParts(
        links=[("address", "tel:+355691234567", "na telefononi", "body")], seen=[TextPart("069 123 4567", "t")]
    )
    assert codes(check_numbers(pieces, FACTS)) == ["unverified_number", "unverified_number"]


def test_one_line_is_one_number_however_it_is_written():
    assert get_digits("+355 69 123") == get_digits("0035569123") == get_digits("069-123")


def test_a_word_to_avoid_is_found_in_all_its_endings_with_advice():
    found = list(check_words(said("Viktimat e trafikimit. Ndihmë për viktimën."), FACTS))
    assert [each.excerpt for each in found] == ["Viktimat", "viktimën"]
    assert "ju" in str(found[0].words)
    assert list(check_words(said("Konviktimi"), FACTS)) == []


def test_what_stays_in_a_browsers_history_is_said_quietly():
    pieces = PageParts(seen=[TextPart("Ndihmë për trafikim", "title tag")])
    assert codes(check_words(pieces, FACTS)) == ["loud"]


def test_lines_of_the_list_that_say_nothing_are_refused():
    assert parse_word_list("# a remark\n\n") == ()
    with pytest.raises(ValueError, match="advice"):
        parse_word_list("* = advice")


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("page", "2"),
        ("page", "9"),
        ("document", "6"),
        ("address", "http://example.org/"),
        ("address", "https://example"),
        ("address", "https://exa mple.org"),
        ("address", "htps://example.org"),
        ("address", "/ndihme/"),
        ("address", "mailto:nobody"),
        ("address", "https://[broken"),
        ("address", "javascript:alert(1)"),
    ],
)
def test_links_that_lead_nowhere_are_found(kind, target):
    pieces = PageParts(links=[(kind, target, "words", "body")])
    assert codes(check_links(pieces, FACTS)) == ["link"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [("page", "1"), ("document", "5"), ("address", "https://example.org/a?b=c"), ("address", "#word")],
)
def test_links_that_lead_somewhere_are_not(kind, target):
    assert list(check_links(PageParts(links=[(kind, target, "words", "body")]), FACTS)) == []


def test_a_link_says_where_it_leads():
    assert codes(check_links(PageParts(links=[("page", "1", "Këtu", "body")]), FACTS)) == ["link_text"]


def test_a_picture_without_words_stops_a_page_and_its_wording_is_left_to_the_content_checker():
    found = list(check_pictures(PageParts(pictures=[("", None, ""), ("a.png", None, "")]), FACTS))
    assert [(each.code, each.stops) for each in found] == [("no_alt", True)]


@pytest.mark.parametrize("alt", ["IMG_2031.jpg", "img 2031", "Foto e një zyre", "Picture of a bus", "a_bus"])
def test_the_content_checker_asks_for_better_words(alt):
    assert re.search(POOR_ALT_TEXT, alt, re.IGNORECASE)


@pytest.mark.parametrize("alt", ["Një zyrë me dy karrige", "A bus at a stop", "Fotografia varet në mur"])
def test_the_content_checker_leaves_good_words_alone(alt):
    assert not re.search(POOR_ALT_TEXT, alt, re.IGNORECASE)


def test_the_panel_beside_the_editor_gets_our_pattern():
    items = [ContentCheckerItem(in_editor=True)]
    replace_content_checker(RequestFactory().get("/"), items, None)
    checks = {check["id"]: check for check in items[0].get_axe_custom_checks(None)}
    assert checks["check-image-alt-text"]["options"]["pattern"] == POOR_ALT_TEXT
    assert len(checks) == len(ContentCheckerItem.axe_custom_checks)


def test_long_sentences_are_warned_of():
    long = "Ju mund të flisni me ne " * 6 + "."
    found = list(check_sentences(said(long), FACTS))
    assert codes(found) == ["long_sentence"]
    assert not found[0].stops
    assert list(check_sentences(said("Ju mund të flisni me ne. Askush nuk ju gjykon. " * 8), FACTS)) == []


def test_rich_text_is_read_as_a_reader_does():
    found = read_html(
        '<h2>Një</h2><p>Dy <a linktype="page" id="7">tre</a> <a href="https://e.org">katër</a></p>'
        '<ul><li>pesë</li></ul><embed embedtype="image" id="1" alt="" format="left"/>'
    )
    assert found.text == "Një\nDy tre katër\npesë"
    assert (found.pages, found.addresses, found.pictures) == ([("7", "tre")], [("https://e.org", "katër")], [""])


@pytest.mark.django_db
class TestWholePages:
    def page(self, **fields) -> Page:
        locale, _new = Locale.objects.get_or_create(language_code="sq")
        values = {"title": "Titull", "slug": "titull", "locale": locale, "search_description": "Përshkrim."}
        kind = fields.pop("kind", ArticlePage)
        return kind(**{**values, **fields})

    def found(self, page: Page) -> dict[str, Finding]:
        return {each.code: each for each in get_findings(page)}

    def line(self, **fields) -> Hotline:
        texts = {"name_sq": "Linja", "name_en": "Line", "short_sq": "L", "short_en": "L", "source": "t", "key": "line"}
        return Hotline.objects.create(**{**texts, "number": "116 111", "publish": "yes", **fields})

    def test_blocks_of_any_depth_are_looked_into(self):
        question = {"question": "Si?", "answer": "<p>Telefononi 069 123 4567.</p>"}
        page = self.page(body=[("details", {"title": "Pyetje", "questions": [question]})])
        found = self.found(page)
        assert found["unverified_number"].excerpt == "069 123 4567"
        assert "›" in found["unverified_number"].place

    def test_a_file_that_is_not_there_is_said_whether_deleted_or_never_chosen(self):
        film = {"title": "Film", "file": None, "captions": None, "poster": None, "transcript": "", "seconds": 5}
        page = self.page(body=[("video", film), ("download", {"title": "Fletë", "document": None, "what": ""})])
        places = [each.place for each in get_findings(page) if each.code == "file_gone"]
        assert [place.rpartition(" › ")[2] for place in places] == [
            "filmi",
            "titrat",
            "skedari",
        ]  # the poster may be missing

    def test_a_line_that_nobody_has_chosen_yet_is_not_called_deleted(self):
        finding = self.found(self.page(body=[("hotline", {"line": None})]))["line_gone"]
        with override("en"):
            assert str(finding.words).startswith("No helpline is chosen here")

    def test_a_line_that_readers_do_not_see_is_said(self):
        stale = self.line(first_shown_on=timezone.localdate() - timedelta(days=400))
        assert "line_hidden" in self.found(self.page(body=[("hotline", {"line": stale})]))
        assert "line_hidden" in self.found(self.page(kind=ServicePage, line=stale))
        fresh = self.line(key="fresh", number="112")
        assert self.found(self.page(body=[("hotline", {"line": fresh})])) == {}

    def test_a_stale_lines_number_in_a_text_stops_the_page(self):
        self.line(first_shown_on=timezone.localdate() - timedelta(days=400))
        found = self.found(self.page(intro="Telefononi 116 111."))
        assert found["unverified_number"].stops

    def test_a_picture_without_words_in_a_draft_stops_the_page(self):
        page = self.page(body=[("figure", {"image": None, "alt": "", "caption": ""})])
        assert self.found(page)["no_alt"].stops

    def test_an_empty_page_is_no_trouble(self):
        assert get_findings(self.page()) == []

    def test_a_missing_file_or_line_is_no_trouble_either(self):
        blocks = [("hotline", {"line": None}), ("download", {"document": None, "title": "", "what": ""})]
        assert codes(get_findings(self.page(body=blocks))) == ["line_gone", "file_gone"]

    def test_a_check_that_fails_is_told_and_keeps_the_page_back_where_it_guards_readers(self, monkeypatch):
        def fails(pieces, facts):
            raise ZeroDivisionError("what the page says")

        page = self.page(body=[("rich_text", '<p><a href="http://example.org">burimi</a></p>')])
        monkeypatch.setattr("content.checks.run.RULES", (fails, check_links))
        assert [(each.code, each.stops) for each in get_findings(page)] == [
            ("check_failed", False),
            ("link", False),
        ]
        monkeypatch.setattr("content.checks.run.STOPPING", (fails,))
        first = get_findings(page)[0]
        assert (first.code, first.stops) == ("check_failed", True)
        assert "what the page says" not in str(first)
