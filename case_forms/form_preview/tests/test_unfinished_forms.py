"""Whatever state a form is in while it is edited, and whatever is typed in it, the preview answers."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from case_forms.form_builder.checker import check_definition
from case_forms.form_builder.lists import no_shared_lists
from case_forms.form_builder.shapes import shape_problems
from case_forms.form_builder.tests.strategies import definitions, json_values

from ..page import shown_for
from ..renderable import showable
from ..trial import REVIEW, trial_from
from ..views import _page_context

pytestmark = pytest.mark.django_db
Step = str | int

THOROUGHLY = settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)


def places(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Every place in a JSON value but its root."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inside in steps:
        yield (*path, step)
        yield from places(inside, (*path, step))


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """A good form with one to four things taken out of it, put wrong or put twice."""
    definition = copy.deepcopy(draw(definitions()))
    for _number in range(draw(st.integers(1, 4))):
        found = list(places(definition))
        if not found:
            break
        *around, last = draw(st.sampled_from(found))
        holder: Any = definition
        for step in around:
            holder = holder[step]
        deed = draw(st.sampled_from(["take", "wrong", "twice"]))
        if deed == "take":
            del holder[last]
        elif deed == "wrong":
            holder[last] = draw(json_values)
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))  # type: ignore[index]
    return definition


@st.composite
def typed_in(draw: st.DrawFn, definition: Any) -> dict[str, Any]:
    """Form fields with anything in them, for anything that looks like a section."""
    keys = sorted({str(place[-1]) for place in places(definition)} & set(_keys(definition))) or ["a"]
    names = st.sampled_from(keys).flatmap(
        lambda key: st.sampled_from([key, f"{key}-count", f"{key}-0-{keys[0]}", f"{key}.lat", f"{key}-0"])
    )
    values = st.sampled_from(["", "1", "2", "a", "b", "true", "yes", "2020-02-30", "-1", "9" * 40, "\x00", "[]", "{}"])
    sections = [str(key) for key in _keys(definition)][:4] or ["a"]
    fields = st.dictionaries(st.sampled_from(sections), st.lists(st.tuples(names, values).map(list), max_size=8))
    presses = st.sampled_from([["", ""], ["go", "next"], ["go", "back"], ["add", keys[0]], ["remove", f"{keys[0]}-0"]])
    return {
        "definition": definition,
        "language": draw(st.sampled_from(["sq", "en", "xx"])),
        "section": draw(st.sampled_from([*sections, REVIEW])),
        "fields": draw(fields),
        "press": draw(presses),
    }


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("key"), str):
            yield value["key"]
        for inside in value.values():
            yield from _keys(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _keys(inside)


@THOROUGHLY
@given(broken())
def test_what_is_shown_of_a_broken_form_is_well_shaped(definition: Any) -> None:
    before = copy.deepcopy(definition)
    shown = showable(definition, no_shared_lists)
    assert definition == before
    if shown is not None:
        assert not shape_problems(shown)


@THOROUGHLY
@given(definitions())
def test_a_good_form_is_shown_whole(definition: Any) -> None:
    if check_definition(definition):
        return
    shown = showable(definition, no_shared_lists)
    assert shown is not None
    assert sorted(_keys(shown["sections"])) == sorted(_keys(definition["sections"]))


@pytest.mark.usefixtures("db")
@THOROUGHLY
@given(st.data())
def test_whatever_is_half_built_and_typed_the_preview_answers(data: st.DataObject) -> None:
    sent = data.draw(typed_in(data.draw(st.one_of(definitions(), broken()))))
    trial = trial_from(json.dumps(sent).encode())
    with translation.override("en"):
        shown = shown_for(trial, "en")
        request = RequestFactory().get("/")
        assert "</html>" in render_to_string("form_preview/page.html", _page_context(trial, shown), request)
        render_to_string("form_preview/report.html", {"shown": shown}, request)
