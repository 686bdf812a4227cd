"""Lists of choices that questions share: where they come from, and that a version stands without them."""

import copy

import pytest

from ..actions import publish_form, save_definition
from ..checker import check_definition
from ..lists import list_names, resolved, unresolved
from .samples import choice, form, question, section, texts

COLOURS = [choice("red"), {**choice("blue"), "with": {"tone": "cold"}}]
FRUIT = [choice("apple")]


def listed(**more):
    """A form with a list of its own, and a question on each kind of list."""
    asked = section(
        "one",
        question("colour", "select_one", choices_from="colours"),
        {
            "item": "repeat",
            "key": "rows",
            "label": texts("Rows"),
            "items": [question("tone", "select_many", choices_from="colours")],
        },
        question("fruit", "select_one", choices_from="shared:fruit"),
        question("country", "select_one", choices_from="countries"),
    )
    return form(asked, lists={"colours": {"title": texts("Colours"), "choices": copy.deepcopy(COLOURS)}}, **more)


def shared(key):
    return copy.deepcopy(FRUIT) if key == "fruit" else None


def codes(definition, look_up=shared):
    return [(problem.path, problem.code) for problem in check_definition(definition, shared=look_up)]


def test_lists_are_written_into_the_questions_that_choose_from_them():
    before = listed()
    made = resolved(before, shared)
    colour, rows, fruit, country = made["sections"][0]["items"]
    assert (colour["choices"], colour["list"]) == (COLOURS, "colours")
    assert rows["items"][0]["choices"] == COLOURS
    assert (fruit["choices"], fruit["list"]) == (FRUIT, "shared:fruit")
    assert "choices_from" not in colour
    assert country["choices_from"] == "countries"
    assert before == listed()
    assert resolved(made, shared) == made
    assert codes(made) == codes(before) == []


def test_a_version_that_becomes_a_draft_again_names_its_own_lists_again():
    back = unresolved(resolved(listed(), shared))
    items = back["sections"][0]["items"]
    assert items[0] == listed()["sections"][0]["items"][0]
    assert items[2]["choices"] == FRUIT
    assert list(list_names(back)) == ["colours", "colours", "countries"]


def test_a_list_that_nobody_has_is_named():
    missing = ("/sections/0/items/2/choices_from", "unknown_list")
    assert codes(listed(), lambda key: None) == [missing]
    definition = listed()
    del definition["lists"]
    assert [path for path, _code in codes(definition)] == [
        "/sections/0/items/0/choices_from",
        "/sections/0/items/1/items/0/choices_from",
    ]


def test_a_list_is_checked_once_where_it_stands():
    definition = listed()
    definition["lists"]["colours"]["choices"] += [{"label": {"sq": "E verdhë"}}, choice("red")]
    assert codes(definition) == [
        ("/lists/colours/choices/2/value", "no_value"),
        ("/lists/colours/choices/3/value", "duplicate_choice"),
        ("/lists/colours/choices/2/label/en", "missing_translation"),
    ]
    definition["lists"] = {"colours": {"choices": []}}
    assert ("/lists/colours/choices", "no_choices") in codes(definition)


@pytest.mark.parametrize(
    "choices", [[{"value": ""}], "all", [{"label": {}, "value": "x"}], [choice("x"), choice("x")], {}]
)
def test_a_shared_list_that_cannot_be_used_is_named_at_the_question(choices):
    assert codes(listed(), lambda key: choices)[0] == ("/sections/0/items/2/choices_from", "bad_list")


def test_a_lists_key_is_its_own():
    definition = listed()
    definition["lists"]["countries"] = {"choices": [choice("x")]}
    definition["lists"]["Më e mirë"] = {"choices": [choice("x")]}
    assert codes(definition) == [("/lists/countries", "bad_list"), ("/lists/Më e mirë", "bad_list")]


def test_what_a_choice_has_for_filters_is_keys_with_short_texts():
    one = question("a", "select_one", choices=[{**choice("x"), "with": {"region": "vlore"}}])
    assert codes(form(section("s", one))) == []
    for bad in ({"Region": "x"}, {"value": "x"}, {"region": " x"}, {"region": ""}):
        one["choices"][0]["with"] = bad
        assert [code for _path, code in codes(form(section("s", one)))] == ["bad_choice"]
    one["choices"][0]["with"] = {"region": 3}
    assert [code for _path, code in codes(form(section("s", one)))] == ["wrong_shape"]


@pytest.mark.django_db
def test_a_published_version_stands_without_its_lists():
    definition = listed()
    del definition["sections"][0]["items"][2]
    version = publish_form(form=save_definition(key="sample", definition=definition))
    assert version.definition == resolved(definition)
    assert version.form.definition == definition
    assert publish_form(form=version.form) == version
