"""Answers for people and for tables: in words, in cells, and where they may not be seen."""

import json

import pytest
from django.utils import translation

from .. import registry
from .every_type import GOOD, IDENTITY, asked
from .test_types import PRESENT, SOURCE

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
    ("scale", 4, "4 / 5", "4 / 5"),
    ("approximate_date", "2012", "2012", "2012"),
    ("approximate_date", "2012-05", None, "May 2012"),
    ("approximate_date", "2012-05-03", None, "3 May 2012"),
    ("time", "14:05", "14:05", "14:05"),
    ("duration", 125, None, "2 hours 5 minutes"),
    ("duration", 60, None, "1 hour"),
    ("duration", 0, None, "0 minutes"),
    ("other_specify", "Ana", "Ana", "Ana"),
    ("ranking", ["b", "a", "c"], "1. b-sq\n2. a-sq\n3. c-sq", "1. b-en\n2. a-en\n3. c-en"),
    ("matrix", {"food": "good"}, "food-sq: good-sq", "food-en: good-en"),
    ("session", "session-1", "Takimi në Vlorë", "Takimi në Vlorë"),
    ("outreach_visit", "visit-1", "12.11.2026 · Vlorë", "12.11.2026 · Vlorë"),
    ("colleague", "7", "Ana Hoxha", "Ana Hoxha"),
    ("colleague", "8", "8", "8"),
    ("phone", "+390612345678", "+39 06 1234 5678", "+39 06 1234 5678"),
    ("phone", "129", "129", "129"),
    ("phone", "0691234567", "0691234567", "0691234567"),  # as it was kept before
    ("email", "ana@example.org", "ana@example.org", "ana@example.org"),
    ("geopoint", {"lat": 40.0, "lon": 19.4897}, "40.00000, 19.48970", "40.00000, 19.48970"),
    ("geopoint", {"lat": 40.0, "lon": 19.0, "accuracy": 12.3}, None, "40.00000, 19.00000 (±12 m)"),
    ("geopoint", {"municipality": "vlore"}, "Vlorë", "Vlorë"),
    ("file", {"id": IDENTITY}, None, "A file is attached"),
    ("signature", {"strokes": [[1, 2]]}, None, "Signed by hand"),
    ("signature", {"name": "Ana"}, None, "Signed by name: Ana"),
    ("indicator_assessment", {"decision": "potential_victim", "reason": "Why"}, None, "A potential victim: Why"),
    ("calculated", "2026-03-01", None, "1 March 2026"),
    ("hidden", "x", "x", "x"),
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


def cells(type_name, value, *, labels=True, **more):
    kind, question = registry.get(type_name), asked(type_name, **more)
    suffixes = [suffix for suffix, _label in kind.export_columns(question, "en")]
    return dict(zip(suffixes, kind.export_cells(value, question, "en", SOURCE, labels=labels), strict=True))


every_type = pytest.mark.parametrize("type_name", sorted(registry.names()))


@every_type
def test_every_answer_fills_its_columns_with_plain_cells(type_name):
    kind, question = registry.get(type_name), asked(type_name)
    suffixes = [suffix for suffix, _label in kind.export_columns(question, "sq")]
    assert len(set(suffixes)) == len(suffixes) > 0
    for value in (None, *GOOD[type_name]):
        for labels in (True, False):
            row = kind.export_cells(value, question, "sq", SOURCE, labels=labels)
            assert len(row) == len(suffixes)
            assert all(cell is None or isinstance(cell, str | int | float) for cell in row)
            assert any(cell is not None for cell in row) is (value is not None)


@every_type
def test_what_may_not_be_seen_reads_the_same_for_every_answer_and_none(type_name):
    with translation.override("en"):
        assert registry.get(type_name).redacted(asked(type_name)) == "Not shown to you"


@every_type
def test_every_type_has_a_nearest_one_in_xlsforms(type_name):
    name, appearance = registry.get(type_name).xlsform(asked(type_name))
    assert name
    assert isinstance(appearance, str)


def test_several_choices_have_a_column_together_and_one_each():
    assert cells("select_many", ["c", "a"]) == {"": "c-en, a-en", "a": 1, "b": 0, "c": 1}
    assert cells("select_many", ["c", "a"], labels=False) == {"": "c a", "a": 1, "b": 0, "c": 1}
    assert cells("select_many", None) == {"": None, "a": None, "b": None, "c": None}
    assert cells("select_many", ["IT", "AL"], choices_from="countries") == {"": "Itali, Shqipëri"}


def test_an_order_has_a_column_and_each_choice_its_place():
    assert cells("ranking", ["b", "a", "c"]) == {"": "1. b-en, 2. a-en, 3. c-en", "a": 2, "b": 1, "c": 3}
    assert cells("ranking", ["b", "a", "c"], labels=False)[""] == "b a c"


def test_a_table_has_a_column_for_each_row():
    assert cells("matrix", {"food": "good"}) == {"sleep": None, "food": "good-en"}
    assert cells("matrix", {"food": "good"}, labels=False) == {"sleep": None, "food": "good"}


def test_a_point_has_its_numbers_and_a_coarse_place_its_name():
    assert cells("geopoint", {"lat": 40.0, "lon": 19.5}) == {"lat": 40.0, "lon": 19.5, "accuracy": None}
    assert cells("geopoint", {"municipality": "vlore"}, coarsen="municipality") == {"": "Vlorë"}
    assert cells("geopoint", {"municipality": "vlore"}, coarsen="municipality", labels=False) == {"": "vlore"}


def test_an_indicator_has_a_column_with_how_one_knows():
    assert cells("indicators", PRESENT)["exploitation.hazardous"] == "Present (the person said so)"
    assert cells("indicators", PRESENT, labels=False)["exploitation.hazardous"] == "present:told"
    assert cells("indicators", PRESENT)["exploitation.bad_living"] is None
    assert len(cells("indicators", None)) == 67


def test_an_assessment_has_its_decision_and_its_reason():
    value = {"decision": "insufficient", "reason": "Little was said."}
    assert cells("indicator_assessment", value) == {
        "decision": "Not enough information",
        "reason": "Little was said.",
    }
    assert cells("indicator_assessment", value, labels=False)["decision"] == "insufficient"


def test_a_drawing_never_goes_out_and_minutes_stay_a_number():
    assert "strokes" not in json.dumps(cells("signature", {"strokes": [[1, 2]], "name": "Ana"}))
    assert cells("signature", {"strokes": [[1, 2]]}, labels=False) == {"": "strokes"}
    assert cells("duration", 95) == {"": 95}
    assert cells("file", {"id": IDENTITY}, labels=False) == {"": IDENTITY}


def test_choices_that_hold_commas_are_told_apart():
    kind = registry.get("select_many")
    choices = [
        {"value": "paid", "label": {"sq": "Nuk paguhet, ose paratë i merr dikush", "en": "Unpaid, or robbed"}},
        {"value": "papers", "label": {"sq": "Dokumentet i mban dikush", "en": "Papers held"}},
    ]
    question = asked("select_many", key="signs", label={"sq": "Shenja"}, choices=choices)
    shown = kind.formatted(["paid", "papers"], question, "sq", SOURCE)
    assert shown == "Nuk paguhet, ose paratë i merr dikush; Dokumentet i mban dikush"
