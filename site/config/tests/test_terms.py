"""The texts of both languages keep to the terms of locale/terms.json, and docs/glossary.md says the same."""

import re

import pytest

from .. import terms
from ..terms import Hit, Text


def found_in(language: str, *texts: str) -> list[Hit]:
    return list(terms.hits(iter([Text("a text", language, text) for text in texts])))


def test_no_catalogue_says_a_forbidden_variant() -> None:
    assert not [str(hit) for hit in terms.hits(terms.catalog_texts())]


def test_no_shipped_form_procedure_or_page_says_a_forbidden_variant() -> None:
    assert not [str(hit) for hit in terms.hits(terms.data_texts())]


def test_a_variant_is_named_with_the_text_and_the_term_to_say() -> None:
    (hit,) = found_in("sq", "Pyesni vetëm çka duhet.")
    assert str(hit) == "a text: 'çka' in 'Pyesni vetëm çka duhet.' (say: çfarë, atë që)"


@pytest.mark.parametrize(
    ("language", "text"),
    [("sq", "Diçka mungon."), ("en", "Amended on Monday."), ("en", "We report it again."), ("sq", "Dilni shpejt")],
)
def test_a_word_that_only_holds_a_variant_passes(language: str, text: str) -> None:
    assert not found_in(language, text)


def test_a_variant_is_one_of_its_own_language_only() -> None:
    assert not found_in("en", "çka")


def test_every_exception_still_applies_and_says_why() -> None:
    texts = [*terms.catalog_texts(), *terms.data_texts()]
    for entry in terms.load()["allowed"]:
        assert entry["why"], entry
        assert any(entry["text"] in text.text and text.language == entry["language"] for text in texts), entry["text"]


def test_every_term_is_complete_and_passes_its_own_rules() -> None:
    for term in terms.load()["terms"]:
        assert all(term[name] for name in ("sq", "en", "from")), term
        assert "code" in term, term
        for variant in (*term.get("not_sq", ()), *term.get("not_en", ())):
            re.compile(variant)
        for language in terms.LANGUAGES:
            assert not found_in(language, term[language]), term[language]


def test_the_glossary_is_written_from_the_terms() -> None:
    assert terms.GLOSSARY.read_text() == terms.glossary()


def test_the_shipped_data_is_read_by_language_without_its_markup() -> None:
    texts = list(terms._texts_in({"title": {"sq": "Një", "en": ["<p>One &amp; two</p>"]}, "key": "x"}, "file", None))
    assert texts == [Text("file", "sq", "Një"), Text("file", "en", " One & two ")]
    assert any("initial_identification" in text.where for text in terms.data_texts())
