"""Which field reaches whom: nothing, unless its question says so."""

import pytest

from notifications.briefs.composing import BriefRow, compose
from notifications.directory.models import Role

from .conftest import rows


def keys(role: str) -> set[str]:
    return {row["key"] for section in compose(role, rows())["sections"] for row in section["rows"]}


def test_each_role_reads_only_what_is_shared_with_it() -> None:
    assert keys("police") == {"name", "age", "place", "needs"}
    assert keys("responsible_authority") == {"name", "age"}
    assert keys("cpu") == {"age", "school", "needs"}
    assert keys("protection_service") == set()


@pytest.mark.parametrize("role", Role.values)
def test_a_new_question_is_shared_with_nobody(role: str) -> None:
    new = BriefRow("new", {"sq": "E re", "en": "New"}, {"sq": "x", "en": "x"})

    assert compose(role, [new]) == {"sections": []}


@pytest.mark.parametrize("not_true", [False, None, 1, "true", "True", [True], {"police": True}])
def test_only_the_word_true_shares(not_true: object) -> None:
    row = BriefRow("age", {}, {}, {"police": not_true})  # type: ignore[dict-item]

    assert compose("police", [row]) == {"sections": []}


def test_a_role_nobody_knows_reads_nothing() -> None:
    assert keys("journalist") == set()
    assert keys("") == set()


def test_rows_keep_their_order_under_their_sections_title() -> None:
    brief = compose("police", rows())

    assert [section["title"]["en"] for section in brief["sections"]] == ["The person", "Needs"]
    assert [row["key"] for row in brief["sections"][0]["rows"]] == ["name", "age", "place"]
    assert brief["sections"][1]["rows"][0] == {
        "key": "needs",
        "label": {"sq": "Nevoja të menjëhershme", "en": "Nevoja të menjëhershme (en)"},
        "value": {"sq": "Ushqim, strehim, përkthyes", "en": "Ushqim, strehim, përkthyes"},
    }


def test_a_section_whose_rows_are_not_shared_is_not_named_either() -> None:
    secret = {"sq": "Historia", "en": "The story"}

    assert compose("cpu", [BriefRow("story", {}, {}, {"police": True}, secret)]) == {"sections": []}
