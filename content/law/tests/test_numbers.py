"""Every number that a public text states of the law or of a service's hours has its source, or is the lawyer's."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

from content.models import ArticlePage, HomePage, Hotline
from content.seeding.pages import load_page_specs
from content.tests.editors import EditorsTest
from content.tests.test_seeded_texts import leaves

from ..numbers import DATA, collect_numbers, examine, iter_stated, render_list, states_number

ROOT = Path(__file__).parents[3]
LANGUAGES = ("sq", "en")
SEEDED = [ROOT / "content/data/glossary.json", *sorted((ROOT / "content/data/papers").glob("*.json"))]
SHOWN = ("title", "intro", "body", "streams", "fields", "seo_title", "search_description")


def iter_texts(data, language):
    return [text[language] for _path, text in leaves(data) if isinstance(text, dict) and language in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_seeded_page_or_kit_states_a_number_without_its_source(language):
    wrong, found = [], 0
    for spec in load_page_specs():
        texts = iter_texts({name: spec[name] for name in SHOWN if name in spec}, language)
        for stated in iter_stated(texts, language, title=spec["key"], where=""):
            found += 1
            if stated.problem:
                wrong.append((spec["key"], stated.problem, stated.sentence))
    assert wrong == []
    assert found > 25  # else nothing was looked at


@pytest.mark.parametrize("path", SEEDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nor_does_a_term_or_a_paper(path, language):
    texts = iter_texts(json.loads(path.read_text()), language)
    assert [each.sentence for each in iter_stated(texts, language, title="", where="") if each.problem] == []


def test_hours_of_every_seeded_hotline_carry_its_source():
    lines = json.loads((ROOT / "content/data/hotlines.json").read_text())
    rows = (
        lines if isinstance(lines, list) else next(iter(value for value in lines.values() if isinstance(value, list)))
    )
    assert [row for row in rows if any(row.get("hours", {}).values()) and not row.get("source")] == []


@pytest.mark.parametrize("entry", json.loads(DATA.read_text()), ids=lambda entry: entry["key"])
def test_each_number_of_the_list_is_whole_in_both_languages(entry):
    for language in LANGUAGES:
        assert entry["value"][language]
        assert entry["source"][language]
        re.compile(entry["pattern"][language])
    assert bool(entry["differs"]["sq"]) == bool(entry["differs"]["en"])
    assert bool(entry["named_by"]["sq"]) == bool(entry["named_by"]["en"])


@pytest.mark.parametrize(
    ("sentence", "language", "keys", "problem"),
    [
        ("Under the Council of Europe Convention, at least 30 days.", "en", ["reflection_convention"], ""),
        ("You have the right to 30 days.", "en", ["reflection_convention"], "unnamed"),
        ("The court may give 5 to 9 years in prison.", "en", [], "unknown"),
        ("Gjykata jep deri në 25 vjet burgim.", "sq", [], "unknown"),
        ("Linja përgjigjet 24 orë.", "sq", [], "unknown"),
        ("Nëse jeni nën 18 vjeç, gjykata ju dëgjon veçmas.", "sq", ["child"], ""),
        ("If you are under 18 the trial takes 40 days.", "en", ["child"], "unknown"),
    ],
)
def test_a_number_is_known_named_or_a_problem(sentence, language, keys, problem):
    assert states_number(sentence)
    assert examine(sentence, language) == (keys, problem)


@pytest.mark.parametrize(
    "sentence", ["45 minutes", "Two days later he goes home.", "Një orë mësimi", "Article 58/a applies."]
)
def test_lessons_stories_and_articles_are_no_such_numbers(sentence):
    assert not states_number(sentence)


def test_the_document_is_the_list():
    printed = StringIO()
    call_command("legal_numbers", stdout=printed)
    assert (ROOT / "docs/legal-numbers.md").read_text() == printed.getvalue() == render_list()


class TestThePage(EditorsTest):
    def test_editors_see_what_their_pages_state_and_what_has_no_source(self):
        assert "names none" not in self.ana.text("numbers_report")
        body = [("rich_text", "<p>The court gives you 40 days.</p>")]
        english = HomePage.objects.get(locale__language_code="en")
        english.add_child(
            instance=ArticlePage(title="Days", slug="days", intro="x", body=body, locale=english.locale, live=True)
        )
        html = self.ana.text("numbers_report")
        assert "The court gives you 40 days." in html
        assert "A number without a source" in html

    def test_a_line_s_hours_have_its_source(self):
        line = Hotline.objects.published().exclude(hours_en="").first()
        stated = next(each for each in collect_numbers("en") if each.where.endswith(f"/{line.pk}/"))
        assert [each.source for each in stated.known] == [line.source]

    def test_only_editors_reach_it(self):
        self.client.logout()
        assert self.client.get(reverse("numbers_report")).status_code in (302, 404)
