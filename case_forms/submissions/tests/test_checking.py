import sys
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from case_forms.expressions import evaluator
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.definition.limits import DEFAULT_MAX_ROWS
from tests.world.forms import choices, question, small_form, texts

from ..validation.validate import (
    CheckContext,
    Checked,
    check_answers,
    check_section,
    form_states,
    relevant_items,
    relevant_sections,
    section_state,
)

DAY = date(2026, 3, 1)


class Places:
    """A ChoiceSource with one municipality."""

    def choices(self, name: str, language: str) -> list[tuple[str, str]]:
        return [("vlore", "Vlorë")] if name == "municipalities" else []

    def has(self, name: str, value: str) -> bool:
        return (name, value) == ("municipalities", "vlore")


CONTEXT = CheckContext(sources=Places(), today=DAY, occurred_on=DAY, language="en")
GOOD: dict[str, Any] = {"municipality": "vlore", "age_stated": 30, "result": "potential_victim", "story": "Told."}


def check(answers: Any, *, strict: bool = True, form: dict[str, Any] | None = None) -> Checked:
    return check_answers(
        parse_form(form or small_form()),
        answers,
        sources=Places(),
        today=DAY,
        occurred_on=DAY,
        language="en",
        strict=strict,
    )


def codes(checked: Checked) -> list[tuple[str, str]]:
    return [(error.path, error.code) for error in checked.errors]


def form(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sections": [{"key": "one", "title": texts("One"), "items": list(items), **more}]}


def test_good_answers_pass_and_come_back_cleaned() -> None:
    checked = check({**GOOD, "phone": "069 123 45 67", "needs": ["doctor"]})
    assert checked.ok
    assert checked.answers == {**GOOD, "phone": "+355691234567", "needs": ["doctor"]}


def test_every_wrong_answer_is_named_by_its_path() -> None:
    checked = check({"municipality": "atlantis", "age_stated": "thirty", "result": "potential_victim", "story": "x"})
    assert codes(checked) == [
        ("/answers/municipality", "not_a_choice"),
        ("/answers/age_stated", "wrong_type"),
        ("/answers/story", "constraint"),
    ]
    assert checked.errors[2].message == "Write more than that."


def test_required_follows_its_condition() -> None:
    assert codes(check({**GOOD, "story": ""})) == [("/answers/story", "required")]
    assert check({**GOOD, "story": None, "result": "at_risk"}).ok


@pytest.mark.parametrize("nothing", [None, "", "   ", [], {}])
def test_nothing_is_not_an_answer(nothing: Any) -> None:
    assert codes(check({**GOOD, "result": nothing, "story": "Told."})) == [("/answers/result", "required")]


@pytest.mark.parametrize("value", [0, False])
def test_zero_and_no_are_answers(value: Any) -> None:
    asked = form(question("a", "integer" if value == 0 and value is not False else "boolean", required=True))
    assert check({"a": value}, form=asked).answers == {"a": value}


def test_programs_may_not_answer_what_does_not_apply_and_people_may() -> None:
    both = {**GOOD, "birth_date": "1990-01-01"}
    assert codes(check(both)) == [("/answers/age_stated", "not_relevant")]
    lenient = check(both, strict=False)
    assert lenient.ok
    assert "age_stated" not in lenient.answers


def test_an_irrelevant_section_takes_no_answers() -> None:
    answers = {**GOOD, "result": "not_victim", "companions": [{"companion_name": "A"}]}
    assert codes(check(answers)) == [("/answers/companions", "not_relevant")]
    assert check(answers, strict=False).answers.get("companions") is None


def test_what_is_dropped_is_not_seen_by_later_conditions() -> None:
    asked = form(
        question("a", "boolean"),
        question("b", "integer", relevant={"var": "a"}),
        question("c", "text", relevant={"answered": ["b"]}),
    )
    checked = check({"a": False, "b": 3, "c": "seen"}, strict=False, form=asked)
    assert checked.answers == {"a": False}


def test_a_wrong_answer_is_not_seen_by_later_conditions() -> None:
    asked = form(question("b", "integer"), question("c", "text", relevant={"answered": ["b"]}))
    assert codes(check({"b": "x", "c": "y"}, form=asked)) == [
        ("/answers/b", "wrong_type"),
        ("/answers/c", "not_relevant"),
    ]


def test_unknown_questions_are_named_when_they_look_like_keys_and_counted_otherwise() -> None:
    checked = check({**GOOD, "no_such": 1, "Emri i Personit": 2})
    assert codes(checked) == [("/answers/no_such", "unknown_question"), ("/answers", "unknown_question")]
    assert "Emri" not in repr(checked)
    assert check({**GOOD, "no_such": 1}, strict=False).ok


def test_thousands_of_unknown_questions_are_not_all_named() -> None:
    checked = check({**GOOD, **{f"k{i}": 1 for i in range(5000)}})
    assert len(checked.errors) == 21


def test_defaults_are_for_people_only() -> None:
    assert check(GOOD, strict=False).answers["danger"] == "unknown"
    assert "danger" not in check(GOOD).answers


def test_a_default_that_does_not_apply_is_not_taken() -> None:
    asked = form(question("a", "boolean"), question("b", "integer", default=5, relevant={"var": "a"}))
    assert check({}, strict=False, form=asked).answers == {}
    assert check({"a": True}, strict=False, form=asked).answers == {"a": True, "b": 5}


def test_rows_of_a_repeat_are_checked_one_by_one() -> None:
    rows = [
        {"companion_name": "A", "companion_child": "no", "companion_note": "x"},
        {"companion_child": "yes", "companion_note": "y"},
        {"companion_name": "C", "elsewhere": 1},
        "row",
    ]
    assert codes(check({**GOOD, "companions": rows})) == [
        ("/answers/companions/0/companion_note", "not_relevant"),
        ("/answers/companions/1/companion_name", "required"),
        ("/answers/companions/2/elsewhere", "unknown_question"),
        ("/answers/companions/3", "wrong_type"),
    ]


def test_conditions_in_a_row_see_the_row_over_the_form() -> None:
    inner = question("b", "text", relevant={"and": [{"var": "a"}, {"==": [{"var": "c"}, "yes"]}]})
    asked = form(
        question("a", "boolean"),
        {
            "item": "repeat",
            "key": "rows",
            "label": texts("Rows"),
            "items": [question("c", "yes_no_unknown"), {"item": "note", "key": "n", "text": texts("n")}, inner],
        },
    )
    rows = [{"c": "yes", "b": "1"}, {"c": "no", "b": "2"}]
    checked = check({"a": True, "rows": rows}, form=asked)
    assert codes(checked) == [("/answers/rows/1/b", "not_relevant")]
    assert checked.answers["rows"] == [{"c": "yes", "b": "1"}, {"c": "no"}]
    assert "c" not in checked.answers


def test_a_repeat_has_its_bounds() -> None:
    repeat = {
        "item": "repeat",
        "key": "rows",
        "label": texts("Rows"),
        "min": 2,
        "max": 3,
        "items": [question("c", "text")],
    }
    assert codes(check({"rows": [{"c": "1"}]}, form=form(repeat))) == [("/answers/rows", "too_few")]
    assert codes(check({}, form=form(repeat))) == [("/answers/rows", "too_few")]
    assert codes(check({"rows": [{"c": "1"}] * 4}, form=form(repeat))) == [("/answers/rows", "too_many")]
    assert codes(check({"rows": {"c": "1"}}, form=form(repeat))) == [("/answers/rows", "wrong_type")]
    del repeat["max"], repeat["min"]
    assert codes(check({"rows": [{"c": "1"}] * (DEFAULT_MAX_ROWS + 1)}, form=form(repeat))) == [
        ("/answers/rows", "too_many")
    ]


def test_empty_rows_are_left_out_when_people_fill() -> None:
    answers = {**GOOD, "companions": [{}, {"": None}, {"companion_name": "A"}, None]}
    checked = check({**answers, "companions": [*answers["companions"][:1], answers["companions"][2]]}, strict=False)
    assert checked.answers["companions"] == [{"companion_name": "A"}]
    shown = form_states(parse_form(small_form()), answers, CONTEXT)
    state = shown.sections[-1]
    assert [len(items) for items in state.row_items["companions"]] == [0, 2, 2, 0]
    assert ("/answers/companions/1/companion_name", "required") in codes(shown)


def test_a_cleaned_value_that_is_nothing_counts_as_unanswered() -> None:
    asked = form(question("signs", "indicators", required=True))
    assert codes(check({"signs": {"": {}}}, form=asked))[0][1] != "required"
    first = "i01"
    from case_forms.questions.indicators import by_id

    first = next(iter(by_id()))
    assert codes(check({"signs": {first: {"answer": "not_asked"}}}, form=asked)) == [("/answers/signs", "required")]


def test_an_expression_that_cannot_be_worked_out_lets_no_answer_pass() -> None:
    impossible = {"no_such_operator": []}
    asked = form(
        question("a", "text", relevant=impossible, required=impossible),
        question("b", "text", constraint={"expr": impossible, "message": texts("No.")}),
    )
    assert codes(check({"b": "x"}, form=asked)) == [("/answers/a", "required"), ("/answers/b", "constraint")]


def test_a_constraint_sees_its_own_value_and_gives_the_old_one_back() -> None:
    inner = question("a", "integer", constraint={"expr": {">": [{"var": "a"}, 10]}, "message": texts("More.")})
    asked = form(
        question("a", "integer"),
        {
            "item": "repeat",
            "key": "rows",
            "label": texts("Rows"),
            "items": [inner, question("b", "text", relevant={"==": [{"var": "a"}, 5]})],
        },
    )
    checked = check({"a": 5, "rows": [{"a": 3, "b": "still five"}]}, form=asked)
    assert codes(checked) == [("/answers/rows/0/a", "constraint")]
    assert checked.answers["rows"] == [{"b": "still five"}]


def test_the_path_goes_into_the_answer_where_the_type_says_so() -> None:
    assert codes(check({**GOOD, "needs": ["doctor", "moon"]})) == [("/answers/needs/1", "not_a_choice")]


# ---- section by section ----


def test_sections_become_relevant_as_one_goes() -> None:
    keys = [section.key for section in relevant_sections(parse_form(small_form()), {"result": "not_victim"}, CONTEXT)]
    assert keys == ["place", "person"]
    assert len(relevant_sections(parse_form(small_form()), {"result": "at_risk"}, CONTEXT)) == 3


def test_the_items_of_a_section_follow_the_answers() -> None:
    def keys(**answers: Any) -> list[str]:
        return [item.key for item in relevant_items(parse_form(small_form()), "place", answers, CONTEXT)]

    assert keys() == ["municipality", "danger"]
    assert keys(danger="yes") == ["municipality", "danger", "danger_note"]


def test_checking_a_section_tells_only_its_own_errors() -> None:
    checked = check_section(parse_form(small_form()), "place", {"municipality": "vlore", "result": "nonsense"}, CONTEXT)
    assert checked.ok
    assert checked.answers == {"municipality": "vlore", "danger": "unknown"}
    assert codes(check_section(parse_form(small_form()), "person", {}, CONTEXT)) == [("/answers/result", "required")]


def test_a_section_knows_whether_it_is_complete() -> None:
    assert section_state(parse_form(small_form()), "place", {"municipality": "vlore"}, CONTEXT).is_complete
    assert not section_state(parse_form(small_form()), "place", {}, CONTEXT).is_complete


def test_a_section_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        section_state(parse_form(small_form()), "no_such_section", {}, CONTEXT)


# ---- whatever comes ----

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
KEYS = [item["key"] for section in small_form()["sections"] for item in section["items"]]


@settings(max_examples=200, deadline=None)
@given(answers=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), JSON, max_size=8) | JSON)
def test_no_json_value_makes_checking_raise(answers: Any) -> None:
    for strict in (True, False):
        checked = check(answers, strict=strict)
        assert checked.ok or all(error.path.startswith("/answers") for error in checked.errors)


@settings(max_examples=100, deadline=None)
@given(answers=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8))
def test_what_was_accepted_is_accepted_again_unchanged(answers: dict[str, Any]) -> None:
    once = check(answers, strict=False)
    again = check(once.answers, strict=True)
    assert {error.code for error in again.errors} <= {"required"}
    assert again.answers == once.answers


def test_the_work_grows_with_the_form_and_not_faster() -> None:
    evaluator._kept.clear()  # full of other tests' expressions it is emptied in the middle, and work is done again

    def calls(count: int) -> int:
        asked = form(
            *(
                question(
                    f"q{i}",
                    "select_one",
                    choices=choices("a", "b"),
                    relevant={"!=": [{"var": f"q{i - 1}"}, "b"]},
                    constraint={"expr": {"==": [{"var": f"q{i}"}, "a"]}, "message": texts("a")},
                )
                for i in range(1, count + 1)
            )
        )
        answers = {f"q{i}": "a" for i in range(1, count + 1)}
        check(answers, form=asked)
        made: list[str] = []
        sys.setprofile(lambda frame, what, argument: made.append(what))
        checked = check(answers, form=asked)
        sys.setprofile(None)
        assert checked.ok
        return len(made)

    assert calls(400) < calls(50) * 8 * 1.1
