"""Each check finds what it is for, and leaves alone what only looks like it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from wagtail.models import Locale, Page

from content.models import ArticlePage, Hotline, ServicePage

from ..facts import Facts, get_digits
from ..findings import Finding
from ..html import read
from ..pieces import Pieces, Words
from ..rules import headings, links, numbers, pictures, reading, words
from ..run import findings_for
from ..words import read_lines

FACTS = Facts(
    numbers={"129": True, "116111": True, "0800123": False},
    avoided=read_lines("viktim* = ju\nsex slave*"),
    loud=read_lines("trafik*"),
    live_pages=frozenset({"1"}),
    known_pages=frozenset({"1", "2"}),
    documents=frozenset({"5"}),
)


def said(text: str) -> Pieces:
    return Pieces(words=[Words(text, "body", is_prose=True)])


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
    found = list(numbers.check(said(text), FACTS))
    assert codes(found) == ["unverified_number"]
    assert found[0].stops


@pytest.mark.parametrize("text", ["Telefononi 129.", "Linja 116 111", "116111", "Thirrni (129)!"])
def test_a_shown_lines_number_belongs_into_its_block(text):
    found = list(numbers.check(said(text), FACTS))
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
    assert list(numbers.check(said(text), FACTS)) == []


def test_numbers_hidden_in_links_and_titles_are_found():
    pieces = Pieces(
        links=[("address", "tel:+355691234567", "na telefononi", "body")], seen=[Words("069 123 4567", "t")]
    )
    assert codes(numbers.check(pieces, FACTS)) == ["unverified_number", "unverified_number"]


def test_one_line_is_one_number_however_it_is_written():
    assert get_digits("+355 69 123") == get_digits("0035569123") == get_digits("069-123")


def test_a_word_to_avoid_is_found_in_all_its_endings_with_advice():
    found = list(words.check(said("Viktimat e trafikimit. Ndihmë për viktimën."), FACTS))
    assert [each.excerpt for each in found] == ["Viktimat", "viktimën"]
    assert "ju" in str(found[0].words)
    assert list(words.check(said("Konviktimi"), FACTS)) == []


def test_what_stays_in_a_browsers_history_is_said_quietly():
    pieces = Pieces(seen=[Words("Ndihmë për trafikim", "title tag")])
    assert codes(words.check(pieces, FACTS)) == ["loud"]


def test_lines_of_the_list_that_say_nothing_are_refused():
    assert read_lines("# a remark\n\n") == ()
    with pytest.raises(ValueError, match="advice"):
        read_lines("* = advice")


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
    pieces = Pieces(links=[(kind, target, "words", "body")])
    assert codes(links.check(pieces, FACTS)) == ["link"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [("page", "1"), ("document", "5"), ("address", "https://example.org/a?b=c"), ("address", "#word")],
)
def test_links_that_lead_somewhere_are_not(kind, target):
    assert list(links.check(Pieces(links=[(kind, target, "words", "body")]), FACTS)) == []


def test_a_link_says_where_it_leads():
    assert codes(links.check(Pieces(links=[("page", "1", "Këtu", "body")]), FACTS)) == ["link_text"]


def test_headings_go_down_one_level_at_a_time():
    right = Pieces(headings=[(1, "a", ""), (2, "b", ""), (3, "c", ""), (2, "d", "")])
    assert list(headings.check(right, FACTS)) == []
    wrong = Pieces(headings=[(1, "a", ""), (3, "c", ""), (2, "", "")])
    assert codes(headings.check(wrong, FACTS)) == ["heading_order", "heading_empty"]


@pytest.mark.parametrize(
    ("alt", "code"), [("", "no_alt"), ("IMG_2031.jpg", "alt_is_a_file"), ("Foto e një zyre", "alt_begins")]
)
def test_pictures_are_said_in_words(alt, code):
    assert codes(pictures.check(Pieces(pictures=[(alt, None, "body")]), FACTS)) == [code]


def test_only_a_missing_alt_stops_a_page():
    assert [each.stops for each in pictures.check(Pieces(pictures=[("", None, ""), ("a.png", None, "")]), FACTS)] == [
        True,
        False,
    ]


def test_hard_texts_and_long_sentences_are_warned_of():
    hard = "Institucionet kompetente bashkërendojnë procedurat administrative ndërinstitucionale " * 12 + "."
    found = list(reading.check(said(hard), FACTS))
    assert {each.code for each in found} == {"hard", "long_sentence"}
    assert not any(each.stops for each in found)
    easy = "Ju mund të flisni me ne. Askush nuk ju gjykon. Ne ju dëgjojmë. " * 8
    assert list(reading.check(said(easy), FACTS)) == []


def test_short_texts_get_no_score():
    assert reading.readability(said("Ndërinstitucionale administrative.")).lix is None


def test_rich_text_is_read_as_a_reader_does():
    found = read(
        '<h2>Një</h2><p>Dy <a linktype="page" id="7">tre</a> <a href="https://e.org">katër</a></p>'
        '<ul><li>pesë</li></ul><embed embedtype="image" id="1" alt="" format="left"/>'
    )
    assert found.text == "Një\nDy tre katër\npesë"
    assert found.headings == [(2, "Një")]
    assert (found.pages, found.addresses, found.pictures) == ([("7", "tre")], [("https://e.org", "katër")], [""])


@pytest.mark.django_db
class TestWholePages:
    def page(self, **fields) -> Page:
        locale, _new = Locale.objects.get_or_create(language_code="sq")
        values = {"title": "Titull", "slug": "titull", "locale": locale, "search_description": "Përshkrim."}
        kind = fields.pop("kind", ArticlePage)
        return kind(**{**values, **fields})

    def found(self, page: Page) -> dict[str, Finding]:
        return {each.code: each for each in findings_for(page)}

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
        places = [each.place for each in findings_for(page) if each.code == "file_gone"]
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
        assert findings_for(self.page()) == []

    def test_a_missing_file_or_line_is_no_trouble_either(self):
        blocks = [("hotline", {"line": None}), ("download", {"document": None, "title": "", "what": ""})]
        assert codes(findings_for(self.page(body=blocks))) == ["line_gone", "file_gone"]

    def test_a_check_that_fails_is_told_and_keeps_the_page_back_where_it_guards_readers(self, monkeypatch):
        def fails(pieces, facts):
            raise ZeroDivisionError("what the page says")

        page = self.page(body=[("rich_text", "<h4>Vetëm kjo</h4>")])
        monkeypatch.setattr("content.checks.run.RULES", (fails, headings.check))
        assert [(each.code, each.stops) for each in findings_for(page)] == [
            ("check_failed", False),
            ("heading_order", False),
        ]
        monkeypatch.setattr("content.checks.run.STOPPING", (fails,))
        first = findings_for(page)[0]
        assert (first.code, first.stops) == ("check_failed", True)
        assert "what the page says" not in str(first)
