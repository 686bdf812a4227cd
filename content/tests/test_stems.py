"""Light stemming: what holds for any word, and forms that must come together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..stems import MIN_STEM, build_forms, fold, is_same_word, stem

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
    assert len(found) >= min(len(word), MIN_STEM)


@given(st.text(max_size=40), st.sampled_from(["sq", "en", "fr", ""]))
def test_whatever_is_typed_has_a_stem_and_no_error(text, language):
    found = stem(text, language)
    assert len(found) <= len(text.lower()) * 3
    assert fold(found) == fold(fold(found))


@given(WORDS, LANGUAGES)
def test_capitals_make_no_difference(word, language):
    assert stem(word.upper(), language) == stem(word, language)


@given(WORDS, LANGUAGES)
def test_dots_and_hooks_make_no_difference_to_where_a_word_is_cut(word, language):
    assert fold(stem(word, language)) == stem(fold(word), language)


@given(WORDS, LANGUAGES)
def test_a_word_is_the_same_as_itself_and_sameness_has_no_direction(word, language):
    one, other = fold(stem(word, language)), fold(word)
    assert is_same_word(one, one)
    assert is_same_word(one, other) == is_same_word(other, one)


@given(WORDS)
def test_forms_of_a_short_stem_begin_with_it(word):
    assert all(form.startswith(word) for form in build_forms(word, "sq"))


@pytest.mark.parametrize(("language", "line"), [("sq", each) for each in ALBANIAN] + [("en", each) for each in ENGLISH])
def test_the_forms_of_a_word_come_together(language, line):
    first, *others = [fold(stem(word, language)) for word in line.split()]
    assert all(is_same_word(first, other) for other in others), [first, *others]


@pytest.mark.parametrize(
    ("language", "one", "other"), [("sq", "burg", "burrë"), ("sq", "punë", "punëtor"), ("en", "boss", "both")]
)
def test_words_that_only_look_alike_stay_apart(language, one, other):
    assert not is_same_word(fold(stem(one, language)), fold(stem(other, language)))
