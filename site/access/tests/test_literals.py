"""What is written into a statement is a word of our own, and nothing that could end a text in SQL."""

import pytest

from ..literals import Literal


@pytest.mark.parametrize("word", ["", "it's", "a b", "A", "x';--", "1", "sent\n"])
def test_only_a_word_of_small_letters_is_written_into_a_statement(word: str) -> None:
    with pytest.raises(ValueError, match="only words"):
        Literal(word)


def test_a_word_stands_in_the_statement_and_not_beside_it() -> None:
    assert Literal("no_contact").as_sql(None, None) == ("'no_contact'", ())
