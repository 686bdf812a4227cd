"""Light stemming: what holds for any word, and forms that must come together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..stems import SHORTEST, folded, forms, same, stem

LANGUAGES = st.sampled_from(["sq", "en"])
LETTERS = "abcçdeëfghijklmnopqrstuvwxyz"
WORDS = st.text(alphabet=LETTERS, min_size=1, max_size=24)

ALBANIAN = [
    "rroga rrogë rrogën rrogës rrogat rrogave",
    "dhunë dhuna dhunës dhunën",
    "rrah rrahin rrahur rrahje",
    "pagë paga pagën paguaj paguajnë paguar paguan",
    "punë puna punën punës punon punojnë",
    "shef shefi shefit shefin",
    "polici policia policinë policisë policë",
    "lekë lekët lekëve",
    "burrë burri burrit burrin burra burrat",
    "vajzë vajza vajzën vajzave",
    "dokument dokumenti dokumente dokumentet",
    "Itali Italia Italinë Italisë",
    "lyp lypin lypës lypje",
    "avokat avokati avokatin avokatit",
    "ndihmë ndihma ndihmën ndihmoni ndihmojnë",
    "borxh borxhi borxhin borxhet",
    "emigrant emigrantët emigrantëve",
    "çun çuni çunat",
]
ENGLISH = [
    "salary salaries",
    "beat beats beating",
    "scare scared",
    "visa visas",
    "work works worked working worker",
    "beg begs begging",
    "marry marries married",
    "pay pays paying payment",
    "force forced forcing",
    "debt debts",
    "deport deported",
]


@given(WORDS, LANGUAGES)
def test_a_stem_is_a_beginning_of_the_word_and_never_shorter_than_three_letters(word, language):
    found = stem(word, language)
    assert word.startswith(found)
    assert len(found) >= min(len(word), SHORTEST)


@given(st.text(max_size=40), st.sampled_from(["sq", "en", "fr", ""]))
def test_whatever_is_typed_has_a_stem_and_no_error(text, language):
    found = stem(text, language)
    assert len(found) <= len(text.lower()) * 3
    assert folded(found) == folded(folded(found))


@given(WORDS, LANGUAGES)
def test_capitals_make_no_difference(word, language):
    assert stem(word.upper(), language) == stem(word, language)


@given(WORDS, LANGUAGES)
def test_dots_and_hooks_make_no_difference_to_where_a_word_is_cut(word, language):
    assert folded(stem(word, language)) == stem(folded(word), language)


@given(WORDS, LANGUAGES)
def test_a_word_is_the_same_as_itself_and_sameness_has_no_direction(word, language):
    one, other = folded(stem(word, language)), folded(word)
    assert same(one, one)
    assert same(one, other) == same(other, one)


@given(WORDS)
def test_forms_of_a_short_stem_begin_with_it(word):
    assert all(form.startswith(word) for form in forms(word, "sq"))


@pytest.mark.parametrize(("language", "line"), [("sq", each) for each in ALBANIAN] + [("en", each) for each in ENGLISH])
def test_the_forms_of_a_word_come_together(language, line):
    first, *others = [folded(stem(word, language)) for word in line.split()]
    assert all(same(first, other) for other in others), [first, *others]


@pytest.mark.parametrize(
    ("language", "one", "other"), [("sq", "burg", "burrë"), ("sq", "punë", "punëtor"), ("en", "boss", "both")]
)
def test_words_that_only_look_alike_stay_apart(language, one, other):
    assert not same(folded(stem(one, language)), folded(stem(other, language)))
