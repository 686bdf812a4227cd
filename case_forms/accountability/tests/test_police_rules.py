"""What public pages say of the police is what the procedure in force does."""

import json
from importlib.resources import files
from typing import Any

import pytest
from django.utils import timezone

from case_forms.procedures.models import ProcedureVersion
from content.blocks import BodyBlock
from tests.world.procedures import enact, small_procedure
from tests.world.scene import make_scene

from ..public_terms import iter_police_rules

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

SHIPPED = json.loads(files("case_forms.procedures").joinpath("data/sop_dcm_499_2018.json").read_text())["settings"]


def put_in_force(**chosen: str) -> None:
    make_scene()  # with the forms that its rules name
    settings = {key: {**SHIPPED[key], "value": value} for key, value in chosen.items()}
    enact({**small_procedure(), "settings": settings}, since=timezone.now())


def said() -> dict[str, str]:
    return {rule.who: rule.what for rule in iter_police_rules()}


def test_nothing_is_promised_without_a_procedure_or_of_one_whose_rules_are_not_known() -> None:
    assert said() == {}
    make_scene()
    assert ProcedureVersion.objects.in_force()
    assert said() == {}


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("none", "The police are not notified."),
        ("anonymous_alert", "without the name and without the place"),
        ("ask_supervisor", "not notified until a coordinator of ours has decided"),
    ],
)
def test_an_adult_who_says_no(choice: str, words: str) -> None:
    put_in_force(adult_refusal=choice)
    assert words in said()["An adult who says no"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, "notified without the name; and without the place"),  # a version from before that setting
        ({"adult_not_asked": "anonymous_alert"}, "notified without the name; and without the place"),
        ({"adult_not_asked": "ask_supervisor"}, "not notified until a coordinator of ours has decided"),
    ],
)
def test_an_adult_whom_nobody_asked(chosen: dict[str, str], words: str) -> None:
    put_in_force(adult_refusal="ask_supervisor", **chosen)
    assert words in said()["An adult whom nobody could ask"]


def test_the_block_of_a_page_shows_it_and_says_where_it_can_say_nothing() -> None:
    body: Any = BodyBlock()
    shown = body.to_python([{"type": "police_rules", "value": {"title": "When the police are notified"}}])
    assert "Nothing can be said here at the moment." in str(shown.render_as_block())
    put_in_force(adult_refusal="none")
    html = str(shown.render_as_block())
    assert "An adult who says no" in html
    assert "The police are not notified." in html
