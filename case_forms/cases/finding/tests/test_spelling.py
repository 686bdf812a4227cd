"""Spellings of one name meet, whatever the order, the alphabet and who heard it."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..identity import Identity, build_identity
from ..spelling import MAX_PARTS, compute_sound, fold_name, load_spelling, normalize_phone, split_name
from ..tokens import build_asked_values, build_stored_values, load_weights

TODAY = date(2026, 11, 27)
LETTERS = st.text(alphabet="abcçdeëfghijklmnopqrstuvxyzžšćđ HXJGж‘'-αβγ", max_size=14)
NAMES = st.lists(LETTERS, max_size=3)


@pytest.mark.parametrize(
    "spellings",
    [
        ("Hoxha", "Hodja", "Hodža", "Hodzha", "Хоџа", "HOXHA", "hoxha ", "Hodscha"),
        ("Ana", "Anna", "ANA", "Hana", "Anita"),
        ("Gjergj", "Gjergji", "George", "Giorgio", "Jorgo"),
        ("Çela", "Cela", "Chela", "Čela"),
        ("Shehu", "Sheu", "Šehu", "Schehu", "Шеху"),
        ("Dhimitër", "Dimitri", "Dimitrios"),
        ("Xhafa", "Gjafa", "Djafa", "Džafa"),
        ("Ylli", "Illi", "Yli"),
        ("Αγγελα", "Aggela", "Agela"),
    ],
    ids=lambda spellings: spellings[0],
)
def test_what_is_one_name_folds_to_the_same_letters(spellings: tuple[str, ...]) -> None:
    assert len({fold_name(split_name(name)[0]) for name in spellings}) == 1


@given(LETTERS)
def test_folding_what_is_folded_changes_nothing(name: str) -> None:
    folded = fold_name(name)
    assert fold_name(folded) == folded
    assert folded == "" or (folded.isascii() and folded.isalpha())


@given(LETTERS)
def test_case_and_accents_never_matter(name: str) -> None:
    assert fold_name(name.upper()) == fold_name(name) == fold_name(name.lower())


@pytest.mark.parametrize(
    "written",
    ["069 123 4567", "+355 69 123 4567", "00355691234567", "+355 (0)69 1234567", "355 69 1234567", "٠٦٩١٢٣٤٥٦٧"],
)
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert normalize_phone(written) == "+355691234567"


@given(st.text(max_size=25))
def test_a_number_that_is_normalised_stays_as_it_is(number: str) -> None:
    found = normalize_phone(number)
    assert normalize_phone(found) == found


@pytest.mark.parametrize("short", ["129", "116 111", "", "+", "abc", "0"])
def test_a_helpline_is_nobodys_number(short: str) -> None:
    assert normalize_phone(short) == ""


def test_a_number_from_abroad_keeps_its_country() -> None:
    assert normalize_phone("+39 06 1234 5678") == "+390612345678"


@given(NAMES, NAMES, st.sampled_from([None, "2009-03-01", "2009", "2010"]), st.sampled_from([None, 15, 16, 17]))
def test_a_match_is_one_from_either_side(one: list[str], other: list[str], born: str | None, age: int | None) -> None:
    first = build_identity(names=one, born=born, on=TODAY)
    second = build_identity(names=other, age=age, on=TODAY)
    assert _weigh(first, second) == _weigh(second, first)
    assert _weigh(first, first) >= load_weights().threshold or first.year is None or not first


@given(NAMES, st.sampled_from(["2009-03-01", "2009"]))
def test_the_order_of_the_parts_of_a_name_says_nothing(names: list[str], born: str) -> None:
    turned = [" ".join(reversed(" ".join(names).split()))]
    if len([part for name in names for part in split_name(name)]) <= MAX_PARTS:
        assert build_identity(names=names, born=born, on=TODAY) == build_identity(names=turned, born=born, on=TODAY)


def _weigh(stored: Identity, asked: Identity) -> int:
    values = build_stored_values(stored)
    found = max((weight for value, weight in build_asked_values(asked).items() if value in values), default=0)
    # Below the threshold nothing is ever said, so only what reaches it must be the same from both sides.
    return found if found >= load_weights().threshold else 0


def test_ana_hoxha_2009_meets_anna_hodja_16() -> None:
    one = build_identity(names=["Ana", "Hoxha"], born="2009", on=TODAY)
    other = build_identity(names=["Hodja Anna"], age=16, on=TODAY)
    assert _weigh(one, other) >= load_weights().threshold


@pytest.mark.parametrize(("age", "meets"), [(13, False), (14, False), (15, False), (16, True), (17, True), (18, True)])
def test_an_age_is_wrong_by_one_year_at_most(age: int, meets: bool) -> None:
    one = build_identity(names=["Ana", "Hoxha"], born="2009-06-01", on=TODAY)
    other = build_identity(names=["Ana", "Hoxha"], age=age, on=TODAY)
    assert bool(_weigh(one, other)) is meets


def test_a_single_part_of_a_name_goes_in_only_with_a_whole_date() -> None:
    assert not build_identity(names=["Ana"], age=16, on=TODAY)
    assert build_stored_values(build_identity(names=["Ana"], born="2009", on=TODAY)) == set()
    assert build_identity(names=["Ana"], born="2009-06-01", on=TODAY)


@pytest.mark.parametrize("born", [True, 2009, "20", "x", "2009-13-01", None, [], "1850-01-01", "２００９"])
def test_what_is_no_birth_date_is_left_out_and_refuses_nothing(born: object) -> None:
    build_identity(names=["Ana", "Hoxha", 5, None], born=born, age="16", phones=[7, "x"], on=TODAY)


def test_no_name_stands_in_two_groups_of_names() -> None:
    same_name = load_spelling().same_name
    assert all(same_name[to] == to for to in same_name.values())


def test_a_name_of_vowels_has_no_sound() -> None:
    assert compute_sound("eui") == ""
    assert [compute_sound(name) for name in ("ana", "ina", "anan")] == ["AN2", "AN2", "AN2"]
    assert all(compute_sound(one) != compute_sound(other) for one, other in combinations(("oxa", "oka", "oti"), 2))
