"""Keys and values that any version has published stay as they are."""

import json
import re
from typing import Any

import pytest
from django.utils import translation

from ..actions import DefinitionRefused, publish_form, save_definition
from ..models import ChoiceList, FormDefinition
from .coordinators import Person
from .samples import sample, texts


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def get_result(definition: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in definition["sections"][1]["items"] if item["key"] == "needs")


def publish(definition: dict[str, Any]) -> Any:
    return publish_form(form=save_definition(key=definition["key"], definition=definition))


def test_a_published_choice_under_another_value_is_refused_at_its_place(db: None) -> None:
    publish(sample())
    renamed = sample()
    get_result(renamed)["choices"][0]["value"] = "shelter_now"

    with pytest.raises(DefinitionRefused) as refused:
        publish(renamed)

    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("/sections/1/items/5/choices/0/value", "locked_value")
    assert "“shelter”" in str(problem.message)


def test_a_value_of_an_older_version_is_locked_too(db: None) -> None:
    publish(sample())
    without = sample()
    del get_result(without)["choices"][0]
    assert publish(without).number == 2
    renamed = sample()
    get_result(renamed)["choices"][0]["value"] = "strehim"
    with pytest.raises(DefinitionRefused, match="locked_value"):
        publish(renamed)


def test_words_change_and_choices_come_and_go(db: None) -> None:
    publish(sample())
    changed = sample()
    get_result(changed)["choices"] = [
        {"value": "shelter", "label": texts("A safe place")},
        {"value": "lawyer", "label": texts("A lawyer")},
    ]
    assert publish(changed).number == 2


def test_the_editor_is_told_the_keys_and_values_of_every_version(sample_form: FormDefinition, ana: Person) -> None:
    publish_form(form=sample_form)
    without = sample()
    without["sections"][1]["items"] = [
        item for item in without["sections"][1]["items"] if item["key"] not in ("needs", "signs")
    ]
    publish(without)

    page = ana.get(f"edit/{sample_form.pk}/").content.decode()

    found = re.search(r'<script id="outline-settings" type="application/json">(.*?)</script>', page)
    assert found is not None
    settings = json.loads(found[1])
    assert {"needs", "signs", "place", "companion_name"} <= set(settings["publishedKeys"])
    assert settings["publishedValues"]["needs"] == ["doctor", "shelter"]


def test_a_shared_list_keeps_the_values_that_were_published_from_it(ground: None, ana: Person) -> None:
    made = ChoiceList.objects.create(key="help", title=texts("Help"), choices=get_result(sample())["choices"])
    definition = sample()
    question = get_result(definition)
    question.pop("choices")
    question["choices_from"] = "shared:help"
    publish(definition)
    address = f"/cms/choice-lists/edit/{made.pk}/"
    head, rest = "value\tlabel:sq\tlabel:en", "doctor\tdoctor (sq)\tdoctor"
    sent = {"title_sq": "Ndihmë", "title_en": "Help"}

    page = ana.client.post(address, {**sent, "table": f"{head}\nstrehim\tshelter (sq)\tshelter\n{rest}"})

    assert page.status_code == 200
    assert "was published with the value “shelter”" in page.content.decode()
    made.refresh_from_db()
    assert made.choices[0]["value"] == "shelter"
    assert ana.client.post(address, {**sent, "table": f"{head}\nshelter\tStrehim\tA place\n{rest}"}).status_code == 302
