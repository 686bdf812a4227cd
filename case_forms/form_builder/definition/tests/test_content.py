"""The expressions and texts of a form, with where they are written."""

import re
from typing import Any

from hypothesis import given, settings

from case_forms import expressions
from case_forms.form_builder.definition import iter_expressions, iter_texts, parse_form
from case_forms.form_builder.tests.strategies import definitions

NAMES = {"relevant", "required", "initial", "calculation", "choice_filter", "expr", "when"}


@settings(max_examples=60, deadline=None)
@given(definitions())
def test_every_expression_is_found_where_it_is_written(definition):
    found = {written.path: written.expression for written in iter_expressions(parse_form(definition))}
    wanted = {
        path: value
        for path, value in everything(definition)
        if not isinstance(value, bool) and (path.split("/")[-1] in NAMES or path.split("/")[-2:-1] == ["shared_with"])
    }
    assert found == wanted
    for written in iter_expressions(parse_form(definition)):
        assert written.reads == expressions.references(written.expression)


@settings(max_examples=60, deadline=None)
@given(definitions())
def test_every_text_is_found_in_document_order(definition):
    parsed = parse_form(definition)
    found = list(iter_texts(parsed))
    assert dict(found) == {path: value for path, value in everything(definition) if is_texts(value)}
    assert len(dict(found)) == len(found)
    order = {located.path: number for number, located in enumerate(parsed.iter_items())}
    items = [
        order[place[0]] for path, _words in found if (place := re.match(r"(?:/sections/\d+)(?:/items/\d+)+", path))
    ]
    assert items == sorted(items)


def everything(value: Any, path: str = "") -> Any:
    """(JSON pointer, value) of all that stands in the definition, but what stands inside expressions."""
    yield path, value
    if path.split("/")[-1] in NAMES | {"default"}:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from everything(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from everything(inner, f"{path}/{position}")


def is_texts(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"sq", "en"}
