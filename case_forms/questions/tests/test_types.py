import json
from datetime import date
from pathlib import Path

import pytest
from django.http import QueryDict
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from case_forms.questions import registry
from case_forms.questions.base import AnswerError, CleanContext, is_unanswered
from case_forms.questions.indicators import by_id

from .every_type import question
from .sources import AllFiles, FixedSource

SOURCE = FixedSource()
CONTEXT = CleanContext(sources=SOURCE, today=date(2026, 3, 1), attachments=AllFiles())
PRESENT = {"exploitation.hazardous": {"answer": "present", "basis": "told"}}


def asked(type_name, **more):
    return question(type_name, **more)


def clean(type_name, raw, **more):
    return registry.get(type_name).clean(raw, asked(type_name, **more), CONTEXT)


def refusal(type_name, raw, **more):
    with pytest.raises(AnswerError) as refused:
        clean(type_name, raw, **more)
    return refused.value.code


GOOD = [
    ("text", "  Ana ", "Ana"),
    ("text", "e\u0308", "ë"),
    ("long_text", "a\r\nb\rc\td", "a\nb\nc\td"),
    ("integer", 5, 5),
    ("integer", 5.0, 5),
    ("decimal", 2.5, 2.5),
    ("decimal", -3, -3),
    ("date", "2012-02-29", "2012-02-29"),
    ("datetime", "2026-01-02T10:00Z", "2026-01-02T10:00:00+00:00"),
    ("datetime", "2026-01-02T10:00:30.5+01:00", "2026-01-02T10:00:30.500000+01:00"),
    ("boolean", False, False),
    ("yes_no_unknown", "unknown", "unknown"),
    ("select_one", "a", "a"),
    ("select_many", ["c", "a"], ["c", "a"]),
    ("municipality", "vlore", "vlore"),
    ("partner", "shelter-north", "shelter-north"),
    ("case_reference", " 7k2m9q ", "7K2M9Q"),
    ("phone", "+355 (0)69 123-45.67", "+355691234567"),
    ("phone", "129", "129"),
    ("indicators", PRESENT, PRESENT),
    ("indicators", {"exploitation.hazardous": {"answer": "not_asked"}}, {}),
    (
        "indicators",
        {"exploitation.hazardous": {"answer": "unknown", "basis": None}},
        {"exploitation.hazardous": {"answer": "unknown"}},
    ),
]


@pytest.mark.parametrize(("type_name", "raw", "value"), GOOD)
def test_a_good_answer_is_kept_in_one_way_of_writing(type_name, raw, value):
    cleaned = clean(type_name, raw)
    assert json.dumps(cleaned) == json.dumps(value)


BAD = [
    ("text", 5, "wrong_type"),
    ("text", "x" * 301, "too_long"),
    ("text", "a\0b", "bad_characters"),
    ("text", "a\x1bb", "bad_characters"),
    ("text", "a\ud800b", "bad_characters"),
    ("text", "a\nb", "bad_characters"),
    ("text", "  ", "empty"),
    ("long_text", "x" * 20_001, "too_long"),
    ("integer", True, "wrong_type"),
    ("integer", "5", "wrong_type"),
    ("integer", 5.5, "wrong_type"),
    ("integer", float("nan"), "wrong_type"),
    ("integer", float("inf"), "wrong_type"),
    ("integer", 10**400, "too_large"),
    ("integer", -(10**400), "too_small"),
    ("decimal", True, "wrong_type"),
    ("decimal", "1.5", "wrong_type"),
    ("decimal", float("nan"), "wrong_type"),
    ("decimal", float("-inf"), "wrong_type"),
    ("decimal", 10**400, "too_large"),
    ("decimal", -1e300, "too_small"),
    ("date", 20120229, "wrong_type"),
    ("date", "2013-02-29", "not_a_date"),
    ("date", "20120229", "not_a_date"),
    ("date", "2012-W01-1", "not_a_date"),
    ("date", "２012-01-01", "not_a_date"),
    ("date", "2012-02-29T00:00", "not_a_date"),
    ("date", "1850-01-01", "too_small"),
    ("date", "2101-01-01", "too_large"),
    ("datetime", None, "wrong_type"),
    ("datetime", "2026-01-02T10:00", "not_a_datetime"),
    ("datetime", "2026-01-02T10:00:00+99:00", "not_a_datetime"),
    ("datetime", "2026-02-30T10:00Z", "not_a_datetime"),
    ("datetime", "2026-01-02", "not_a_datetime"),
    ("datetime", "0001-01-01T00:00+14:00", "too_small"),
    ("datetime", "9999-12-31T23:59-12:00", "too_large"),
    ("boolean", 1, "wrong_type"),
    ("boolean", "true", "wrong_type"),
    ("yes_no_unknown", True, "wrong_type"),
    ("yes_no_unknown", "maybe", "not_a_choice"),
    ("select_one", "z", "not_a_choice"),
    ("select_one", ["a"], "wrong_type"),
    ("select_many", "a", "wrong_type"),
    ("select_many", ["a", "a"], "duplicate"),
    ("select_many", ["a", "z"], "not_a_choice"),
    ("select_many", ["a", ["b"]], "wrong_type"),
    ("select_many", ["a"] * 301, "too_large"),
    ("municipality", "tirane\0", "not_a_choice"),
    ("municipality", "x" * 100_000, "not_a_choice"),
    ("municipality", 3, "wrong_type"),
    ("partner", "nobody", "not_a_choice"),
    ("case_reference", 7, "wrong_type"),
    ("case_reference", "7K2M9", "not_a_reference"),
    ("case_reference", "7K2M9O", "not_a_reference"),
    ("case_reference", "7" * 100_000, "not_a_reference"),
    ("phone", 355, "wrong_type"),
    ("phone", "12", "not_a_phone"),
    ("phone", "1234567890123456", "not_a_phone"),
    ("phone", "call me", "not_a_phone"),
    ("phone", "٠٦٩١٢٣٤", "not_a_phone"),
    ("indicators", [], "wrong_type"),
    ("indicators", {"made.up": {"answer": "present"}}, "unknown_indicator"),
    ("indicators", {"exploitation.hazardous": "present"}, "wrong_type"),
    ("indicators", {"exploitation.hazardous": {"answer": "maybe"}}, "not_a_choice"),
    ("indicators", {"exploitation.hazardous": {"answer": ["present"]}}, "not_a_choice"),
    ("indicators", {"exploitation.hazardous": {"answer": "present", "basis": "guessed"}}, "not_a_choice"),
    ("indicators", {"exploitation.hazardous": {"answer": "present", "note": "x"}}, "unknown_property"),
]


@pytest.mark.parametrize(("type_name", "raw", "code"), BAD)
def test_a_bad_answer_is_refused_with_its_code(type_name, raw, code):
    assert refusal(type_name, raw) == code


def test_bounds_are_inclusive_and_told():
    assert clean("integer", 3, min=3, max=3) == 3
    assert refusal("integer", 2, min=3) == "too_small"
    assert refusal("decimal", 3.1, max=3) == "too_large"
    assert clean("date", "2026-03-01", max="today") == "2026-03-01"
    assert refusal("date", "2026-03-02", max="today") == "too_large"
    assert refusal("date", "2011-12-31", min="2012-01-01") == "too_small"
    assert refusal("datetime", "2026-03-02T00:00Z", max="today") == "too_large"
    assert refusal("select_many", ["a"], min=2) == "too_small"
    assert refusal("select_many", ["a", "b"], max=1) == "too_large"
    assert refusal("text", "abcd", max_length=3) == "too_long"
    assert clean("select_many", ["AL", "XK"], choices_from="countries") == ["AL", "XK"]


def test_a_question_cannot_widen_the_bounds_of_its_type():
    assert refusal("integer", 10**10, max=10**12) == "too_large"
    assert refusal("text", "x" * 301, max_length=5_000) == "too_long"
    assert refusal("date", "1800-01-01", min="1700-01-01") == "too_small"


def test_today_without_a_day_given_is_the_calendars():
    question = asked("date", max="today")
    with pytest.raises(AnswerError):
        registry.get("date").clean("2099-01-01", question, CleanContext(sources=SOURCE))


def test_an_error_inside_a_list_or_object_has_its_path_and_never_the_answer():
    with pytest.raises(AnswerError) as refused:
        clean("select_many", ["a", "secret"])
    assert refused.value.path == "/1"
    assert "secret" not in str(refused.value) + str(refused.value.message)
    with pytest.raises(AnswerError) as refused:
        clean("indicators", {"exploitation.hazardous": {"answer": "secret"}})
    assert refused.value.path == "/exploitation.hazardous/answer"


def posted(type_name, query, **more):
    return registry.get(type_name).from_post(QueryDict(query), "thing", asked(type_name, **more))


@pytest.mark.parametrize(
    ("type_name", "query", "raw"),
    [
        ("text", "thing=+Ana+", "Ana"),
        ("text", "thing=+", None),
        ("text", "", None),
        ("integer", "thing=12", 12),
        ("integer", "thing=-3", -3),
        ("integer", "thing=twelve", "twelve"),
        ("integer", "thing=1e5", "1e5"),
        ("decimal", "thing=1,5", 1.5),
        ("decimal", "thing=1.5", 1.5),
        ("decimal", "thing=1.5.5", "1.5.5"),
        ("date", "thing=2012-02-29", "2012-02-29"),
        ("date", "thing=3.5.2012", "2012-05-03"),
        ("date", "thing=03/05/2012", "2012-05-03"),
        ("date", "thing=soon", "soon"),
        ("datetime", "thing=2026-01-02T10:00", "2026-01-02T10:00:00+01:00"),
        ("datetime", "thing=2026-07-02T10:00", "2026-07-02T10:00:00+02:00"),
        ("datetime", "thing=2026-13-02T10:00", "2026-13-02T10:00"),
        ("datetime", "thing=soon", "soon"),
        ("boolean", "thing=true", True),
        ("boolean", "thing=false", False),
        ("boolean", "thing=", None),
        ("boolean", "thing=maybe", "maybe"),
        ("yes_no_unknown", "thing=unknown", "unknown"),
        ("select_one", "thing=a", "a"),
        ("select_many", "thing=a&thing=b&thing=a&thing=", ["a", "b"]),
        ("select_many", "", None),
        ("phone", "thing=069", "069"),
        ("indicators", "thing.exploitation.hazardous=not_asked&other=1", None),
        (
            "indicators",
            "thing.exploitation.hazardous=present&thing.exploitation.hazardous.basis=told&thing.exploitation.bad_living=absent",
            {**PRESENT, "exploitation.bad_living": {"answer": "absent"}},
        ),
    ],
)
def test_a_page_posts_the_raw_value(type_name, query, raw):
    assert json.dumps(posted(type_name, query), sort_keys=True) == json.dumps(raw, sort_keys=True)


FORMATTED = [
    ("text", "Ana", "Ana", "Ana"),
    ("integer", 12, "12", "12"),
    ("decimal", 1.5, "1,5", "1.5"),
    ("boolean", True, None, "Yes"),
    ("yes_no_unknown", "unknown", None, "Not known"),
    ("select_one", "b", "b-sq", "b-en"),
    ("select_one", "gone", "gone", "gone"),
    ("select_many", ["c", "a"], "c-sq, a-sq", "c-en, a-en"),
    ("municipality", "vlore", "Vlorë", "Vlorë"),
    ("case_reference", "7K2M9Q", "7K2M9Q", "7K2M9Q"),
    ("phone", "+355691234567", "069 123 4567", "069 123 4567"),
    ("date", "2012-02-29", None, "29 February 2012"),
    ("datetime", "2026-01-02T10:00:00+00:00", None, "2 January 2026, 11:00"),
    (
        "indicators",
        PRESENT,
        None,
        "Hazardous work (the person said so)\nPresent: 1, absent: 0, not known: 0",
    ),
]


@pytest.mark.parametrize(("type_name", "value", "albanian", "english"), FORMATTED)
def test_an_answer_is_shown_in_words(type_name, value, albanian, english):
    kind = registry.get(type_name)
    assert kind.formatted(value, asked(type_name), "en", SOURCE) == english
    shown = kind.formatted(value, asked(type_name), "sq", SOURCE)
    assert shown == albanian if albanian else shown


def test_the_registry_knows_its_types_and_no_others():
    assert registry.get("text").template == "questions/text.html"
    with pytest.raises(registry.UnknownType):
        registry.get("telepathy")
    templates = Path(__file__).parents[3] / "templates"
    for name in registry.names():
        kind = registry.get(name)
        assert kind.name == name
        assert kind.icon
        assert (templates / kind.template).exists()


@pytest.mark.parametrize("raw", [None, "", "  ", "\n", [], {}])
def test_nothing_is_no_answer(raw):
    assert is_unanswered(raw)


@pytest.mark.parametrize("raw", [False, 0, "0", [None], {"a": None}])
def test_no_and_nought_are_answers(raw):
    assert not is_unanswered(raw)


json_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["a", "vlore", "yes", "2012-02-29", "2026-01-02T10:00Z", "7K2M9Q", "0691234567", "\ud800", "\0"])
    | st.text(alphabet="0123456789-:TZ+. ", max_size=25)
)
json_values = st.recursive(
    json_scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(["answer", "basis", *by_id()]), inner, max_size=4)
    ),
    max_leaves=12,
)
indicator_values = st.dictionaries(
    st.sampled_from(sorted(by_id())),
    st.fixed_dictionaries(
        {"answer": st.sampled_from(["present", "absent", "unknown", "not_asked"])},
        optional={"basis": st.sampled_from(["told", "observed", "document", "third_party"])},
    ),
    max_size=5,
)


@pytest.mark.parametrize("type_name", sorted(registry.names()))
@settings(max_examples=60, deadline=None)
@given(raw=json_values | indicator_values)
@example(raw=10**400)
@example(raw=1e400)
def test_whatever_comes_in_only_an_answer_error_comes_out(type_name, raw):
    """And what is accepted agrees with the schema, can be encoded and shown, and cleaning it again changes nothing."""
    kind, question = registry.get(type_name), asked(type_name)
    words = value = None
    try:
        value = kind.clean(raw, question, CONTEXT)
    except AnswerError as error:
        words = str(error.message)
    assert words != ""
    if words or is_unanswered(raw):
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    assert Draft202012Validator(kind.schema(question, SOURCE)).is_valid(raw)
    assert kind.formatted(value, question, "sq", SOURCE) or value == {}
    if not is_unanswered(value):
        assert kind.clean(value, question, CONTEXT) == value


@pytest.mark.parametrize("type_name", sorted(registry.names()))
def test_every_schema_is_a_good_schema_and_refuses_the_wrong_type(type_name):
    schema = registry.get(type_name).schema(asked(type_name), SOURCE)
    Draft202012Validator.check_schema(schema)
    assert not Draft202012Validator(schema).is_valid(None)
