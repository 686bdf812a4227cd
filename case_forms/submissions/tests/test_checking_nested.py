"""Repeats in repeats, what the server works out, what nobody types, and choices that depend on other answers."""

import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from case_forms.form_builder.definition import parse_form
from tests.world.forms import choices, question, texts

from ..validation.validate import CheckContext, Checked, check_answers, form_states

DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 10, 30, 15, tzinfo=UTC)
TOWNS = {"vlore": "south", "shkoder": "north"}


class Towns:
    def choices(self, name: str, language: str) -> list[tuple[str, str]]:
        return [(town, town.title()) for town in TOWNS]

    def has(self, name: str, value: str) -> bool:
        return value in TOWNS

    def attributes(self, name: str, value: str) -> dict[str, str]:
        return {"region": TOWNS[value]} if value in TOWNS else {}


CONTEXT = CheckContext(sources=Towns(), today=DAY, occurred_on=DAY, language="en", now=NOW)


def form(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sections": [{"key": "one", "title": texts("One"), "items": list(items), **more}]}


def repeat(key: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"item": "repeat", "key": key, "label": texts(key), "items": list(items), **more}


def check(asked: dict[str, Any], answers: Any, *, strict: bool = True) -> Checked:
    return check_answers(
        parse_form(asked), answers, sources=Towns(), today=DAY, occurred_on=DAY, now=NOW, language="en", strict=strict
    )


def codes(checked: Checked) -> list[tuple[str, str]]:
    return [(error.path.removeprefix("/answers/"), error.code) for error in checked.errors]


HOUSEHOLD = form(
    question("adults_only", "boolean"),
    repeat(
        "household",
        question("name", "text", required=True),
        repeat(
            "children",
            question("age", "integer", required=True, max=17),
            question("school", "text", relevant={"and": [{">": [{"var": "age"}, 5]}, {"answered": ["name"]}]}),
            question("first", "text", relevant={"==": [{"var": "_position"}, 1]}),
            relevant={"!": {"var": "adults_only"}},
            max=3,
            min=1,
        ),
        question("note", "text", relevant={"some": [{"var": "children"}, {"==": [{"var": "age"}, 5]}]}),
    ),
    question("total", "integer", relevant={"==": [{"count": [{"var": "household"}]}, 2]}),
)


def test_rows_within_rows_are_checked_where_they_stand() -> None:
    answers = {
        "adults_only": False,
        "household": [
            {"name": "A", "children": [{"age": 7, "school": "x", "first": "y"}, {"age": 5}], "note": "z"},
            {"name": "B", "children": [{"age": 10}]},
        ],
        "total": 3,
    }
    checked = check(HOUSEHOLD, answers)
    assert checked.ok
    assert checked.answers == answers


def test_every_wrong_answer_within_rows_is_named_by_its_path() -> None:
    rows = [
        {"name": "A", "children": [{"age": 7, "first": "x"}, {"age": 18, "first": "x"}, {"school": 3}], "note": "z"},
        {"name": "B", "children": [{}] * 4},
        {"name": "C", "children": "two"},
        {"name": "D", "children": [3]},
        {"name": "E"},
    ]
    assert codes(check(HOUSEHOLD, {"household": rows})) == [
        ("household/0/children/1/age", "too_large"),
        ("household/0/children/1/first", "not_relevant"),
        ("household/0/children/2/age", "required"),
        ("household/0/children/2/school", "not_relevant"),
        ("household/0/note", "not_relevant"),
        ("household/1/children", "too_many"),
        ("household/2/children", "wrong_type"),
        ("household/3/children/0", "wrong_type"),
        ("household/4/children", "too_few"),
    ]


def test_a_group_that_does_not_apply_within_a_row_takes_no_rows() -> None:
    rows = [{"name": "A", "children": [{"age": 3}]}]
    assert codes(check(HOUSEHOLD, {"adults_only": True, "household": rows})) == [
        ("household/0/children", "not_relevant")
    ]
    lenient = check(HOUSEHOLD, {"adults_only": True, "household": rows}, strict=False)
    assert lenient.answers["household"] == [{"name": "A"}]


def test_one_row_knows_nothing_of_the_row_before() -> None:
    asked = form(
        repeat(
            "rows",
            question("a", "text"),
            repeat("inner", question("c", "text")),
            question("b", "text", relevant={"answered": ["a"]}),
        ),
        question("after", "text", relevant={"answered": ["a"]}),
    )
    rows = [{"a": "1", "inner": [{"c": "2"}], "b": "3"}, {"b": "4"}]
    checked = check(asked, {"rows": rows, "after": "x"})
    assert codes(checked) == [("rows/1/b", "not_relevant"), ("after", "not_relevant")]


def test_what_applies_in_each_row_is_told_by_the_name_of_its_field() -> None:
    empty = {"": None}
    answers = {"household": [{"name": "A", "children": [{"age": 7}, empty]}, {"children": [empty]}, empty]}
    state = form_states(parse_form(HOUSEHOLD), answers, CONTEXT).sections[0]
    shown = {name: [[item.key for item in row] for row in rows] for name, rows in state.row_items.items()}
    assert shown == {
        "household": [["name", "children"], ["name", "children"], ["name", "children"]],
        "household-0-children": [["age", "school", "first"], ["age"]],
        "household-1-children": [["age", "first"]],
        "household-2-children": [],
    }
    assert state.answers["household"] == [{"name": "A", "children": [{"age": 7}]}]


def test_the_moment_of_the_check_is_known() -> None:
    asked = form(question("a", "text", relevant={"==": [{"var": "_now"}, "2026-03-01T11:30:15+01:00"]}))
    assert check(asked, {"a": "x"}).ok


# ---- what the server fills in ----


def test_an_initial_value_is_worked_out_for_people_where_nothing_was_answered() -> None:
    asked = form(question("a", "integer"), question("b", "integer", initial={"+": [{"var": "a"}, 1]}))
    assert check(asked, {"a": 2}, strict=False).answers == {"a": 2, "b": 3}
    assert check(asked, {"a": 2, "b": 9}, strict=False).answers == {"a": 2, "b": 9}
    assert check(asked, {"a": 2}).answers == {"a": 2}
    assert check(asked, {}, strict=False).answers == {}


def test_a_default_comes_before_an_initial_value_and_neither_stands_when_it_cannot() -> None:
    both = question("b", "integer", default=5, initial={"+": [1, 1]})
    assert check(form(both), {}, strict=False).answers == {"b": 5}
    wrong = question("b", "integer", initial={"cat": ["x"]}, required=True)
    assert codes(check(form(wrong), {}, strict=False)) == [("b", "required")]
    too_many_steps = question("b", "integer", initial={"no_such": []})
    assert check(form(too_many_steps), {}, strict=False).answers == {}


def test_what_is_read_only_is_what_the_server_says() -> None:
    asked = form(question("a", "integer"), question("b", "integer", initial={"+": [{"var": "a"}, 1]}, read_only=True))
    for answers in ({"a": 2}, {"a": 2, "b": 3}):
        assert check(asked, answers).answers == check(asked, answers, strict=False).answers == {"a": 2, "b": 3}
    assert codes(check(asked, {"a": 2, "b": 4})) == [("b", "read_only")]
    assert check(asked, {"a": 2, "b": 4}, strict=False).answers == {"a": 2, "b": 3}


def test_what_is_read_only_without_a_value_of_its_own_keeps_what_a_program_gave() -> None:
    asked = form(question("a", "integer", read_only=True))
    assert check(asked, {"a": 2}).answers == check(asked, {"a": 2}, strict=False).answers == {"a": 2}
    assert codes(check(asked, {"a": "x"})) == [("a", "wrong_type")]
    assert check(asked, {"a": "x"}, strict=False).answers == {}


def test_a_hidden_question_takes_what_a_program_sends() -> None:
    asked = form(question("a", "hidden", default="x"))
    assert check(asked, {}).answers == check(asked, {"a": "y"}, strict=False).answers == {"a": "x"}
    assert check(asked, {"a": "y"}).answers == {"a": "y"}


def test_a_calculation_is_worked_out_in_its_place_and_read_by_what_follows() -> None:
    asked = form(
        question("a", "integer"),
        question("sum", "calculated", result="integer", calculation={"+": [{"var": "a"}, 1]}),
        question("b", "text", relevant={">": [{"var": "sum"}, 5]}),
    )
    for strict in (True, False):
        assert check(asked, {"a": 9, "b": "x"}, strict=strict).answers == {"a": 9, "sum": 10, "b": "x"}
    assert codes(check(asked, {"a": 9, "sum": 10})) == [("sum", "computed")]
    assert check(asked, {"a": 9, "sum": 3}, strict=False).answers == {"a": 9, "sum": 10}
    state = form_states(parse_form(asked), {"a": 9}, CONTEXT).sections[0]
    assert state.worked_out == {"sum": 10}


def test_a_calculation_in_a_row_reads_the_row_and_one_outside_the_rows() -> None:
    asked = form(
        repeat(
            "rows",
            question("price", "integer"),
            question("twice", "calculated", result="integer", calculation={"*": [{"var": "price"}, 2]}),
        ),
        question(
            "all",
            "calculated",
            result="integer",
            calculation={"sum": [{"map": [{"var": "rows"}, {"var": "twice"}]}]},
        ),
    )
    checked = check(asked, {"rows": [{"price": 2}, {"price": 5}, {}]})
    assert checked.answers == {"rows": [{"price": 2, "twice": 4}, {"price": 5, "twice": 10}, {}], "all": 14}


@pytest.mark.parametrize("calculation", [{"/": [1, 0]}, {"cat": ["x"]}, {"<": [1, 2]}, {"merge": [[1]]}, None, 2.5])
def test_a_calculation_that_does_not_fit_its_result_is_no_answer(calculation: Any) -> None:
    asked = form(question("a", "calculated", result="integer", calculation=calculation))
    assert check(asked, {}).answers == {}


# ---- choices that depend on other answers ----

CASCADE = form(
    question("region", "select_one", choices=choices("south", "north")),
    question(
        "town",
        "select_one",
        choices_from="municipalities",
        choice_filter={"==": [{"var": "choice.region"}, {"var": "region"}]},
    ),
)


def test_a_choice_that_the_filter_leaves_out_is_none() -> None:
    assert check(CASCADE, {"region": "south", "town": "vlore"}).ok
    assert codes(check(CASCADE, {"region": "north", "town": "vlore"})) == [("town", "not_a_choice")]
    assert codes(check(CASCADE, {"town": "vlore"})) == [("town", "not_a_choice")]


def test_a_filter_in_a_row_reads_the_row() -> None:
    asked = form(repeat("rows", *CASCADE["sections"][0]["items"]))
    rows = [{"region": "south", "town": "vlore"}, {"region": "north", "town": "vlore"}]
    assert codes(check(asked, {"rows": rows})) == [("rows/1/town", "not_a_choice")]


def test_a_default_that_the_filter_leaves_out_is_not_taken() -> None:
    asked = form(CASCADE["sections"][0]["items"][0], {**CASCADE["sections"][0]["items"][1], "default": "vlore"})
    assert check(asked, {"region": "south"}, strict=False).answers == {"region": "south", "town": "vlore"}
    assert check(asked, {"region": "north"}, strict=False).ok


# ---- how long it takes ----


def test_the_work_grows_with_the_rows_and_not_faster() -> None:
    many = [question(f"q{index}", "integer") for index in range(200)]
    asked = form(*many, repeat("rows", repeat("inner", question("a", "integer"), max=10), max=100))

    def calls(rows: int) -> int:
        answers = {f"q{index}": 1 for index in range(200)} | {"rows": [{"inner": [{"a": 1}] * 10}] * rows}
        made: list[str] = []
        sys.setprofile(lambda frame, what, argument: made.append(what))
        checked = check(asked, answers)
        sys.setprofile(None)
        assert checked.ok
        return len(made)

    few, more, most = calls(10), calls(50), calls(90)
    assert most - more < (more - few) * 1.1
