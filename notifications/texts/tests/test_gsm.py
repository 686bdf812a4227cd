"""An SMS is counted as gateways count it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..gsm import BASIC, EXTENDED, count_sms, find_foreign, fold


@pytest.mark.parametrize(
    ("text", "letters", "messages", "is_wide"),
    [
        ("", 0, 1, False),
        ("a" * 160, 160, 1, False),
        ("a" * 161, 161, 2, False),
        ("a" * 306, 306, 2, False),
        ("a" * 307, 307, 3, False),
        ("€" * 80, 160, 1, False),
        ("€" * 81, 162, 2, False),
        ("a" * 152 + "€" + "a" * 100, 254, 2, False),  # the two halves of a sign stay together
        ("a" * 152 + "€" + "a" * 153, 307, 3, False),
        ("ë" * 70, 70, 1, True),
        ("ë" * 71, 71, 2, True),
        ("ë" * 134, 134, 2, True),
        ("ë" * 135, 135, 3, True),
        ("😀" * 35, 70, 1, True),
        ("😀" * 36, 72, 2, True),
        ("ë" * 66 + "😀" + "ë" * 65, 133, 2, True),
        ("ë" * 66 + "😀" + "ë" * 66, 134, 3, True),
    ],
)
def test_letters_and_messages(text: str, letters: int, messages: int, is_wide: bool) -> None:
    size = count_sms(text)
    assert (size.letters, size.messages, size.is_wide) == (letters, messages, is_wide)


def test_the_alphabet_is_gsm_03_38s() -> None:
    assert len(BASIC) == 127  # 128 places, one of which is the escape to the others
    assert not BASIC & EXTENDED


def test_albanian_is_folded_into_it() -> None:
    assert fold("Përgjigju, ç’kemi “këtu” – jo…") == 'Pergjigju, c\'kemi "ketu" - jo...'
    assert not find_foreign(fold("ëËçÇ“”„«»‘’–—…\u00a0"))


@given(st.text(alphabet=sorted(BASIC | EXTENDED), max_size=400))
def test_a_text_of_the_alphabet_takes_no_more_messages_than_its_letters_need(text: str) -> None:
    size = count_sms(text)
    assert size.letters == sum(2 if letter in EXTENDED else 1 for letter in text)
    assert size.messages * 160 >= size.letters
    assert size.messages <= max(1, -(-size.letters // 152))
