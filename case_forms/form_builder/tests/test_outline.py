import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from case_forms.questions.tests.sources import FixedSource

from .. import canonical, outline
from ..answer_schema import answers_schema
from .samples import SAMPLE, form, question, section

ANSWERS = {
    "municipality": "vlore",
    "seen_on": "2026-03-01",
    "birth_date": "2012-02-29",
    "result": "potential_victim",
    "needs": ["doctor"],
    "signs": {"exploitation.hazardous": {"answer": "present"}},
    "companions": [{"companion_name": "Ana", "companion_child": "yes"}],
}


def schema(definition=SAMPLE):
    return Draft202012Validator(answers_schema(definition, FixedSource()))


def test_questions_come_in_document_order_with_their_section_and_repeat():
    placed = list(outline.questions(SAMPLE))
    assert [p.question["key"] for p in placed][:3] == ["municipality", "seen_on", "minutes"]
    inner = outline.question_by_key(SAMPLE, "companion_child")
    assert inner.section["key"] == "others"
    assert inner.repeat["key"] == "companions"
    assert outline.question_by_key(SAMPLE, "municipality").repeat is None
    assert outline.question_by_key(SAMPLE, "companions") is None
    assert list(outline.questions_by_key(SAMPLE)) == [p.question["key"] for p in placed]
    assert len(outline.sections(SAMPLE)) == 3


def test_the_keys_of_an_answers_object_are_the_questions_and_the_repeats():
    keys = outline.answer_keys(SAMPLE)
    assert {"municipality", "companions", "callback"} <= keys
    assert not {"companion_name", "child_note", "place"} & keys


def test_the_answers_schema_is_a_good_schema_and_takes_good_answers():
    Draft202012Validator.check_schema(answers_schema(SAMPLE, FixedSource()))
    assert list(schema().iter_errors(ANSWERS)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"municipality": "atlantis"},
        {"seen_on": "2026-3-1"},
        {"minutes": 601},
        {"minutes": "5"},
        {"result": None},
        {"needs": ["doctor", "doctor"]},
        {"needs": []},
        {"signs": {"made.up": {"answer": "present"}}},
        {"companions": [{}]},
        {"companions": [{"companion_name": "Ana", "age": 3}]},
        {"companions": [{"companion_name": "Ana"}] * 6},
        {"child_note": "x"},
    ],
    ids=str,
)
def test_the_answers_schema_refuses_what_the_form_has_no_place_for(change):
    assert not schema().is_valid({**ANSWERS, **change})


def test_only_what_is_always_asked_and_always_needed_is_required():
    assert answers_schema(SAMPLE, FixedSource())["required"] == ["municipality", "result"]
    conditional = form(section("s", question("a", "text", required=True), relevant={"var": "_today"}))
    assert "required" not in answers_schema(conditional, FixedSource())
    repeated = form(
        section("s", {"item": "repeat", "key": "r", "label": {"sq": "x", "en": "x"}, "min": 1, "items": []})
    )
    assert answers_schema(repeated, FixedSource())["required"] == ["r"]


def test_the_schema_carries_the_questions_words():
    described = form(section("s", question("a", "text", hint={"sq": "Ndihmë", "en": "Help"})))
    found = answers_schema(described, FixedSource())["properties"]["a"]
    assert (found["title"], found["description"]) == ("a", "Help")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=9), json_values, max_size=5))
def test_the_canonical_text_of_anything_reads_back_as_the_same(value):
    text = canonical.dump(value)
    assert canonical.parse(text) == value
    assert canonical.dump(dict(reversed(value.items()))) == text


def test_what_json_cannot_say_has_no_canonical_text():
    with pytest.raises(ValueError, match="JSON"):
        canonical.dump({"a": float("nan")})
