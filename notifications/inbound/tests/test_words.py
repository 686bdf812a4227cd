"""What is read in an SMS, and what isn't guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.outbox.models import CODE_ALPHABET

from ..words import Said, read_answer

CODE = "7K2M9-4XQ"


@pytest.mark.parametrize(
    ("text", "kind", "minutes"),
    [
        ("7K2M9-4XQ PO", "accepted", ""),
        ("7k2m9-4xq po", "accepted", ""),
        ("  7K2M9 4XQ   Po. ", "accepted", ""),
        ("7K2M94XQ yes", "accepted", ""),
        ("7K2M9–4XQ: PO!", "accepted", ""),
        ("7K2M9-4XQ\nPO", "accepted", ""),
        ("７Ｋ２Ｍ９-4XQ PO", "accepted", ""),
        ("7K2M9-4XQ JO", "declined", ""),
        ("7K2M9-4XQ no", "declined", ""),
        ("7K2M9-4XQ RRUGË", "on_the_way", ""),
        ("7K2M9-4XQ rruge 20", "on_the_way", "20"),
        ("7K2M9-4XQ RRUGË 20 min", "on_the_way", "20"),
        ("7K2M9-4XQ way 15min", "on_the_way", "15"),
    ],
)
def test_an_answer_is_its_code_and_one_word(text: str, kind: str, minutes: str) -> None:
    assert read_answer(text) == Said(CODE, kind, minutes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PO",
        "PO 7K2M9-4XQ",
        "7K2M9-4XQ",
        "7K2M9-4X PO",
        "7K2M9-4XQQ PO",
        "7K2M9-4XQPO",
        "7K2M9-4X0 PO",  # no code has a nought
        "7K2M9-4XQ PO JO",
        "7K2M9-4XQ PO por jo sot",
        "7K2M9-4XQ OK",
        "7K2M9-4XQ P0",
        "7K2M9-4XQ PООО",  # Cyrillic
        "7К2М9-4ХQ PO",  # Cyrillic
        "7K2M9-4XQ RRUGE tani",
        "7K2M9-4XQ RRUGE 20 30",
        "7K2M9-4XQ RRUGE 9999",
        "7K2M9-4XQ RRUGE -5 ore",
        "Vatra 7K2M9-4XQ PO",
        "https://vatra.example/n/abc/ PO",
    ],
)
def test_nothing_else_is_one(text: str) -> None:
    assert read_answer(text) is None


@given(text=st.text(max_size=300))
def test_no_text_is_a_fault(text: str) -> None:
    said = read_answer(text)
    assert said is None or len(said.code) == 9


@given(
    letters=st.text(CODE_ALPHABET, min_size=8, max_size=8),
    word=st.sampled_from(["PO", "jo", "Rrugë", "YES", "no"]),
    small=st.booleans(),
    gap=st.sampled_from(["", "-", " ", " - ", "—"]),
)
def test_every_code_is_read_however_it_is_grouped(letters: str, word: str, small: bool, gap: str) -> None:
    written = letters[:5] + gap + letters[5:]
    said = read_answer(f"{written.lower() if small else written} {word}")
    assert said is not None
    assert said.code == f"{letters[:5]}-{letters[5:]}"
