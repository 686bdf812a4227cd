"""Which answers stay when a draft moves to a newer version, and what is said of the change. No database."""

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from case_forms.form_builder.definition import parse_form
from tests.world.forms import choices, question, repeat, texts

from ..drafts.migration import MovePlan, plan_move
from ..drafts.unmapped_answers import DOES_NOT_FIT, ELSEWHERE, GONE, TOO_MANY, LeftOver
from ..drafts.version_changes import changes_between
from ..validation.validate import CheckContext

Definition = dict[str, Any]


class Lists:
    def choices(self, name: str, language: str) -> list[tuple[str, str]]:
        return [("vlore", "Vlorë"), ("lezhe", "Lezhë")]

    def has(self, name: str, value: str) -> bool:
        return value in ("vlore", "lezhe")

    def attributes(self, name: str, value: str) -> dict[str, str]:
        return {}


CONTEXT = CheckContext(Lists(), today=date(2026, 11, 24), occurred_on=date(2026, 11, 24), language="en")


def household() -> Definition:
    """A flat question, a choice, a number, and people with their children."""
    children = repeat("children", question("child_name", "text"), question("child_age", "integer"))
    people = repeat("people", question("person_name", "text"), question("person_age", "integer", max=120), children)
    items = [
        question("story", "text"),
        question("way", "select_one", choices=choices("road", "sea", "air")),
        question("nights", "integer", min=0, max=400),
        people,
    ]
    return {
        "format": 1,
        "key": "household",
        "kind": "report",
        "title": texts("Household"),
        "languages": ["sq", "en"],
        "sections": [{"key": "one", "title": texts("One"), "items": items}],
    }


ANSWERS: dict[str, Any] = {
    "story": "They came by sea.",
    "way": "sea",
    "nights": 30,
    "people": [
        {"person_name": "A", "person_age": 34, "children": [{"child_name": "B", "child_age": 3}, {"child_name": "C"}]},
        {"person_name": "D"},
    ],
}


def get_items(definition: Definition) -> list[dict[str, Any]]:
    return definition["sections"][0]["items"]


def find(definition: Definition, key: str) -> dict[str, Any]:
    def walk(items: list[dict[str, Any]]) -> Any:
        for item in items:
            if item["key"] == key:
                return item
            if found := walk(item.get("items", [])):
                return found
        return None

    return walk(get_items(definition))


def moved(change: Callable[[Definition], Any], answers: dict[str, Any] | None = None, **more: Any) -> MovePlan:
    old = household()
    new = copy.deepcopy(old)
    change(new)
    given = copy.deepcopy(ANSWERS if answers is None else answers)
    before = copy.deepcopy(given)
    plan = plan_move(parse_form(old), parse_form(new), given, CONTEXT, **more)
    assert given == before
    return plan


def left(plan: MovePlan) -> list[tuple[tuple[str | int, ...], str]]:
    return [(one.path, one.why) for one in plan.left_over]


def test_a_new_version_that_asks_the_same_keeps_every_answer() -> None:
    plan = moved(lambda new: None)
    assert plan.answers == ANSWERS
    assert (left(plan), plan.staying) == ([], 9)


def test_another_wording_and_a_new_question_leave_all_answers_where_they_are() -> None:
    def change(new: Definition) -> None:
        find(new, "story")["label"] = texts("What happened")
        get_items(new).insert(0, question("first", "text"))

    assert moved(change).answers == ANSWERS


def test_a_question_that_moved_to_another_section_keeps_its_answer() -> None:
    def change(new: Definition) -> None:
        new["sections"].append({"key": "two", "title": texts("Two"), "items": [get_items(new).pop(0)]})

    assert moved(change).answers == ANSWERS


def test_an_answer_to_a_question_that_is_gone_is_left_over() -> None:
    plan = moved(lambda new: get_items(new).pop(0))
    assert "story" not in plan.answers
    assert left(plan) == [(("story",), GONE)]
    assert plan.left_over[0].value == "They came by sea."


def test_an_answer_that_the_new_question_refuses_is_left_over() -> None:
    def change(new: Definition) -> None:
        find(new, "way")["choices"] = choices("road", "air")
        find(new, "nights")["max"] = 7
        find(new, "story")["type"] = "integer"

    plan = moved(change)
    assert plan.answers.keys() == {"people"}
    assert left(plan) == [(("story",), DOES_NOT_FIT), (("way",), DOES_NOT_FIT), (("nights",), DOES_NOT_FIT)]


def test_a_text_fits_a_longer_text() -> None:
    def change(new: Definition) -> None:
        find(new, "story")["type"] = "long_text"

    assert moved(change).answers["story"] == "They came by sea."


def test_what_was_typed_wrong_before_stays_as_it_was_typed() -> None:
    plan = moved(lambda new: None, {"nights": "many"})
    assert plan.answers == {"nights": "many"}
    assert left(plan) == []


def test_what_was_typed_wrong_is_left_over_when_the_type_changed() -> None:
    def change(new: Definition) -> None:
        find(new, "nights")["type"] = "boolean"

    assert left(moved(change, {"nights": "many"})) == [(("nights",), DOES_NOT_FIT)]


def test_in_a_childs_row_only_what_does_not_fit_is_left_over() -> None:
    def change(new: Definition) -> None:
        find(new, "child_age")["max"] = 2
        find(new, "people")["items"].pop(0)

    plan = moved(change)
    assert plan.answers["people"] == [{"person_age": 34, "children": [{"child_name": "B"}, {"child_name": "C"}]}]
    assert left(plan) == [
        (("people", 0, "children", 0, "child_age"), DOES_NOT_FIT),
        (("people", 0, "person_name"), GONE),
        (("people", 1, "person_name"), GONE),
    ]


def test_a_group_that_is_gone_leaves_every_answer_of_its_rows_over() -> None:
    plan = moved(lambda new: get_items(new).pop())
    assert [path for path, why in left(plan) if why == GONE] == [
        ("people", 0, "person_name"),
        ("people", 0, "person_age"),
        ("people", 0, "children", 0, "child_name"),
        ("people", 0, "children", 0, "child_age"),
        ("people", 0, "children", 1, "child_name"),
        ("people", 1, "person_name"),
    ]


def test_a_question_that_is_asked_for_each_row_now_leaves_the_one_answer_over() -> None:
    def change(new: Definition) -> None:
        find(new, "people")["items"].append(get_items(new).pop(0))

    assert left(moved(change)) == [(("story",), ELSEWHERE)]


def test_a_group_that_went_into_another_leaves_its_rows_over() -> None:
    def change(new: Definition) -> None:
        children = find(new, "people")["items"].pop()
        get_items(new).append(children)

    assert {why for _path, why in left(moved(change))} == {ELSEWHERE}


def test_rows_beyond_the_new_maximum_are_left_over_whole() -> None:
    def change(new: Definition) -> None:
        find(new, "people")["max"] = 1

    plan = moved(change)
    assert len(plan.answers["people"]) == 1
    assert left(plan) == [(("people", 1, "person_name"), TOO_MANY)]


def test_an_answer_comes_back_when_the_form_asks_for_it_again() -> None:
    earlier = [LeftOver(("nights",), 5, GONE, 1), LeftOver(("story",), "Other", GONE, 1)]
    plan = moved(lambda new: None, {"story": "They came."}, earlier=earlier)
    assert plan.answers == {"story": "They came.", "nights": 5}
    assert plan.returning == earlier[:1]


def test_a_kept_answer_does_not_show_in_a_plans_text() -> None:
    plan = moved(lambda new: get_items(new).pop(0))
    assert "sea" not in repr(plan)


# ---- in words ----


def test_versions_that_ask_the_same_have_no_changes() -> None:
    new = household()
    find(new, "story")["sensitivity"] = "special"
    assert not changes_between(parse_form(household()), parse_form(new), "en")


@pytest.mark.parametrize(
    ("key", "change", "what"),
    [
        ("story", {"label": texts("What happened")}, ["wording"]),
        ("story", {"hint": texts("In their words.")}, ["hint"]),
        ("story", {"type": "long_text"}, ["type"]),
        ("story", {"required": True}, ["required"]),
        ("nights", {"relevant": {"answered": ["way"]}}, ["when"]),
        ("nights", {"max": 7}, ["bounds"]),
        ("child_age", {"required": True}, ["required"]),
        ("way", {"choices": choices("road", "rail")}, ["choices"]),
    ],
)
def test_each_kind_of_change_is_named(key: str, change: dict[str, Any], what: list[str]) -> None:
    new = household()
    find(new, key).update(change)
    changes = changes_between(parse_form(household()), parse_form(new), "en")
    assert [change.what for change in changes.changed] == [what]
    assert (changes.new, changes.gone) == ([], [])


def test_a_language_that_comes_with_a_version_changes_nothing_for_those_who_read_another() -> None:
    new = household()
    new["languages"].append("fr")
    find(new, "story")["label"]["fr"] = "Histoire"
    find(new, "way")["choices"][0]["label"]["fr"] = "Route"
    assert not changes_between(parse_form(household()), parse_form(new), "en")
    assert [change.what for change in changes_between(parse_form(household()), parse_form(new), "fr").changed] == [
        ["wording"],
        ["choices"],
    ]


def test_new_and_gone_questions_are_named_with_their_section() -> None:
    new = household()
    get_items(new).append(question("more", "text"))
    find(new, "children")["items"].pop()
    changes = changes_between(parse_form(household()), parse_form(new), "en")
    assert [(one.label, one.section) for one in changes.new] == [("More", "One")]
    assert [one.label for one in changes.gone] == ["Child age"]


def test_choices_that_came_and_went_are_named() -> None:
    new = household()
    find(new, "way")["choices"] = choices("road", "rail")
    (change,) = changes_between(parse_form(household()), parse_form(new), "en").changed
    assert change.choices_new == ["Rail"]
    assert change.choices_gone == ["Sea", "Air"]


def test_a_choice_that_hung_on_an_answer_which_no_longer_fits_is_left_over_with_it() -> None:
    """ "ferry" is offered while the way is by sea. Without that way it can be neither sent nor seen in the list."""
    old = household()
    vessel = question("vessel", "select_one", choices=choices("ferry", "boat"))
    get_items(old).insert(2, vessel | {"choice_filter": {"==": [{"var": "way"}, "sea"]}})
    new = copy.deepcopy(old)
    find(new, "way")["choices"] = choices("road", "air")

    plan = plan_move(parse_form(old), parse_form(new), {"way": "sea", "vessel": "ferry"}, CONTEXT)

    assert plan.answers == {}
    assert left(plan) == [(("way",), DOES_NOT_FIT), (("vessel",), DOES_NOT_FIT)]
