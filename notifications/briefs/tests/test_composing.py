"""Which field reaches whom: nothing, unless its question says so."""

import pytest

from notifications.directory.models import Role

from ..composing import BriefRow, compose
from ..parts import get_order, parts
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
        "part": "",
    }


def test_a_section_whose_rows_are_not_shared_is_not_named_either() -> None:
    secret = {"sq": "Historia", "en": "The story"}

    assert compose("cpu", [BriefRow("story", {}, {}, {"police": True}, secret)]) == {"sections": []}


# ---- the order ----

THE_REST = {"sq": "Formulari", "en": "The form"}


def in_order(role: str, *asked: str, rest: tuple[str, ...] = ()) -> list[tuple[str, list[str]]]:
    """The titles and keys of a brief whose rows come in this order; a row of a part is named by it."""
    rows = [BriefRow(part, {}, {}, {role: True}, THE_REST, part=part) for part in asked]
    rows += [BriefRow(key, {}, {}, {role: True}, THE_REST) for key in rest]
    return [
        (section["title"]["en"], [row["key"] for row in section["rows"]]) for section in compose(role, rows)["sections"]
    ]


def test_whoever_drives_there_reads_the_place_and_the_danger_first() -> None:
    given = ("person", "call", "suspect", "assessed", "said", "seen", "language", "reach", "danger", "age", "place")
    assert in_order("police", *given, "urgency", rest=("narrative",)) == [
        ("What matters first", ["urgency", "place", "age", "danger", "reach", "language"]),
        ("What the unit saw", ["seen"]),
        ("What the person said", ["said"]),
        ("The unit's assessment", ["assessed"]),
        ("Information on suspects", ["suspect"]),
        ("Whom to call", ["call"]),
        ("Who the person is", ["person"]),
        ("The form", ["narrative"]),
    ]


@pytest.mark.parametrize("role", sorted(set(Role.values) - {Role.MOBILE_UNIT, Role.COORDINATOR}))
def test_a_name_is_read_as_the_persons_never_under_the_title_of_a_forms_page(role: str) -> None:
    titles = [title for title, keys in in_order(role, "person", "consent", rest=("narrative",)) if "person" in keys]
    assert titles in (["Who the person is"], ["The pupil"])


def test_a_shelter_reads_first_what_it_needs_to_make_a_bed_ready() -> None:
    first = ["gender", "age", "children", "medical", "language", "danger", "arrival", "police_case", "status"]
    given = ("urgency", *reversed(first))
    assert in_order("protection_service", *given) == [("What matters first", first), ("The form", ["urgency"])]


def test_a_school_reads_whom_to_call_what_to_watch_and_what_not_to_do_and_nothing_else() -> None:
    given = ("avoid", "watch", "call", "person", "said", "suspect", "status", "danger")
    assert in_order("school", *given, rest=("narrative",)) == [
        ("The pupil", ["person"]),
        ("Whom to call", ["call"]),
        ("What to watch for", ["watch"]),
        ("What not to do", ["avoid"]),
    ]


def test_a_form_of_ones_own_is_read_in_its_own_order_after_the_rest() -> None:
    assert in_order("cpu", "danger", rest=("b", "a", "c")) == [
        ("What matters first", ["danger"]),
        ("The form", ["b", "a", "c"]),
    ]


@pytest.mark.parametrize("role", [*Role.values, "journalist"])
def test_every_order_names_parts_that_there_are_each_once(role: str) -> None:
    named = [part for group in get_order(role).groups for part in group.parts]
    assert set(named) <= set(parts())
    assert len(named) == len(set(named))
    assert all(set(group.title) == {"sq", "en"} for group in get_order(role).groups)
