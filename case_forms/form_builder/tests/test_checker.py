import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .. import canonical
from ..audience import SESSION_REQUEST
from ..checker import check_definition
from ..definition.limits import KINDS
from .samples import SAMPLE, choice, form, question, sample, section, texts

FORMS = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.json"))


def problems(definition):
    return [(problem.path, problem.code) for problem in check_definition(definition)]


def of(*items, **more):
    """The problems of a form of one section with these items, with paths from the items on."""
    return [
        (path.removeprefix("/sections/0/items"), code) for path, code in problems(form(section("only", *items, **more)))
    ]


def repeat(key, *items, **more):
    return {"item": "repeat", "key": key, "label": texts(key), "items": list(items), **more}


def test_the_sample_has_no_problems():
    assert problems(SAMPLE) == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_the_forms_we_bring_have_no_problems(path):
    assert problems(json.loads(path.read_text())) == []


def test_a_key_stands_for_one_question_only():
    assert of(question("a", "text"), question("a", "text")) == [("/1/key", "duplicate_key")]
    assert of(question("a", "text"), repeat("r", question("a", "text"))) == [("/1/items/0/key", "duplicate_key")]
    assert of(repeat("r", question("r", "text"))) == [("/0/items/0/key", "duplicate_key")]
    assert of(question("a", "text"), {"item": "note", "key": "a", "text": texts("x")}) == [("/1/key", "duplicate_key")]
    two = form(section("s", question("a", "text")), section("s", question("b", "text")))
    assert problems(two) == [("/sections/1/key", "duplicate_key")]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("_today", "reserved_key"),
        ("csrfmiddlewaretoken", "reserved_key"),
        ("Age", "bad_key"),
        ("1st", "bad_key"),
        ("a-b", "bad_key"),
        ("moshë", "bad_key"),
        ("a\n", "bad_key"),
        ("x" * 65, "bad_key"),
        ("", "bad_key"),
        (7, "wrong_shape"),
    ],
)
def test_a_key_is_small_letters_digits_and_underscores(key, code):
    assert of(question(key, "text", label=texts("Key"))) == [("/0/key", code)]


def test_an_expression_reads_what_stands_before_it_and_nothing_else():
    read = {"answered": ["b"]}
    assert of(question("b", "text"), question("a", "text", relevant=read)) == []
    assert of(question("a", "text", relevant=read), question("b", "text")) == [("/0/relevant", "forward_reference")]
    assert of(question("a", "text", required=read)) == [("/0/required", "unknown_reference")]
    note = {"item": "note", "key": "n", "text": texts("x"), "relevant": read}
    assert of(note, question("b", "text")) == [("/0/relevant", "forward_reference")]
    assert of(repeat("r", question("a", "text"), relevant=read), question("b", "text")) == [
        ("/0/relevant", "forward_reference")
    ]
    later = form(section("one", relevant=read), section("two", question("b", "text")))
    assert problems(later) == [("/sections/0/relevant", "forward_reference")]


def test_a_notes_key_is_nothing_to_read():
    note = {"item": "note", "key": "n", "text": texts("x")}
    assert of(note, question("a", "text", relevant={"var": "n"})) == [("/1/relevant", "unknown_reference")]


def test_a_constraint_reads_its_own_question_too():
    rule = {"expr": {">": [{"var": "a"}, 1]}, "message": texts("More.")}
    assert of(question("a", "integer", constraint=rule)) == []
    rule["expr"] = {">": [{"var": "a"}, {"var": "b"}]}
    assert of(question("a", "integer", constraint=rule)) == [("/0/constraint/expr", "unknown_reference")]


def test_the_days_of_the_answer_are_always_known():
    rule = {"<": [{"age_on": [{"var": "_occurred_on"}, {"today": []}]}, 1]}
    assert of(question("a", "text", relevant=rule)) == []
    assert of(question("a", "text", relevant={"var": "_case_status"})) == [("/0/relevant", "unknown_reference")]


def test_inside_a_repeat_one_reads_the_form_and_the_row():
    row = question("inner", "text", relevant={"and": [{"answered": ["before"]}, {"answered": ["first"]}]})
    assert of(question("before", "text"), repeat("r", question("first", "text"), row)) == []
    assert of(repeat("r", row, question("first", "text")), question("before", "text")) == [
        ("/0/items/0/relevant", "forward_reference"),
        ("/0/items/0/relevant", "forward_reference"),
    ]


def test_from_outside_one_reads_the_repeat_and_not_its_questions():
    rows = repeat("r", question("inner", "integer"))
    assert of(rows, question("a", "text", relevant={"some": [{"var": "r"}, {">": [{"var": "inner"}, 3]}]})) == []
    assert of(rows, question("a", "text", relevant={"var": "inner"})) == [("/1/relevant", "out_of_scope")]


def test_inside_a_nested_repeat_one_reads_the_row_around_it_too():
    age = question("age", "integer")
    reading = question("note", "text", relevant={"and": [{"answered": ["name", "age"]}, {"var": "_position"}]})
    assert of(repeat("r", question("name", "text"), repeat("q", age, reading))) == []
    after = question("after", "text", relevant={"some": [{"var": "q"}, {">": [{"var": "age"}, 3]}]})
    assert of(repeat("r", repeat("q", age), after)) == []
    assert of(repeat("r", repeat("q", age)), after) == [("/1/relevant", "out_of_scope")]
    assert of(question("a", "text", relevant={"var": "_position"})) == [("/0/relevant", "out_of_scope")]


def test_what_waits_for_itself_is_a_circle():
    def on(key):
        return {"answered": [key]}

    circle = ("/0/relevant", "dependency_cycle")
    assert of(question("a", "text", relevant=on("a"))) == [circle]
    assert of(question("a", "text", relevant=on("b")), question("b", "text", required=on("a"))) == [circle]
    three = [question("a", "text", relevant=on("c")), question("b", "text", relevant=on("a"))]
    assert of(*three, question("c", "text", relevant=on("b"))) == [circle]
    assert of(*three, question("c", "text")) == [("/0/relevant", "forward_reference")]
    assert of(question("a", "text"), relevant=on("a")) == [("/sections/0/relevant", "dependency_cycle")]
    assert of(repeat("r", question("a", "text"), relevant=on("r"))) == [circle]
    inside = question("a", "text", relevant={">": [{"count": [{"var": "r"}]}, 1]})
    assert of(repeat("r", inside)) == [("/0/items/0/relevant", "dependency_cycle")]


def test_what_refers_from_one_circle_to_another_is_in_no_circle_with_it():
    def on(*keys):
        return {"answered": list(keys)}

    first = [question("a", "text", relevant=on("b", "c")), question("b", "text", relevant=on("a"))]
    second = [question("c", "text", relevant=on("d")), question("d", "text", relevant=on("c"))]
    assert of(*first, *second) == [
        ("/0/relevant", "dependency_cycle"),
        ("/0/relevant", "forward_reference"),
        ("/2/relevant", "dependency_cycle"),
    ]


def test_a_loop_over_rows_reads_what_the_rows_have():
    def over(name, source=None):
        rule = {"some": [source or {"var": "r"}, {"answered": [name]}]}
        return of(
            repeat("r", question("a", "text"), repeat("q", question("b", "text"))), question("z", "text", relevant=rule)
        )

    assert over("a") == over("q") == []
    assert over("typo") == [("/1/relevant", "unknown_reference")]
    assert over("typo", {"filter": [{"var": "r"}, {"answered": ["a"]}]}) == [("/1/relevant", "unknown_reference")]
    nested = {"some": [{"var": "r"}, {"some": [{"var": "q"}, {"==": [{"var": "a"}, "x"]}]}]}
    assert of(
        repeat("r", question("a", "text"), repeat("q", question("b", "text"))), question("z", "text", relevant=nested)
    ) == [("/1/relevant", "unknown_reference")]


def test_sharing_may_depend_on_any_answer_of_the_form():
    shared = {"police": {"answered": ["later"]}}
    assert of(question("a", "text", shared_with=shared), question("later", "text")) == []
    assert of(question("a", "text", shared_with={"police": {"answered": ["nowhere"]}})) == [
        ("/0/shared_with/police", "unknown_reference")
    ]
    inner = [question("x", "text", shared_with={"cpu": {"answered": ["y"]}}), question("y", "text")]
    assert of(repeat("r", *inner)) == []


def test_sharing_names_roles_and_is_never_false_or_a_word():
    assert of(question("a", "text", shared_with={"neighbours": True})) == [
        ("/0/shared_with/neighbours", "unknown_role")
    ]
    assert of(question("a", "text", shared_with={"police": False})) == [("/0/shared_with/police", "wrong_shape")]
    assert of(question("a", "text", shared_with=["police"])) == [("/0/shared_with", "wrong_shape")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"shout": [1]}, "unknown_operator"),
        ({"==": [1]}, "bad_arguments"),
        ({"var": [{"cat": ["a"]}]}, "computed_reference"),
        ({"+": [1] * 2001}, "too_large"),
        ({}, "not_an_expression"),
    ],
)
def test_an_expression_must_be_in_the_language(rule, code):
    assert of(question("a", "text", relevant=rule)) == [("/0/relevant", code)]


def test_an_expression_too_deep_or_not_json_is_of_the_wrong_shape():
    deep = {"!": [1]}
    for _ in range(200):
        deep = {"!": [deep]}
    for rule in (
        deep,
        {"!": [float("nan")]},
        {"!": ["\ud800"]},
        {"!": [10**30]},
        {"!": [{1: 2}]},
        {"!": [object()]},
        3,
    ):
        assert of(question("a", "text", relevant=rule)) == [("/0/relevant", "wrong_shape")]


def test_choices_are_there_once_each_and_only_where_there_is_choosing():
    one = question("a", "select_one")
    assert of(one) == [("/0/choices", "no_choices")]
    assert of({**one, "choices": []}) == [("/0/choices", "no_choices")]
    assert of({**one, "choices": [choice("x")], "choices_from": "countries"}) == [("/0/choices", "no_choices")]
    assert of({**one, "choices": [choice("x"), choice("x")]}) == [("/0/choices/1/value", "duplicate_choice")]
    assert of({**one, "choices": [choice("x\ny")]}) == [("/0/choices/0/value", "bad_choice")]
    assert of({**one, "choices_from": "planets"}) == [("/0/choices_from", "unknown_list")]
    assert of({**one, "choices": [{"label": texts("x")}]}) == [("/0/choices/0/value", "no_value")]
    assert of({**one, "choices": [{"value": " ", "label": texts("x")}]}) == [("/0/choices/0/value", "no_value")]
    assert of(question("a", "text", choices=[choice("x")])) == [("/0/choices", "not_for_this_type")]
    assert of(question("a", "municipality", choices_from="regions")) == [("/0/choices_from", "not_for_this_type")]


def test_every_language_of_the_form_has_its_words():
    bare = {"sq": "Vetëm shqip"}
    definition = form(
        section(
            "only",
            question("a", "text", label=bare, hint=bare, constraint={"expr": True, "message": bare}),
            question("b", "select_one", choices=[{"value": "x", "label": bare}]),
            {"item": "note", "key": "n", "text": bare},
            repeat("r", question("c", "text", label=bare), label=bare),
            title=bare,
        ),
        title=bare,
        intro=bare,
    )
    assert {code for _path, code in problems(definition)} == {"missing_translation"}
    assert {path.removesuffix("/en") for path, _code in problems(definition)} == {
        "/title",
        "/intro",
        "/sections/0/title",
        "/sections/0/items/0/label",
        "/sections/0/items/0/hint",
        "/sections/0/items/0/constraint/message",
        "/sections/0/items/1/choices/0/label",
        "/sections/0/items/2/text",
        "/sections/0/items/3/label",
        "/sections/0/items/3/items/0/label",
    }
    definition["languages"] = ["sq"]
    assert problems(definition) == []


def test_languages_are_named_once_and_known():
    assert problems({**sample(), "languages": []}) == [("/languages", "bad_languages")]
    assert problems({**sample(), "languages": ["sq", "sq"]}) == [("/languages", "bad_languages")]
    assert problems({**sample(), "languages": ["sq", "Deutsch"]}) == [("/languages/1", "unknown_language")]
    assert problems({**sample(), "title": {"sq": "x", "en": "y", "deu tsch": "z"}}) == [
        ("/title/deu tsch", "unknown_language")
    ]
    assert problems({**sample(), "title": {"sq": "  ", "en": "x"}}) == [("/title/sq", "missing_translation")]


def test_a_form_has_any_number_of_languages_and_each_needs_all_words():
    def spoken(languages, words):
        return {**form(section("one", question("a", "text", label=words), title=words)), "languages": languages} | {
            "title": words
        }

    words = {"sq": "Pyetje", "en": "Question", "rom": "Pućhipe", "pt-BR": "Pergunta"}
    assert problems(spoken(["rom", "sq", "en", "pt-BR"], words)) == []
    assert problems(spoken(["sq", "el"], words)) == [
        ("/title/el", "missing_translation"),
        ("/sections/0/title/el", "missing_translation"),
        ("/sections/0/items/0/label/el", "missing_translation"),
    ]


def test_a_question_has_a_known_type_and_says_how_sensitive_it_is():
    assert of(question("a", "telepathy")) == [("/0/type", "unknown_type")]
    bare = question("a", "text")
    del bare["sensitivity"]
    assert of(bare) == [("/0/sensitivity", "no_sensitivity")]
    assert of(question("a", "text", sensitivity="secret")) == [("/0/sensitivity", "wrong_shape")]


@pytest.mark.parametrize(
    ("type_name", "bounds", "paths"),
    [
        ("integer", {"min": 1, "max": 2}, []),
        ("integer", {"min": 2, "max": 1}, ["/0/min"]),
        ("integer", {"min": 1.5}, ["/0/min"]),
        ("integer", {"max": True}, ["/0/max"]),
        ("decimal", {"min": 1.5, "max": 2}, []),
        ("decimal", {"min": "1"}, ["/0/min"]),
        ("date", {"min": "2012-01-01", "max": "today"}, []),
        ("date", {"min": "2012-13-01"}, ["/0/min"]),
        ("date", {"max": 2012}, ["/0/max"]),
        ("date", {"min": "2013-01-01", "max": "2012-01-01"}, ["/0/min"]),
        ("datetime", {"max": "today"}, []),
        ("select_many", {"min": 1, "max": 2}, []),
        ("select_many", {"min": -1}, ["/0/min"]),
        ("text", {"max_length": 300}, []),
        ("text", {"max_length": 301}, ["/0/max_length"]),
        ("long_text", {"max_length": 20_000}, []),
    ],
)
def test_bounds_are_of_the_types_kind_and_in_order(type_name, bounds, paths):
    more = {"choices": [choice("x")]} if type_name == "select_many" else {}
    assert of(question("a", type_name, **bounds, **more)) == [(path, "bad_bounds") for path in paths]


def test_bounds_where_there_are_none_to_give():
    assert of(question("a", "text", min=1)) == [("/0/min", "not_for_this_type")]
    assert of(question("a", "boolean", max_length=3)) == [("/0/max_length", "not_for_this_type")]


def test_a_default_must_itself_be_a_good_answer():
    assert of(question("a", "integer", default=3, max=5)) == []
    assert of(question("a", "integer", default=7, max=5)) == [("/0/default", "bad_default")]
    assert of(question("a", "integer", default=float("inf"))) == [("/0/default", "wrong_shape")]
    assert of(question("a", "select_one", choices=[choice("x")], default="y")) == [("/0/default", "bad_default")]
    assert of(question("a", "municipality", default="vlore")) == []


def test_a_repeat_asks_something_and_its_numbers_are_in_order():
    assert of(repeat("r")) == [("/0/items", "empty_repeat")]
    assert of(repeat("r", question("a", "text"), min=5, max=2)) == [("/0/min", "bad_bounds")]
    assert of(repeat("r", question("a", "text"), min=30)) == [("/0/min", "bad_bounds")]
    assert of(repeat("r", question("a", "text"), max=0)) == [("/0/max", "wrong_shape")]
    assert of(repeat("r", repeat("q", question("a", "text")))) == []
    assert of(repeat("r", repeat("q", repeat("p", question("a", "text"))))) == [
        ("/0/items/0/items/0/item", "unknown_item")
    ]
    assert of(repeat("r", repeat("q"))) == [("/0/items/0/items", "empty_repeat")]


def test_a_repeats_notes_are_checked_too():
    note = {"item": "note", "key": "n", "text": texts("x"), "relevant": {"var": "a"}}
    assert of(repeat("r", question("a", "text"), note)) == []
    assert of(repeat("r", note, question("a", "text"))) == [("/0/items/0/relevant", "forward_reference")]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"format": 2}, "/format", "wrong_shape"),
        ({"format": True}, "/format", "wrong_shape"),
        ({"kind": "gossip"}, "/kind", "wrong_shape"),
        ({"sections": []}, "/sections", "no_sections"),
        ({"sections": {}}, "/sections", "wrong_shape"),
        ({"sections": [{}] * 61}, "/sections", "too_many"),
        ({"sections": [[]]}, "/sections/0", "wrong_shape"),
        ({"title": "Sample"}, "/title", "wrong_shape"),
        ({"colour": "red"}, "/colour", "unknown_property"),
        ({"a/b~\ud800": 1}, "/a~1b~0?", "unknown_property"),
    ],
)
def test_a_form_has_its_properties_and_no_others(change, path, code):
    assert problems({**sample(), **change}) == [(path, code)]


def test_each_kind_of_form_is_known_and_a_missing_property_is_named():
    # A form that asks for a session has needs of its own (test_audience).
    for kind in set(KINDS) - {SESSION_REQUEST}:
        assert problems({**sample(), "kind": kind}) == []
    for name in SAMPLE:
        definition = sample()
        del definition[name]
        if name != "intro":
            assert problems(definition) == [(f"/{name}", "missing_property")]


def test_every_problem_has_words():
    broken = form(section("only", question("a", "telepathy", relevant={"var": "b"}, shared_with={"x": True})))
    for problem in check_definition(broken):
        assert str(problem.message)
    assert len(check_definition(broken)) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def places(part, path=()):
    """Every place in a definition, as the steps that lead there."""
    yield path
    children = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, child in children:
        yield from places(child, (*path, step))


PLACES = list(places(SAMPLE))


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_whatever_stands_for_a_definition_is_judged_and_never_raises(value):
    assert check_definition(value)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(PLACES[1:]),
    json_values | st.sampled_from([{"var": "age_stated"}, "text", True, "_x"]),
    st.booleans(),
)
def test_a_definition_bent_in_any_place_is_judged_and_what_passes_is_canonical(place, value, remove):
    """What has no problems survives the way to its canonical text and back exactly."""
    bent = deepcopy(SAMPLE)
    holder = bent
    for step in place[:-1]:
        holder = holder[step]
    if remove:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    if not check_definition(bent):
        text = canonical.dump(bent)
        assert canonical.dump(canonical.parse(text)) == text
        assert canonical.parse(text) == bent
        assert len(canonical.compute_sha256(text)) == 64


def test_a_choice_stands_alone_only_where_several_can_be_chosen():
    alone = [choice("a"), {**choice("none"), "exclusive": True}]
    assert of(question("needs", "select_many", choices=alone)) == []
    assert of(question("need", "select_one", choices=alone)) == [("/0/choices/1/exclusive", "not_for_this_type")]
    assert of(question("needs", "select_many", choices=alone, min=2)) == [("/0/choices/1/exclusive", "bad_bounds")]
    assert of(question("needs", "select_many", choices=[{**choice("a"), "exclusive": False}])) == [
        ("/0/choices/0/exclusive", "wrong_shape")
    ]


def test_words_for_recipients_are_there_in_every_language():
    asked = question("reason", "text", recipient_label={"sq": "Arsyeja"})
    assert problems(form(section("s", asked, recipient_title={"en": "The unit's assessment"}))) == [
        ("/sections/0/recipient_title/sq", "missing_translation"),
        ("/sections/0/items/0/recipient_label/en", "missing_translation"),
    ]


def warned(**warning):
    return problems(
        form(
            section("s", question("age", "integer"), question("result", "select_one", choices=[choice("victim")])),
            warnings=[{"key": "w", "when": {">": [{"var": "age"}, 100]}, "message": texts("So old?"), **warning}],
        )
    )


@pytest.mark.parametrize(
    ("warning", "found"),
    [
        ({}, []),
        ({"question": "age"}, []),
        ({"when": {"in": ["consent", {"var": "_case_forms"}]}}, []),
        ({"when": {"==": [{"var": "_case_status"}, "victim"]}}, []),
        ({"when": {"==": [{"var": "_setting_adult_not_asked"}, "ask_supervisor"]}}, []),
        ({"question": "nobody"}, [("/warnings/0/question", "unknown_reference")]),
        ({"when": {"==": [{"var": "nobody"}, 1]}}, [("/warnings/0/when", "unknown_reference")]),
        ({"when": {"==": [{"var": "result"}, "victims"]}}, [("/warnings/0/when", "unknown_choice_value")]),
        ({"when": True}, [("/warnings/0/when", "not_an_expression")]),
        ({"message": {"en": "So old?"}}, [("/warnings/0/message/sq", "missing_translation")]),
        ({"key": "_w"}, [("/warnings/0/key", "reserved_key")]),
        ({"more": 1}, [("/warnings/0/more", "unknown_property")]),
    ],
)
def test_what_is_asked_before_sending_is_held_to_its_shape_and_to_the_form(warning, found):
    assert warned(**warning) == found


def test_what_the_case_holds_is_read_by_questions_before_sending_alone():
    asked = question("age", "integer", relevant={"in": ["consent", {"var": "_case_forms"}]})
    assert of(asked) == [("/0/relevant", "unknown_reference")]


def test_a_form_for_the_public_asks_nothing_again():
    asked = form(section("s", question("q", "text")), audience="public", warnings=[])
    assert problems(asked) == []
    asked["warnings"] = [{"key": "w", "when": {"answered": ["q"]}, "message": texts("Sure?")}]
    assert problems(asked) == [("/warnings", "not_public")]


def test_a_question_says_what_it_is_for_in_a_brief_and_only_what_there_is() -> None:
    assert problems(form(section("s", question("where_to", "text", brief_part="place")))) == []
    wrong = problems(form(section("s", question("where_to", "text", brief_part="gossip"))))
    assert wrong == [("/sections/0/items/0/brief_part", "wrong_shape")]


def test_what_has_no_place_in_a_schools_brief_is_not_shared_with_a_school() -> None:
    shared = {"shared_with": {"school": True}}
    assert problems(form(section("s", question("narrative", "long_text", **shared)))) == [
        ("/sections/0/items/0/shared_with/school", "not_for_role")
    ]
    assert problems(form(section("s", question("our_signs", "text", brief_part="watch", **shared)))) == []
    assert problems(form(section("s", question("narrative", "long_text", shared_with={"health": True})))) == []
