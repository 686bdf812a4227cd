"""A list of choices as a table of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..choice_table import TableRefused, read_table, write_table
from ..lists import shape_of_choices
from ..shapes import MAX_CHOICES

pytestmark = pytest.mark.usefixtures("in_english")

TABLE = "value\tlabel:sq\tlabel:en\tregion\nvl\tVlorë\tVlora\tsouth\nti\tTiranë\tTirana\t\n"
NAME_IT = "Name an attribute with small letters, digits and _."
TOO_LONG = "This is too long, or holds characters that can't be shown."
words = st.text("aëb c", min_size=1, max_size=8).map(str.strip).filter(bool).map(lambda text: " ".join(text.split()))
choices = st.lists(
    st.fixed_dictionaries(
        {"value": words, "label": st.fixed_dictionaries({"sq": words, "en": words})},
        optional={"with": st.dictionaries(st.sampled_from(["region", "kind"]), words, min_size=1)},
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda choice: choice["value"],
)


def refused(text: str) -> list[str]:
    with pytest.raises(TableRefused) as reason:
        read_table(text)
    return [str(problem) for problem in reason.value.problems]


def test_a_table_becomes_choices() -> None:
    assert read_table(TABLE) == [
        {"value": "vl", "label": {"sq": "Vlorë", "en": "Vlora"}, "with": {"region": "south"}},
        {"value": "ti", "label": {"sq": "Tiranë", "en": "Tirana"}},
    ]
    assert write_table(read_table(TABLE)) == TABLE


@given(choices)
def test_what_is_written_is_read_back_the_same(made: list[dict]) -> None:
    assert read_table(write_table(made)) == made
    assert not list(shape_of_choices(made))


@given(st.text("value\tlabel:sqen \nx1_:()", max_size=80))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    try:
        read = read_table(text)
    except TableRefused:
        return
    assert not list(shape_of_choices(read))


def test_a_choices_sheet_of_an_xlsform_is_understood() -> None:
    sheet = "list_name\tname\tlabel::Shqip (sq)\tlabel::English (en)\tregion\ntowns\tvl\tVlorë\tVlora\tsouth\r\n"

    assert read_table(sheet) == [{"value": "vl", "label": {"sq": "Vlorë", "en": "Vlora"}, "with": {"region": "south"}}]


def test_any_language_has_a_column() -> None:
    assert read_table("value\tlabel:it\tlabel:pt-BR\na\tuno\tum\n")[0]["label"] == {"it": "uno", "pt-BR": "um"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["The table is empty."]),
        ("value\tlabel:sq\n", ["The table has no choices under its heading."]),
        ("label:sq\nx\n", ["Line 1: A column “value” is missing. Columns are separated by tabs."]),
        ("value\nx\n", ["Line 1: A column “label:sq” (or of another language) is missing."]),
        ("value\tlabel:sq\tLabel me\nx\ty\tz\n", ["Line 1, Label me: " + NAME_IT]),
        ("value\tlabel:sq\tlabel:sq\nx\ty\tz\n", ["Line 1, label:sq: This column appears twice."] * 2),
        ("value\tlabel:sq\n\tx\ny\t\n", ["Line 2, value: This is missing.", "Line 3, label:sq: This is missing."]),
        ("value\tlabel:sq\n\na\tx\na\ty\n", ["Line 4, value: Line 3 already has this value."]),
        ("value\tlabel:sq\na\tx\ty\n", ["Line 2: There are more cells than headings."]),
        ("value\tlabel:sq\na\tx\x01\n", ["Line 2, label:sq: " + TOO_LONG]),
        ("value\tlabel:sq\n" + "a\tb\n" * (MAX_CHOICES + 1), [f"At most {MAX_CHOICES} choices."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_column(text: str, told: list[str]) -> None:
    assert refused(text) == told


def test_a_choice_that_stands_alone_keeps_its_mark() -> None:
    table = "value\tlabel:sq\tlabel:en\texclusive\nfood\tUshqim\tFood\t\nnone\tAsgjë\tNothing\tyes\n"
    assert read_table(table)[1] == {"value": "none", "label": {"sq": "Asgjë", "en": "Nothing"}, "exclusive": True}
    assert write_table(read_table(table)) == table
    assert refused(table.replace("yes", "perhaps")) == ["Line 3, exclusive: Write “yes”, or leave this empty."]
