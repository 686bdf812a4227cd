"""The editor's model in Chromium: conditions and calculations come back as they were, changes lead the server to the
same form, and sentences are the server's."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from case_forms.expressions import LogicError, check_expression, explain, references
from case_forms.expressions.tests.made_up import made_up
from case_forms.expressions.wording import SENTENCES
from case_forms.form_builder.changes import apply_changes

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "static" / "js" / "builder"
PLACE = "http://outline.test"


@pytest.fixture(scope="module")
def model(chromium: Browser) -> Iterator[Page]:
    """A blank page that can import the editor's scripts, and nothing from anywhere else."""
    page = chromium.new_page()

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(PLACE)
        if name == "/":
            route.fulfill(body="<!doctype html><title>Model</title>", content_type="text/html")
            return
        path = SCRIPTS / name.removeprefix("/builder/") if name.startswith("/builder/") else HERE / name[1:]
        route.fulfill(path=path, content_type="text/javascript")

    page.route("**/*", serve)
    page.goto(f"{PLACE}/")
    yield page
    page.close()


def asked(page: Page, name: str, *arguments: Any) -> Any:
    """What a function of outline_model.js gives."""
    return page.evaluate(
        "async ([name, given]) => (await import('/outline_model.js'))[name](...given)", [name, list(arguments)]
    )


def test_conditions_and_calculations_come_back_as_they_were_written(model: Page) -> None:
    assert asked(model, "roundTrips", 2018, 5000) is None


def test_what_the_rows_write_is_in_the_language(model: Page) -> None:
    expressions = [expression for expression in asked(model, "written", 7, 1000) if isinstance(expression, dict)]
    assert len(expressions) > 900
    for expression in expressions:
        check_expression(expression)
        assert "persons" not in references(expression) or "persons" in json.dumps(expression)


def test_any_expression_is_kept_whatever_can_be_shown_of_it(model: Page) -> None:
    chance = random.Random(499)
    made = [made_up(chance, chance.randint(1, 5)) for _ in range(3000)]
    assert asked(model, "keptAsTheyAre", [expression for expression in made if isinstance(expression, dict)]) == []


def test_the_server_comes_to_the_same_form_by_the_changes(model: Page) -> None:
    runs = asked(model, "edits", 31, 300)
    assert len(runs) > 500
    for run in runs:
        assert apply_changes(run["before"], run["changes"]) == run["after"]


def test_typing_is_one_change_and_one_step_of_undo(model: Page) -> None:
    found = asked(model, "typing")
    assert found["typed"] == [{"op": "replace", "path": "/sections/0/items/0/label/sq", "value": "Mosha"}]
    assert found["undone"] == "q"
    assert found["again"] == found["typed"]


def test_sentences_are_those_of_the_server(model: Page) -> None:
    chance = random.Random(129)
    labels = {"a": "Mosha", "b": "Vendimi", "e": "Personat", "e.0.a": "e para"}
    values = {"b": {"potential_victim": "viktimë e mundshme"}, "a": {"a": "A"}}
    cases, expected = [], []
    for _ in range(3000):
        rule, language = made_up(chance, chance.randint(1, 4)), chance.choice(["sq", "en"])
        try:
            expected.append(explain(rule, labels=labels, values=values, language=language))
        except LogicError:
            continue
        cases.append({"rule": rule, "labels": labels, "values": values, "language": language})
    assert len(cases) > 2000
    told = asked(model, "sentences", cases, SENTENCES)
    differing = [
        (c["rule"], ours, theirs) for c, ours, theirs in zip(cases, expected, told, strict=True) if ours != theirs
    ]
    assert differing[:3] == []


def test_a_new_key_is_followed_by_what_is_asked_before_sending(model: Page) -> None:
    asked_again = {"key": "w", "when": {">": [{"var": "age"}, 100]}, "message": {"sq": "?"}, "question": "age"}
    age = {"item": "question", "key": "age", "type": "integer", "label": {"sq": "Mosha"}}
    form = {"sections": [{"key": "s", "title": {}, "items": [age]}], "warnings": [asked_again]}
    found = asked(model, "withKey", form, "age", "years")
    assert found["users"] == 1
    assert found["definition"]["warnings"] == [
        {**asked_again, "when": {">": [{"var": "years"}, 100]}, "question": "years"}
    ]
