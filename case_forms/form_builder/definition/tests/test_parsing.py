"""Definitions as typed nodes: what is stored comes back byte for byte, and what is damaged still parses."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from case_forms.form_builder import canonical
from case_forms.form_builder.definition import (
    Form,
    Note,
    Question,
    Repeat,
    Unreadable,
    parse_canonical,
    parse_form,
    shape_problems,
)
from case_forms.form_builder.lists import resolved
from case_forms.form_builder.tests.samples import SAMPLE, form, question, section
from case_forms.form_builder.tests.strategies import definitions, json_values
from tests.world.forms import small_follow_up, small_form

from ..parse import _read

ROOMS = Path(__file__).resolve().parents[3]
SEEDS = sorted((ROOMS / "form_builder" / "data" / "forms").glob("*.json"))
LANDED = ROOMS / "submissions" / "tests" / "data" / "before_the_order_of_an_encounter.json"
STORED: dict[str, Any] = {
    **{path.stem: json.loads(path.read_text(encoding="utf-8")) for path in SEEDS},
    "landed before": json.loads(LANDED.read_text(encoding="utf-8"))["form"],
    "small form": small_form(),
    "follow-up": small_follow_up(),
    "sample": SAMPLE,
}


def test_all_seeded_forms_are_looked_at():
    assert len(SEEDS) == 26


@pytest.mark.parametrize("name", STORED)
def test_a_stored_form_comes_back_with_the_same_sha256(name):
    for definition in (STORED[name], resolved(STORED[name])):
        text = canonical.dump(definition)
        parsed = parse_canonical(text)
        assert canonical.dump(parsed.to_json()) == text
        assert canonical.compute_sha256(canonical.dump(parsed.to_json())) == canonical.compute_sha256(text)
        assert shape_problems(parsed.to_json()) == []
        assert parse_canonical(text) is parsed


@settings(max_examples=80, deadline=None)
@given(definitions())
def test_any_form_comes_back_as_it_was_and_reads_the_same_both_ways(definition):
    for stored in (definition, resolved(definition)):
        text = canonical.dump(stored)
        parsed = Form.model_validate(stored)
        assert canonical.dump(parsed.to_json()) == text
        assert _read(Form, stored) == parsed
        assert canonical.dump(stored) == text


@settings(max_examples=80, deadline=None)
@given(definitions())
def test_each_part_is_what_its_path_points_to(definition):
    parsed = parse_form(definition)
    seen = 0
    for located in parsed.iter_items():
        assert located.item.stored == at(definition, located.path)
        *around, item = parsed.parts_at(f"{located.path}/key")
        assert item is located.item
        assert around == [located.section, *located.repeats]
        assert located.repeat == (located.repeats[-1] if located.repeats else None)
        assert parsed.by_key[located.item.key] is located
        seen += 1
    assert seen == sum(count(part["items"]) for part in definition["sections"])
    assert [located.item for located in parsed.iter_items() if isinstance(located.item, Question)] == [
        located.question for located in parsed.iter_questions()
    ]


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A form in which some value, at any depth, is anything."""
    definition = copy.deepcopy(draw(definitions()))
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = definition
        while True:
            steps = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not steps:
                break
            step = draw(st.sampled_from(steps))
            if isinstance(holder[step], dict | list) and holder[step] and draw(st.integers(0, 4)):
                holder = holder[step]
                continue
            holder[step] = draw(json_values)
            break
    return definition


@settings(max_examples=150, deadline=None)
@given(damaged() | json_values)
def test_a_damaged_draft_parses_and_is_kept_as_it_came(draft):
    before = json.dumps(draft, sort_keys=True)
    parsed = parse_form(draft)
    assert json.dumps(parsed.to_json(), sort_keys=True) == before
    for located in parsed.iter_items():
        assert json.dumps(located.item.stored, sort_keys=True) == json.dumps(at(draft, located.path), sort_keys=True)


def test_what_cannot_be_held_reads_as_its_default_and_the_rest_stays():
    wrong = {**question("a", "text", required=3, max_length="many", hint={"sq": 1}), "colour": "red"}
    draft = form(section("one", wrong, "nothing", {"item": "grid", "key": "g"}, question("b", "text")))
    parsed = parse_form(draft)
    first, second, third, last = parsed.sections[0].items
    assert isinstance(first, Question)
    assert (first.key, first.required, first.max_length, first.hint) == ("a", False, None, {})
    assert not first.has("required")
    assert first.has("label")
    assert first.stored["required"] == 3
    assert first.stored["colour"] == "red"
    assert isinstance(second, Unreadable)
    assert second.stored == "nothing"
    assert isinstance(third, Unreadable)
    assert third.key == "g"
    assert parsed.by_key["b"].path == "/sections/0/items/3"
    assert last is parsed.by_key["b"].item
    assert parsed.to_json() == draft


@pytest.mark.parametrize("nothing", [None, [], "", 3, {}, {"sections": {}}, {"sections": [None, 3, {"items": [[]]}]}])
def test_anything_is_a_form_of_some_sort(nothing):
    parsed = parse_form(nothing)
    assert list(parsed.iter_questions()) == []
    assert parsed.to_json() == nothing


def test_a_node_is_never_changed():
    parsed = parse_form(SAMPLE)
    with pytest.raises(ValidationError):
        parsed.key = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        next(parsed.iter_questions()).question.required = True  # type: ignore[misc]
    mine = parsed.to_json()
    mine["sections"].clear()
    assert parsed.to_json() == SAMPLE


def test_there_and_the_same_as_the_default_is_told_from_not_there():
    said, silent = question("a", "text", required=False), question("b", "text")
    del silent["required"]
    parsed = parse_form(form(section("one", said, silent)))
    one, other = parsed.sections[0].items
    assert (one.has("required"), other.has("required")) == (True, False)
    assert one.required is other.required is False


def test_names_that_python_keeps_for_itself_are_read_by_their_stored_names():
    entry = {"value": "x", "label": {"sq": "X", "en": "X"}, "with": {"region": "vlore"}}
    asked = question("a", "select_one", choices=[entry], list="shared:services")
    item = parse_form(form(section("one", asked))).sections[0].items[0]
    assert isinstance(item, Question)
    assert item.from_list == item.value_of("list") == "shared:services"
    assert item.has("list")
    assert not item.has("choices_from")
    assert item.choices[0].attributes == item.choices[0].value_of("with") == {"region": "vlore"}


def test_kinds_of_items_and_look_ups():
    parsed = parse_form(small_form())
    assert isinstance(parsed.by_key["danger_note"].item, Note)
    assert isinstance(parsed.by_key["companions"].item, Repeat)
    assert parsed.by_key["companion_name"].repeat is parsed.by_key["companions"].item
    assert "companions" in parsed.answer_keys
    assert "companion_name" not in parsed.answer_keys
    assert "danger_note" not in parsed.answer_keys
    assert parsed.get_question("story") is parsed.by_key["story"].item
    assert parsed.get_question("companions") is None
    assert parsed.get_section("person") is parsed.sections[1]
    assert parsed.get_section("nowhere") is None


def test_answers_are_walked_row_by_row():
    answers = {"danger": "yes", "companions": [{"companion_name": "A"}, {"companion_child": "yes"}]}
    places = list(parse_form(small_form()).iter_answer_places(answers))
    given_there = {place.path: place.value for place in places if place.value is not None}
    assert given_there == {
        "/answers/danger": "yes",
        "/answers/companions/0/companion_name": "A",
        "/answers/companions/1/companion_child": "yes",
    }
    assert [place.scope["_position"] for place in places if place.path.endswith("companion_note")] == [1, 2]


def at(definition: Any, path: str) -> Any:
    for step in path.split("/")[1:]:
        definition = definition[int(step)] if isinstance(definition, list) else definition[step]
    return definition


def count(items: list[dict[str, Any]]) -> int:
    return sum(1 + count(item.get("items", [])) for item in items)
