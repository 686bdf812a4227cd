"""Conditions that mean nothing: kinds that do not fit, values nobody can choose, what never holds or is not reached."""

import pytest
from django.utils import translation

from ..answer_types import choice_kind, get_kinds
from ..checker import check_definition
from .samples import SAMPLE, choice, form, question, section, texts

RESULT = question("result", "select_one", choices=[choice("yes"), choice("no")])
AGE = question("age", "integer", min=0, max=120)


def repeat(key, *items, **more):
    return {"item": "repeat", "key": key, "label": texts(key), "items": list(items), **more}


def problems(*sections):
    return [(problem.path, problem.code) for problem in check_definition(form(*sections))]


def of(*items, **more):
    return [(path.removeprefix("/sections/0/items"), code) for path, code in problems(section("only", *items, **more))]


def shown(rule, *, key="last", **more):
    return question(key, "text", relevant=rule, **more)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"==": [{"var": "result"}, "yes"]}, None),
        ({"==": [{"var": "result"}, "maybe"]}, "unknown_choice_value"),
        ({"in": [{"var": "result"}, ["yes", "maybe"]]}, "unknown_choice_value"),
        ({">": [{"var": "result"}, 3]}, "type_mismatch"),
        ({">": [{"var": "age"}, "many"]}, "type_mismatch"),
        ({"==": [{"var": "result"}, ""]}, "no_value"),
        ({"<": [{"age_on": [{"var": "age"}, {"today": []}]}, 18]}, "type_mismatch"),
        ({">": [{"count": [{"var": "age"}]}, 1]}, "type_mismatch"),
    ],
)
def test_a_condition_fits_what_it_reads(rule, code):
    assert of(RESULT, AGE, shown(rule)) == ([("/2/relevant", code)] if code else [])


def test_a_condition_names_what_is_wrong_in_the_readers_language():
    for language, words in (("en", "result"), ("sq", "result (sq)")):
        with translation.override(language):
            (problem,) = check_definition(form(section("only", RESULT, shown({"==": [{"var": "result"}, "maybe"]}))))
        assert words in problem.message
        assert "maybe" in problem.message


def test_kinds_are_known_inside_rows_and_across_them():
    rows = repeat("people", AGE, question("name", "text"))
    assert of(rows, shown({"some": [{"var": "people"}, {">": [{"var": "name"}, 3]}]})) == [
        ("/1/relevant", "type_mismatch")
    ]
    assert of(repeat("people", AGE, shown({"==": [{"var": "age"}, "old"]}))) == [
        ("/0/items/1/relevant", "type_mismatch")
    ]


def test_a_filter_reads_what_the_choices_have():
    towns = [{**choice("vlore"), "with": {"region": "south"}}, {**choice("shkoder"), "with": {"region": "north"}}]
    region = question("region", "select_one", choices=[choice("south"), choice("north")])

    def filtered(rule, **more):
        return of(region, question("town", "select_one", choice_filter=rule, **(more or {"choices": towns})))

    same = {"==": [{"var": "choice.region"}, {"var": "region"}]}
    assert filtered(same) == filtered(same, choices_from="municipalities") == filtered(same, choices_from="units") == []
    assert filtered(same, choices_from="countries") == [("/1/choice_filter", "unknown_reference")]
    assert filtered({"==": [{"var": "choice.regoin"}, {"var": "region"}]}) == [
        ("/1/choice_filter", "unknown_reference")
    ]
    assert filtered({"==": [{"var": "choice.region"}, "east"]}) == [("/1/choice_filter", "unknown_choice_value")]
    assert filtered({"answered": ["later"]}) == [("/1/choice_filter", "unknown_reference")]
    assert of(region, shown({"==": [{"var": "choice.region"}, "south"]})) == [("/1/relevant", "unknown_reference")]
    choosing = {**region, "choice_filter": {"==": [{"var": "choice.value"}, {"var": "region"}]}}
    assert of(choosing) == [("/0/choice_filter", "dependency_cycle")]


@pytest.mark.parametrize(
    ("calculation", "result", "fits"),
    [
        ({"+": [{"var": "age"}, 1]}, "integer", True),
        ({"+": [{"var": "age"}, 1]}, "decimal", True),
        ({"+": [{"var": "age"}, 1]}, "text", False),
        ({"cat": [{"var": "age"}, ""]}, "text", True),
        ({"var": "result"}, "text", True),
        ({"cat": [{"var": "age"}, "-01-01"]}, "date", True),
        ({"today": []}, "date", True),
        ({"var": "age"}, "date", False),
        ({"<": [{"var": "age"}, 3]}, "boolean", True),
        ({"<": [{"var": "age"}, 3]}, "integer", False),
        ({"if": [{"<": [{"var": "age"}, 3]}, "small", None]}, "text", True),
        (7, "integer", True),
        (7, "text", False),
    ],
)
def test_what_is_worked_out_is_of_the_kind_of_its_result(calculation, result, fits):
    sum_of = question("sum", "calculated", calculation=calculation, result=result)
    assert of(RESULT, AGE, sum_of) == ([] if fits else [("/2/result", "type_mismatch")])


NEVER = {"and": [{"==": [{"var": "result"}, "yes"]}, {"==": [{"var": "result"}, "no"]}]}


def test_a_condition_that_can_never_hold_is_named():
    assert of(RESULT, shown(NEVER)) == [("/1/relevant", "never_holds")]
    assert of(shown(False)) == [("/0/relevant", "never_holds")]
    assert of(AGE, shown({">": [{"var": "age"}, 200]})) == [("/1/relevant", "never_holds")]
    assert of(RESULT, question("a", "text", required=NEVER)) == [("/1/required", "never_holds")]
    rule = {"expr": {"and": [{">": [{"var": "age"}, 5]}, {"<": [{"var": "age"}, 3]}]}, "message": texts("No.")}
    assert of({**AGE, "constraint": rule}) == [("/0/constraint/expr", "never_holds")]
    assert of(repeat("r", shown({"==": [{"var": "_position"}, 0]}))) == [("/0/items/0/relevant", "never_holds")]
    note = {"item": "note", "key": "n", "text": texts("n"), "relevant": NEVER}
    assert of(RESULT, note) == [("/1/relevant", "never_holds")]
    later = problems(section("one", RESULT), section("two", question("a", "text"), relevant=NEVER))
    assert later == [("/sections/1/relevant", "never_holds")]


YES, NO = {"==": [{"var": "result"}, "yes"]}, {"==": [{"var": "result"}, "no"]}


def test_a_condition_is_looked_at_with_what_it_stands_under():
    assert problems(section("one", RESULT), section("two", shown(NO), relevant=YES)) == [
        ("/sections/1/items/0/relevant", "never_holds")
    ]
    assert of(RESULT, repeat("r", shown(NO), relevant=YES)) == [("/1/items/0/relevant", "never_holds")]
    assert of(RESULT, question("a", "text", relevant=YES, required=NO)) == [("/1/required", "never_holds")]


def test_a_condition_is_looked_at_with_what_its_questions_stand_under():
    middle = question("middle", "boolean", relevant=YES)
    assert of(RESULT, middle, shown({"and": [{"var": "middle"}, NO]})) == [("/2/relevant", "never_holds")]
    assert of(RESULT, middle, shown({"and": [{"!": [{"var": "middle"}]}, NO]})) == []
    further = question("further", "boolean", relevant={"var": "middle"})
    assert of(RESULT, middle, further, shown({"and": [{"var": "further"}, NO]})) == [("/3/relevant", "never_holds")]
    bounded = {**AGE, "constraint": {"expr": {"<": [{"var": "age"}, 18]}, "message": texts("Children.")}}
    assert of(bounded, shown({">": [{"var": "age"}, 20]})) == [("/1/relevant", "never_holds")]


def test_what_must_be_answered_is_reached():
    assert of(RESULT, shown(NEVER, required=True)) == [
        ("/1/relevant", "never_holds"),
        ("/1/required", "unreachable_required"),
    ]
    assert problems(section("one", RESULT), section("two", question("a", "text", required=True), relevant=NEVER)) == [
        ("/sections/1/relevant", "never_holds"),
        ("/sections/1/items/0/required", "unreachable_required"),
    ]
    never = shown(NEVER, key="never")
    assert of(RESULT, never, shown({"answered": ["never"]}, required=True)) == [
        ("/1/relevant", "never_holds"),
        ("/2/relevant", "never_holds"),
        ("/2/required", "unreachable_required"),
    ]


def test_what_must_be_answered_can_be_typed_or_comes_by_itself():
    fixed = question("a", "text", read_only=True, required=True)
    assert of(fixed) == [("/0/required", "unreachable_required")]
    assert of({**fixed, "default": "x"}) == of({**fixed, "initial": {"today": []}}) == []
    assert of(question("case", "case_reference", read_only=True, required=True)) == []


def test_what_is_doubtful_is_let_pass():
    assert of(AGE, shown({"==": [{"%": [{"var": "age"}, 7]}, 3]}, required=True)) == []
    assert of(question("a", "text"), shown({"==": [{"var": "a"}, "Ana"]})) == []


def test_the_kinds_of_the_sample():
    kinds = get_kinds(SAMPLE)
    assert kinds["minutes"].kind == "number"
    assert (kinds["minutes"].minimum, kinds["minutes"].maximum) == (0, 600)
    assert kinds["result"].choices == {"potential_victim", "at_risk", "no_indicators"}
    assert kinds["needs"].kind == "choices"
    assert kinds["companions"].kind == "rows"
    assert kinds["companions"].rows["companion_child"].choices == {"yes", "no", "unknown"}
    assert kinds["companion_name"].kind == "text"
    assert get_kinds(form(section("s", question("a", "telepathy"))))["a"].kind == "any"
    assert set(choice_kind(question("u", "select_one", choices_from="partners")).rows) == {
        "value",
        "region",
        "municipality",
    }
