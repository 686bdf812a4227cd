"""Rules of the first texts, held over the data files themselves and over the site they make."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.utils.html import strip_tags
from wagtail.fields import StreamField
from wagtail.models import Page

from ..models import GlossaryTerm, Hotline, ServicePage, StoryPage, public_pages
from ..seeding import actions, pages
from ..seeding.actions import DATA
from ..seeding.pages import load_page_specs
from .seeded import SeededTest

# Short pages in other languages have one language each; what is said of them is in test_language_pages.
SPECS = {spec["key"]: spec for spec in load_page_specs() if spec["model"] != "content.LanguagePage"}
WORDS = json.loads((DATA / "glossary.json").read_text())
LANGUAGES = {"sq", "en"}
LINK = re.compile(r'<a page="([^"]*)">')
# Words that shock, pity, blame or name the reader (trauma-informed writing): none of them anywhere.
NEVER = re.compile(
    r"viktim|victim|skllav|slave|zinxhir|\bchains?\b|\brop(?:e|es)\b|prang|handcuff|kafaz|\bcages?\b|mavijosj|bruis"
    r"|prostitu|\bpimp|lypsar|lypës|beggar|ilegal|illegal|rescu|shpëtim|shpëtuam",
    re.IGNORECASE,
)
# In the browser's tab, its history, an address or a bookmark.
LOUD = re.compile(r"trafik|traffick|dhun[ëa]|violence|abuz|abuse|polic|seks|sexual|strehëz|shelter", re.IGNORECASE)
SAYS_IT = re.compile(r"trafik|traffick|dhun[ëa]|violence|abuz|abuse", re.IGNORECASE)
# Short numbers are lines too: they come from the telephone lines, never from a text.
TELEPHONE = re.compile(r"\+?\d(?:[ -]?\d){5,}|\b1(?:12|2[79])\b")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Each bilingual text of a data file, with the place it stands in."""
    if isinstance(value, dict):
        if value.keys() & LANGUAGES and "forms" not in path:
            yield path, value
            return
        for key, inner in value.items():
            if key in ("was", "was_slug"):
                continue  # titles and addresses of earlier releases
            yield from leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}/{number}")


def texts(source: Any, language: str) -> list[str]:
    return [text[language] for _path, text in leaves(source)]


def how_hard(text: str) -> float:
    """LIX: words to a sentence, and long words in a hundred. Under 40 is plain, over 50 is for officials."""
    words = re.findall(r"\w+", text)
    sentences = max(1, len(re.findall(r"[.!?:]+(?=\s|$)|\n", text)))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / max(1, len(words))


def running_text(spec: dict[str, Any], language: str) -> str:
    """What a reader reads of a page: its body, streams and fields, a line for each item; not the sources."""
    parts = [text for name in ("intro", "body", "streams", "fields") for text in texts(spec.get(name, ""), language)]
    return "\n".join(strip_tags(re.sub(r"</(?:p|li|h\d)>", "\n", part)) for part in parts if part)


@pytest.mark.parametrize("key", SPECS)
def test_each_text_stands_in_both_languages(key):
    for path, text in leaves(SPECS[key]):
        assert text.keys() == LANGUAGES, path
        assert bool(text["sq"].strip()) == bool(text["en"].strip()), path
    for name in ("title", "slug", "seo_title", "search_description", "intro"):
        assert all(SPECS[key][name][language].strip() for language in LANGUAGES), name


@pytest.mark.parametrize("key", SPECS)
def test_a_text_and_its_twin_are_built_alike(key):
    for path, text in leaves(SPECS[key]):
        tags = [re.findall(r"<[^>]+>", text[language]) for language in ("sq", "en")]
        assert tags[0] == tags[1], path


@pytest.mark.parametrize("key", SPECS)
def test_no_text_shocks_pities_or_names_the_reader(key):
    for path, text in leaves(SPECS[key]):
        for language in LANGUAGES:
            assert not NEVER.search(text[language]), (path, text[language])


@pytest.mark.parametrize("key", SPECS)
def test_no_number_to_call_stands_in_a_text(key):
    for path, text in leaves({name: part for name, part in SPECS[key].items() if name != "sources"}):
        for language in LANGUAGES:
            found = TELEPHONE.search(strip_tags(text[language]))
            assert not found, (path, found and found[0])


@pytest.mark.parametrize("key", SPECS)
def test_each_link_leads_to_a_page_that_is_laid_down(key):
    for path, text in leaves(SPECS[key]):
        for language in LANGUAGES:
            assert set(LINK.findall(text[language])) <= SPECS.keys(), path
            assert re.findall(r"<a (?!page=)", text[language]) == [], path


@pytest.mark.parametrize("key", SPECS)
def test_what_a_tab_and_a_history_show_says_nothing_to_a_stranger(key):
    for name, loud in {"seo_title": LOUD, "slug": LOUD, "title": SAYS_IT, "search_description": SAYS_IT}.items():
        for language in LANGUAGES:
            assert not loud.search(SPECS[key][name][language]), (name, language)


@pytest.mark.parametrize("key", SPECS)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_words_are_plain(key, language):
    text = running_text(SPECS[key], language)
    assert how_hard(text) < 42, round(how_hard(text))


@pytest.mark.parametrize("key", SPECS)
def test_albanian_speaks_to_the_reader_with_respect(key):
    """ "ju", outside of words that somebody says to somebody in a story or an example."""
    for path, text in leaves({name: part for name, part in SPECS[key].items() if name != "slug"}):
        said = re.sub(r"“[^”]*”", "", text["sq"])
        assert not re.search(r"\b(?:ti|ty|je|ke|yt|jote|tënd|tënde)\b", said), (path, said)


@pytest.mark.parametrize("key", SPECS)
def test_a_text_says_what_it_rests_on_and_when_it_is_looked_at_again(key):
    spec = SPECS[key]
    assert spec["checked_on"] < spec["review_by"]
    if spec["model"] != "content.SearchPage":
        assert all("<li>" in spec["sources"][language] for language in LANGUAGES)


def test_the_lines_and_regions_named_exist():
    lines = {line["key"] for line in json.loads((DATA / "hotlines.json").read_text())["lines"]}
    regions = json.loads(Path(apps.get_app_config("access").path, "data", "geography.json").read_text())["regions"]
    for spec in SPECS.values():
        named = {block["value"]["line"] for block in spec["body"] if block["type"] == "hotline"}
        assert named | ({spec["line"]} if "line" in spec else set()) <= lines, spec["key"]
        assert set(spec.get("regions", ())) <= {region["slug"] for region in regions}


def test_a_page_is_laid_down_after_the_one_above_it():
    for spec in SPECS.values():
        if "parent" in spec:
            assert SPECS[spec["parent"]]["order"] < spec["order"], spec["key"]
    assert len({spec["order"] for spec in SPECS.values()}) == len(SPECS)


def test_words_are_explained_in_both_languages_with_the_forms_that_albanian_gives_them():
    assert len(WORDS) >= 20
    for word in WORDS:
        for name in ("term", "definition"):
            assert all(word[name][language].strip() for language in LANGUAGES), word["key"]
            assert not any(NEVER.search(word[name][language]) for language in LANGUAGES), word["key"]
        assert word["forms"]["sq"], word["key"]
    for language in LANGUAGES:
        forms = [form.lower() for word in WORDS for form in {word["term"][language], *word["forms"][language]}]
        assert len(forms) == len(set(forms)), language


# The crawl (tests/public) follows these.
OF_NO_PAGE = ("/pyet/", "/en/pyet/", "/k/", "/en/k/", "/dil/", "/documents/", "/fleta/", "/en/fleta/")


class TestTheSiteTheyMake(SeededTest):
    def test_there_are_at_least_twenty_five_public_pages_in_each_language(self):
        for language in LANGUAGES:
            assert public_pages().filter(locale__language_code=language).count() >= 25

    def test_the_kinds_of_help_and_of_stories_are_there(self):
        for language in LANGUAGES:
            assert ServicePage.objects.live().filter(locale__language_code=language).count() >= 3
            assert StoryPage.objects.live().filter(locale__language_code=language).count() >= 3
            assert GlossaryTerm.objects.filter(locale__language_code=language).count() >= 20

    def test_every_block_could_be_saved_by_an_editor_as_it_is(self):
        for page in Page.objects.filter(depth__gte=2).specific():
            page.full_clean()
            for field in page._meta.get_fields():
                if isinstance(field, StreamField):
                    stream = getattr(page, field.name)
                    stream.stream_block.clean(stream)

    def test_every_link_within_the_texts_leads_to_a_live_page(self):
        for url, answer in self.get_answers().items():
            assert answer.status_code == 200, url
            html = answer.content.decode()
            main = html[html.index("<main") : html.index("</main>")]
            for address in set(re.findall(r'<a [^>]*href="(/[^"#?]*)', main)):
                if not address.startswith(OF_NO_PAGE):
                    assert address in self.urls, (url, address)

    def test_a_word_explained_is_marked_where_it_first_stands(self):
        assert 'id="w-strehez"' in self.html("/kush-ju-ndihmon/nje-vend-i-sigurt/")
        assert 'id="w-witness"' in self.html("/en/justice/in-court/")

    def test_a_service_shows_its_line(self):
        page = ServicePage.objects.get(slug="femijet")
        assert page.line == Hotline.objects.get(key="alo_116111")
        assert "tel:116111" in self.html(page.url).split("<main")[1]


def test_a_site_laid_down_before_keeps_its_pages_where_they_stand_and_gains_the_new_ones(db, monkeypatch):
    cache.clear()
    before = [{**SPECS[key], "parent": "home"} for key in ("help", "rights", "telling", "offers", "phone", "sessions")]
    before[1]["slug"] = SPECS["your_rights"]["slug"]  # its address is now a section's
    with monkeypatch.context() as patch:
        for module in (actions, pages):
            patch.setattr(module, "load_page_specs", lambda: [SPECS["home"], *before])
        assert actions.seed_content()["pages"] == 14
    stood = dict(Page.objects.filter(depth__gte=2).values_list("pk", "url_path"))
    assert actions.seed_content()["pages"] == sum(len(spec["title"]) for spec in load_page_specs()) - 14
    assert dict(Page.objects.filter(pk__in=stood).values_list("pk", "url_path")) == stood
    section = Page.objects.get(slug="te-drejtat-1").specific
    assert next(child.slug for child in section.get_children()) == "identifikimi-formal"
    assert Page.find_problems() == ([], [], [], [], [])
    cache.clear()
