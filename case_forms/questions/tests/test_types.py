import json
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from .. import registry
from ..base import AnswerError, CleanContext, is_unanswered
from ..places import nearest_seat, seats
from .every_type import IDENTITY, asked, listed, question
from .sources import AllFiles, FixedSource

SOURCE = FixedSource()
CONTEXT = CleanContext(sources=SOURCE, today=date(2026, 3, 1), attachments=AllFiles())
CHOICES = question("select_one")["choices"]
PRESENT = {"exploitation.hazardous": {"answer": "present", "basis": "told"}}


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
    ("scale", 4, 4),
    ("scale", 4.0, 4),
    ("approximate_date", "2012", "2012"),
    ("approximate_date", "2012-05", "2012-05"),
    ("approximate_date", "2012-02-29", "2012-02-29"),
    ("time", "23:59", "23:59"),
    ("duration", 0, 0),
    ("duration", 95.0, 95),
    ("other_specify", " Ana ", "Ana"),
    ("hidden", "a\nb", "a\nb"),
    ("ranking", ["c", "a", "b"], ["c", "a", "b"]),
    ("matrix", {"food": "good", "sleep": None}, {"food": "good"}),
    ("matrix", {"food": "good", "sleep": "bad"}, {"sleep": "bad", "food": "good"}),
    ("session", "session-1", "session-1"),
    ("outreach_visit", "visit-1", "visit-1"),
    ("colleague", "7", "7"),
    ("phone", "0039 06 1234 5678", "+390612345678"),
    ("phone", "116 111", "116111"),
    ("email", " Ana.B@Example.ORG ", "Ana.B@example.org"),
    ("geopoint", {"lat": 40, "lon": 19.4896666}, {"lat": 40.0, "lon": 19.48967}),
    ("geopoint", {"lat": -0.000001, "lon": 0, "accuracy": 12.34}, {"lat": 0.0, "lon": 0.0, "accuracy": 12.3}),
    ("geopoint", {"lat": 1, "lon": 2, "accuracy": None}, {"lat": 1.0, "lon": 2.0}),
    ("file", {"id": IDENTITY}, {"id": IDENTITY}),
    ("signature", {"strokes": [[1, 2, 3.0, 4]]}, {"strokes": [[1, 2, 3, 4]]}),
    ("signature", {"name": " Ana ", "strokes": [[0, 0]]}, {"strokes": [[0, 0]], "name": "Ana"}),
    (
        "indicator_assessment",
        {"decision": "refer_formal", "reason": " Because. "},
        {"decision": "refer_formal", "reason": "Because."},
    ),
    ("calculated", "2026-03-01", "2026-03-01"),
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
    ("scale", "4", "wrong_type"),
    ("scale", 6, "too_large"),
    ("scale", 0, "too_small"),
    ("scale", 1.5, "not_a_step"),
    ("scale", 1 + 1e-15, "not_a_step"),
    ("scale", 10**400, "too_large"),
    ("scale", True, "wrong_type"),
    ("approximate_date", 2012, "wrong_type"),
    ("approximate_date", "12", "not_a_date"),
    ("approximate_date", "2012-13", "not_a_date"),
    ("approximate_date", "2012--03", "not_a_date"),
    ("approximate_date", "2013-02-29", "not_a_date"),
    ("approximate_date", "1899", "not_a_date"),
    ("time", 1405, "wrong_type"),
    ("time", "24:00", "not_a_time"),
    ("time", "14:05:00", "not_a_time"),
    ("duration", "95", "wrong_type"),
    ("duration", 1.5, "wrong_type"),
    ("duration", True, "wrong_type"),
    ("duration", float("inf"), "wrong_type"),
    ("duration", -1, "too_small"),
    ("duration", 10**400, "too_large"),
    ("other_specify", "", "empty"),
    ("hidden", 5, "wrong_type"),
    ("ranking", "a", "wrong_type"),
    ("ranking", {"places": ["1 a", "1 b", ""]}, "no_order"),
    ("ranking", ["a", "b"], "no_order"),
    ("ranking", ["a", "b", "b"], "duplicate"),
    ("ranking", ["a", "b", "z"], "not_a_choice"),
    ("ranking", ["a", "b", 3], "wrong_type"),
    ("matrix", ["bad"], "wrong_type"),
    ("matrix", {"sleep": "awful"}, "not_a_choice"),
    ("matrix", {"sleep": ["bad"]}, "wrong_type"),
    ("matrix", {"money": "bad"}, "unknown_row"),
    ("session", "nowhere", "not_a_choice"),
    ("outreach_visit", "nowhere", "not_a_choice"),
    ("colleague", "8", "not_a_choice"),
    ("phone", "+355 1", "not_a_phone"),
    ("phone", "069123456789012", "not_a_phone"),
    ("phone", "+999 12345678", "not_a_phone"),
    ("phone", "0000000", "not_a_phone"),
    ("email", 5, "wrong_type"),
    ("email", "ana@example", "not_an_email"),
    ("email", "ana@ex ample.org", "not_an_email"),
    ("email", "ana@example.org\n", "not_an_email"),
    ("email", "a" * 250 + "@example.org", "too_long"),
    ("geopoint", [40, 19], "wrong_type"),
    ("geopoint", {"lat": 40}, "wrong_type"),
    ("geopoint", {"lat": "40", "lon": 19}, "wrong_type"),
    ("geopoint", {"lat": True, "lon": 19}, "wrong_type"),
    ("geopoint", {"lat": float("nan"), "lon": 19}, "wrong_type"),
    ("geopoint", {"lat": 91, "lon": 19}, "too_large"),
    ("geopoint", {"lat": 10**400, "lon": 19}, "too_large"),
    ("geopoint", {"lat": 40, "lon": -181}, "too_large"),
    ("geopoint", {"lat": 40, "lon": 19, "accuracy": -1}, "too_large"),
    ("geopoint", {"lat": 40, "lon": 19, "altitude": 3}, "unknown_property"),
    ("geopoint", {"municipality": "vlore"}, "unknown_property"),
    ("file", IDENTITY, "wrong_type"),
    ("file", {"id": 5}, "wrong_type"),
    ("file", {"id": IDENTITY.upper()}, "unknown_attachment"),
    ("file", {"id": IDENTITY, "name": "x"}, "unknown_property"),
    ("signature", "Ana", "wrong_type"),
    ("signature", {"strokes": []}, "wrong_type"),
    ("signature", {"strokes": [[1, 2, 3]]}, "wrong_type"),
    ("signature", {"strokes": [[1, 401]]}, "wrong_type"),
    ("signature", {"strokes": [[1, True]]}, "wrong_type"),
    ("signature", {"strokes": [[1.5, 2]]}, "wrong_type"),
    ("signature", {"strokes": [[0, 0]] * 201}, "too_long"),
    ("signature", {"strokes": [[0] * 4002]}, "too_long"),
    ("signature", {"name": " "}, "bad_characters"),
    ("signature", {"name": "x" * 301}, "too_long"),
    ("signature", {"picture": "x"}, "unknown_property"),
    ("indicator_assessment", "potential_victim", "wrong_type"),
    ("indicator_assessment", {"decision": "potential_victim"}, "missing"),
    ("indicator_assessment", {"decision": "potential_victim", "reason": " "}, "missing"),
    ("indicator_assessment", {"reason": "Because."}, "missing"),
    ("indicator_assessment", {"decision": "trafficked", "reason": "Because."}, "not_a_choice"),
    ("indicator_assessment", {"decision": ["potential_victim"], "reason": "Because."}, "not_a_choice"),
    ("indicator_assessment", {"decision": "potential_victim", "reason": "x" * 20_001}, "too_long"),
    ("calculated", "yesterday", "not_a_date"),
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


def test_bounds_of_times_and_lengths_of_time_are_inclusive_and_told():
    assert clean("time", "08:30", min="08:30", max="08:30") == "08:30"
    assert refusal("time", "08:29", min="08:30") == "too_small"
    assert refusal("time", "08:31", max="08:30") == "too_large"
    assert refusal("duration", 59, min=60) == "too_small"
    assert refusal("duration", 61, max=60) == "too_large"


def test_an_approximate_date_fits_when_some_day_of_it_does():
    assert clean("approximate_date", "2012", min="2012-12-31") == "2012"
    assert clean("approximate_date", "2026", max="today") == "2026"
    assert clean("approximate_date", "2026-03", max="today") == "2026-03"
    assert refusal("approximate_date", "2011", min="2012-01-01") == "too_small"
    assert refusal("approximate_date", "2026-04", max="today") == "too_large"
    assert refusal("approximate_date", "2026-03-02", max="today") == "too_large"


def test_the_steps_of_a_scale_begin_at_its_smallest_number():
    assert clean("scale", 0.3, min=0, max=1, step=0.1) == 0.3
    assert clean("scale", 3, min=1, max=9, step=2) == 3
    assert refusal("scale", 4, min=1, max=9, step=2) == "not_a_step"
    assert refusal("scale", 0.35, min=0, max=1, step=0.1) == "not_a_step"


def test_a_coarse_place_is_kept_as_its_municipality_alone():
    near = {"lat": 40.47, "lon": 19.49, "accuracy": 5}
    assert clean("geopoint", near, coarsen="municipality") == {"municipality": "vlore"}
    assert clean("geopoint", {"lat": 39.87, "lon": 20.0}, coarsen="municipality") == {"municipality": "sarande"}
    assert clean("geopoint", {"municipality": "vlore"}, coarsen="municipality") == {"municipality": "vlore"}
    assert refusal("geopoint", {"lat": 41.9, "lon": 12.5}, coarsen="municipality") == "too_far"
    assert refusal("geopoint", {"municipality": "rome"}, coarsen="municipality") == "not_a_choice"
    assert refusal("geopoint", {"municipality": "vlore", "lat": 40.47}, coarsen="municipality") == "wrong_type"


def test_every_municipality_has_a_seat_in_albania_no_two_in_one_place():
    places = set(seats().values())
    assert len(places) == len(seats()) == 61
    assert all(39.6 < lat < 42.7 and 19.2 < lon < 21.1 for lat, lon in places)
    assert all(nearest_seat(lat, lon, seats()) == slug for slug, (lat, lon) in seats().items())


def test_a_file_that_nobody_put_in_is_refused():
    without = CleanContext(sources=SOURCE)
    with pytest.raises(AnswerError) as refused:
        registry.get("file").clean({"id": IDENTITY}, asked("file"), without)
    assert refused.value.code == "unknown_attachment"


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


def test_a_choice_that_stands_alone_is_not_chosen_with_others():
    alone = {"choices": [*listed("a", "b"), {**listed("c")[0], "exclusive": True}]}
    assert clean("select_many", ["c"], **alone) == ["c"]
    assert clean("select_many", ["a", "b"], **alone) == ["a", "b"]
    for both in (["a", "c"], ["c", "b", "a"]):
        assert refusal("select_many", both, **alone) == "exclusive"
    schema = registry.get("select_many").schema(asked("select_many", **alone), FixedSource())
    accepts = Draft202012Validator(schema).is_valid
    assert [accepts(given) for given in (["c"], ["a", "b"], ["a", "c"])] == [True, True, False]
