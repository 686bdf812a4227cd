"""What a phone follows and reads a question at a time is what it would follow and read whole."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.tests.strategies import published
from case_forms.questions.tests.chromium import OpenPage, a_browser
from case_forms.questions.tests.every_type import every_type, question, texts
from tests.examples import FACTOR, with_factor
from tests.seeds import lay_down_demo

from ..form_package import build_package
from .test_filling_twin import PAGE

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

TYPE = (Path(__file__).parent / "type_at_random.js").read_text()
CITIES = [
    {"value": value, "label": texts(value, value), "with": {"of": of}}
    for value, of in (("vlore", "a"), ("sarande", "a"), ("tirane", "b"), ("durres", "b"), ("elsewhere", "c"))
]


def make_dense() -> dict[str, Any]:
    """Rows in rows, a cascade over another, sums over rows, answers filled in, a part that depends on them."""
    children = {
        "item": "repeat",
        "key": "children",
        "label": texts("Fëmijët", "Children"),
        "max": 5,
        "items": [
            question("integer", "age", min=0, max=30),
            question("text", "school", relevant={">": [{"var": "age"}, 5]}, required={"==": [{"var": "region"}, "a"]}),
        ],
    }
    household = {
        "item": "repeat",
        "key": "household",
        "label": texts("Familjet", "Households"),
        "max": 5,
        "items": [
            question("text", "who"),
            # Filled in with what it refuses, and refused by the rule as well: the same is said of it each time.
            question(
                "email",
                "mail",
                initial={"today": []},
                constraint={"expr": {"answered": ["city"]}, "message": texts("Jo", "Not so")},
            ),
            question(
                "integer",
                "persons",
                constraint={"expr": {">=": [{"var": "persons"}, {"var": "least"}]}, "message": texts("Pak", "Few")},
            ),
            children,
        ],
    }
    first = [
        question("select_one", "region"),
        question("select_one", "city", choices=CITIES, choice_filter={"==": [{"var": "choice.of"}, {"var": "region"}]}),
        question("integer", "least", initial=1),
        question("text", "copy", initial={"var": "city"}),
        household,
        question("calculated", "all", calculation={"count": {"var": "household"}}, result="integer"),
        question("long_text", "why", relevant={">": [{"var": "all"}, 1]}, required=True),
    ]
    second = [
        question("yes_no_unknown", "asked", required={"answered": ["why"]}),
        question("text", "when", relevant={"==": [{"var": "asked"}, "yes"]}),
        question("calculated", "day", calculation={"today": []}, result="date"),
    ]
    return {
        "format": 1,
        "key": "dense",
        "kind": "assessment",
        "title": texts("E dendur", "Dense"),
        "languages": ["sq", "en"],
        "sections": [
            {"key": "one", "title": texts("Një", "One"), "items": first},
            {"key": "two", "title": texts("Dy", "Two"), "items": second, "relevant": {">=": [{"var": "all"}, 1]}},
        ],
    }


@pytest.fixture(scope="module")
def open_page() -> Iterator[OpenPage]:
    with a_browser() as opener:
        yield opener


def type_into(open_page: OpenPage, version: FormVersion, seed: int, times: int) -> dict[str, Any]:
    taken = build_package(version, User.objects.get(username="vlore1"), "en")
    with open_page(PAGE, timezone_id="Europe/Tirane", locale="en-GB") as page:
        how = {"taken": taken, "day": timezone.localdate().isoformat(), "seed": seed, "times": times}
        found: dict[str, Any] = page.evaluate(f"({TYPE.split('*/', 1)[1].strip()})", how)
    assert not found["differing"], (version.form.key, seed, found["differing"])
    return found


def test_a_question_at_a_time_is_followed_and_read_as_the_whole_form_is(open_page: OpenPage) -> None:
    lay_down_demo()
    for definition in (every_type(), make_dense()):
        publish_form(form=save_definition(key=definition["key"], definition=definition))
    seed = random.SystemRandom().randrange(2**31)
    pressed = 0
    for version in FormVersion.objects.newest().for_staff():
        times = max(1, round((10 if version.form.key == "dense" else 2) * FACTOR))
        pressed += type_into(open_page, version, seed, times)["pressed"]
    assert pressed > 200


@with_factor(settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None))
@given(definition=published(), seed=st.integers(0, 2**31))
def test_of_any_form_a_question_at_a_time_is_as_the_whole(
    open_page: OpenPage, definition: dict[str, Any], seed: int
) -> None:
    if not User.objects.filter(username="vlore1").exists():
        lay_down_demo()
    version = publish_form(form=save_definition(key=definition["key"], definition=definition))
    type_into(open_page, version, seed, 1)


def test_a_press_leaves_alone_what_does_not_depend_on_it(open_page: OpenPage) -> None:
    lay_down_demo()
    items = [question("text", f"q_{number}") for number in range(60)]
    definition = {
        **make_dense(),
        "key": "long",
        "sections": [{"key": "one", "title": texts("Një", "One"), "items": items}],
    }
    version = publish_form(form=save_definition(key="long", definition=definition))
    found = type_into(open_page, version, 7, 1)
    assert found["whole"] == 60 + 1  # all of them, and before that the one that was typed into
    assert found["left"] == found["pressed"]
