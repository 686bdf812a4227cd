"""Who fills a form: a form for the public takes nothing that needs an account, and says so at its place."""

import json
from pathlib import Path

import pytest

from ..actions import publish_form, save_definition
from ..audience import MAX_PUBLIC, get_audience
from ..checker import check_definition
from ..models import FormVersion
from .samples import form, question, section, texts

PUBLIC_TIP = Path(__file__).parents[1] / "data" / "forms" / "public_tip.json"


def public(*items):
    return {**form(section("only", *items)), "audience": "public"}


def problems(definition):
    return [(problem.path, problem.code) for problem in check_definition(definition)]


def test_a_form_that_does_not_say_is_for_staff():
    assert get_audience({}) == "staff"
    assert get_audience({"audience": "public"}) == "public"


def test_a_plain_form_may_be_for_the_public():
    assert problems(public(question("what", "long_text"), question("town", "municipality"))) == []


@pytest.mark.parametrize(
    "asked",
    [
        "file",
        "signature",
        "geopoint",
        "case_reference",
        "partner",
        "session",
        "outreach_visit",
        "colleague",
        "hidden",
        "indicators",
    ],
)
def test_what_needs_an_account_or_a_register_is_refused_in_a_public_form(asked):
    assert problems(public(question("a", "text"), question("b", asked))) == [("/sections/0/items/1/type", "not_public")]
    assert ("/sections/0/items/1/type", "not_public") not in problems(
        form(section("only", question("a", "text"), question("b", asked)))
    )


def test_a_public_form_does_not_list_where_protection_services_are():
    asked = question("where", "select_one", choices_from="partners")
    assert problems(public(asked)) == [("/sections/0/items/0/choices_from", "not_public")]


def test_a_public_form_has_no_repeat_groups_and_not_too_many_questions():
    rows = {"item": "repeat", "key": "rows", "label": texts("rows"), "items": [question("a", "text")]}
    assert problems(public(rows)) == [("/sections/0/items/0/item", "not_public")]
    many = public(*(question(f"q{number}", "text") for number in range(MAX_PUBLIC + 1)))
    assert problems(many) == [("/audience", "too_many")]


def test_another_audience_than_the_two_has_no_shape():
    assert problems({**public(question("a", "text")), "audience": "press"}) == [("/audience", "wrong_shape")]


def test_the_form_we_bring_asks_little_and_needs_one_answer_only():
    definition = json.loads(PUBLIC_TIP.read_text())
    asked = [item for part in definition["sections"] for item in part["items"]]
    assert definition["audience"] == "public"
    assert [item["key"] for item in asked if item.get("required")] == ["what"]
    assert len(asked) <= 12
    assert all("keep_for" in item for item in asked)
    assert "viktim" not in PUBLIC_TIP.read_text().lower()
    assert "victim" not in PUBLIC_TIP.read_text().lower()


@pytest.mark.django_db
def test_versions_are_told_apart_by_who_fills_them():
    for key, audience in (("ours", None), ("staff_too", "staff"), ("theirs", "public")):
        definition = {**form(section("only", question("a", "text"))), "key": key}
        if audience:
            definition["audience"] = audience
        publish_form(form=save_definition(key=key, definition=definition))
    newest = FormVersion.objects.newest()
    assert {version.form.key for version in newest.for_staff()} == {"ours", "staff_too"}
    assert {version.form.key for version in newest.for_public()} == {"theirs"}
