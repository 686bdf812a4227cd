"""What changed between two definitions, in words."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..definition import parse_form
from ..diff import Difference, differences
from .samples import SAMPLE, choice, question, sample, section, texts

pytestmark = pytest.mark.usefixtures("in_english")


def told(new: dict[str, Any], old: dict[str, Any] | None = None, language: str = "en") -> list[Difference]:
    return differences(parse_form(old or sample()), parse_form(new), language=language)


def changes(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(each.change, each.what, each.key) for each in found]


def details(found: list[Difference]) -> list[tuple[str, str, str, str]]:
    return [(each.group, each.name, each.before, each.after) for difference in found for each in difference.details]


def item(definition: dict[str, Any], key: str) -> dict[str, Any]:
    return next(i for s in definition["sections"] for i in s["items"] if i["key"] == key)


def test_nothing_is_different_from_itself() -> None:
    assert told(sample()) == []


def test_what_came_went_and_moved_is_named_with_its_place() -> None:
    new = sample()
    place, person, others = new["sections"]
    del place["items"][1]  # seen_on
    person["items"].append(question("new_one", "text"))
    person["items"].insert(0, place["items"].pop(1))  # minutes
    others["items"][0]["items"].append(question("inner", "text"))

    found = told(new)

    assert changes(found) == [
        ("removed", "question", "seen_on"),
        ("moved", "question", "minutes"),
        ("added", "question", "new_one"),
        ("added", "question", "inner"),
    ]
    assert (found[1].came_from, found[1].place) == (("place",), ("person",))
    assert found[3].place == ("others", "Companions")


def test_only_the_one_that_was_taken_elsewhere_has_moved() -> None:
    new = sample()
    items = new["sections"][1]["items"]
    items.insert(0, items.pop())

    assert changes(told(new)) == [("moved", "question", "signs")]


def test_sections_and_notes_are_told_too() -> None:
    new = sample()
    new["sections"].reverse()
    new["sections"].append(section("extra"))
    item(new, "child_note")["text"]["en"] = "Call them at once."

    found = changes(told(new))

    assert ("added", "section", "extra") in found
    assert ("changed", "note", "child_note") in found
    assert sum(change == "moved" and what == "section" for change, what, _key in found) == 2


def test_logic_is_read_back_in_the_readers_language_with_each_sides_own_labels() -> None:
    new = sample()
    item(new, "result")["label"] = texts("Outcome")
    item(new, "reason")["required"] = {"==": [{"var": "result"}, "at_risk"]}
    item(new, "reason")["constraint"] = {"expr": {"!=": [{"var": "reason"}, "y"]}, "message": texts("More.")}
    del item(new, "age_stated")["relevant"]

    found = told(new)

    shown = next(each for each in details(found) if each[1] == "Shown when")
    assert "birth_date" in shown[2].lower()
    assert (shown[0], shown[3]) == ("logic", "Always.")
    required = next(each for each in details(found) if each[1] == "Required when")
    assert "result" in required[2].lower()
    assert "potential_victim" in required[2]
    assert "outcome" in required[3].lower()
    assert any(each[:2] == ("logic", "Valid when") for each in details(found))
    assert ("wording", "Message when not valid (English)", "Write more than that.", "More.") in details(found)
    albanian = details(told(new, language="sq"))
    assert next(each for each in albanian if each[1] == required[1])[2] != required[2]


def test_privacy_is_a_group_of_its_own() -> None:
    new = sample()
    item(new, "municipality")["sensitivity"] = "internal"
    item(new, "municipality")["shared_with"] = {"cpu": True}
    item(new, "reason")["keep_for"] = 24
    item(new, "reason")["keep_basis"] = "health"

    assert [each[1:] for each in details(told(new)) if each[0] == "privacy"] == [
        ("Sensitivity", "personal", "internal"),
        ("Shared with: Child Protection Unit", "No.", "Always."),
        ("Shared with: anti-trafficking police officer", "Always.", "No."),
        ("Stored for", "", "24 months"),
        ("Stored because", "", "Health and particular needs"),
    ]


def test_choices_are_compared_one_by_one() -> None:
    new = sample()
    needs = item(new, "needs")
    needs["choices"] = [{**choice("doctor"), "with": {"at": "night"}}, choice("food")]

    assert [each[1:] for each in details(told(new))] == [
        ("Choice doctor", "doctor (sq) / doctor", "doctor (sq) / doctor (at: night)"),
        ("Choice food", "", "food (sq) / food"),
        ("Choice shelter", "shelter (sq) / shelter", ""),
    ]


def test_the_form_itself_and_its_lists_are_compared() -> None:
    old = sample() | {"lists": {"gone": {"choices": [choice("a")]}, "kept": {"choices": [choice("a")]}}}
    new = sample() | {"lists": {"kept": {"choices": [choice("b")]}, "new": {"choices": []}}, "kind": "tip"}
    new["languages"] = ["sq", "en", "it"]

    found = told(new, old)

    assert changes(found) == [
        ("changed", "form", "sample"),
        ("changed", "list", "kept"),
        ("added", "list", "new"),
        ("removed", "list", "gone"),
    ]
    assert ("other", "Kind", "Identification", "Tip") in details(found)
    assert ("other", "Languages", "Shqip, English", "Shqip, English, it") in details(found)


def test_true_and_one_are_not_the_same() -> None:
    new = sample()
    item(new, "minutes")["default"] = True
    old = sample()
    item(old, "minutes")["default"] = 1

    assert [each[1:] for each in details(told(new, old))] == [("Default", "1", "yes")]


@pytest.mark.parametrize(
    "bent",
    [
        {"label": {}},
        {"label": "x"},
        {"choices": "x"},
        {"relevant": {"no_such": [1]}},
        {"constraint": 5, "shared_with": []},
    ],
)
def test_a_half_done_form_is_compared_as_it_is(bent: dict[str, Any]) -> None:
    new = sample()
    item(new, "result").update(bent)
    new["sections"][0]["items"].append(copy.deepcopy(item(new, "minutes")))  # a key twice

    assert ("changed", "question", "result") in changes(told(new)) or "label" in bent


@given(st.permutations(range(7)))
def test_putting_the_moved_ones_where_they_were_gives_the_old_order(order: list[int]) -> None:
    old = {**SAMPLE, "sections": [section("s", *(question(f"q{number}", "text") for number in range(7)))]}
    new = {**SAMPLE, "sections": [section("s", *(question(f"q{number}", "text") for number in order))]}

    moved = {each.key for each in told(new, old)}

    kept = [f"q{number}" for number in order if f"q{number}" not in moved]
    assert kept == sorted(kept)
    assert (moved == set()) == (order == sorted(order))


def test_words_for_recipients_and_choices_that_stand_alone_are_told() -> None:
    new = sample()
    item(new, "reason")["recipient_label"] = texts("Grounds")
    item(new, "needs")["choices"][0]["exclusive"] = True
    found = details(told(new))
    assert ("wording", "Label for recipients (English)", "", "Grounds") in found
    assert (
        "wording",
        "Choice shelter",
        "shelter (sq) / shelter",
        "shelter (sq) / shelter (can't be combined)",
    ) in found


def test_what_is_asked_before_sending_is_told_with_its_condition() -> None:
    old, new = sample(), sample()
    warning = {"key": "old_age", "when": {">": [{"var": "age_stated"}, 100]}, "message": texts("So old?")}
    new["warnings"] = [warning]
    added = details(told(new))
    assert ("logic", "Asked before sending (old_age)", "", "“age_stated” is more than 100.") in added
    assert ("wording", "Asked before sending (old_age) (English)", "", "So old?") in added
    old["warnings"], new["warnings"] = [warning], [{**warning, "question": "age_stated"}]
    assert details(told(new, old)) == [("other", "Asked before sending (old_age)", "", "age_stated")]
