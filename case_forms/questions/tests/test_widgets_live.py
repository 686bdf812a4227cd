"""What a script adds to the widgets, in a real browser: by keyboard, by finger, and as the server would have it."""

import json
import random
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from .. import registry
from ..indicator_score import Score, suggestion
from ..indicators import by_id
from ..places import nearest_seat, seats
from .chromium import OpenPage
from .every_type import asked
from .sources import FixedSource
from .test_indicators import ANSWER_VECTORS, get_answers, get_pattern

pytestmark = pytest.mark.browser

SCRIPT = '<script type="module" src="/static/js/questions.js"></script>'
VLORE, ROME = {"latitude": 40.47, "longitude": 19.49}, {"latitude": 41.9, "longitude": 12.5}


def drawn(type_name: str, value: Any = None, *, key: str = "thing", scope: Any = None, **more: Any) -> str:
    question = asked(type_name, key=key, **more)
    context = {
        "question": question,
        "name": f"row-0-{key}",
        "value": value,
        "errors": [],
        "language": "en",
        "required": False,
        "choices": registry.get(type_name).choices(question, "en", FixedSource()),
        "id": f"q-{key}",
        "scope": scope or {},
    }
    with translation.override("en"):
        return render_to_string("questions/question.html", context)


def build_page(*widgets: str) -> str:
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><form>{"".join(widgets)}</form>{SCRIPT}</html>'


def sent(page: Any, name: str = "row-0-thing") -> list[str]:
    return page.evaluate(f"new FormData(document.forms[0]).getAll({json.dumps(name)})")


def test_an_order_is_made_with_the_keyboard_alone(open_page: OpenPage) -> None:
    with open_page(build_page(drawn("ranking"))) as page:
        assert sent(page) == ["", "", ""]
        page.locator("button[aria-label='Move up: c-en']").focus()
        page.keyboard.press("Enter")
        assert sent(page) == ["1 a", "2 c", "3 b"]
        page.keyboard.press("Enter")
        assert sent(page) == ["1 c", "2 a", "3 b"]
        assert page.locator("[data-ranking-said]").text_content() == "c-en: position 1 / 3"
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move down: c-en"
        assert page.locator("button[aria-label='Move up: c-en']").is_disabled()
        assert not page.locator(".q-keep").is_visible()


def test_an_order_that_is_right_already_is_kept_with_one_press(open_page: OpenPage) -> None:
    with open_page(build_page(drawn("ranking"))) as page:
        page.click("text=Confirm this order")
        assert sent(page) == ["1 a", "2 b", "3 c"]


def test_places_that_were_chosen_go_along_when_something_is_moved(open_page: OpenPage) -> None:
    with open_page(build_page(drawn("ranking"))) as page:
        for label, place in (("a-en", "3."), ("b-en", "1."), ("c-en", "2.")):
            page.select_option(f"label:has-text('{label}') + select", label=place)
        page.click("button[aria-label='Move up: a-en']")
        assert sent(page) == ["1 b", "2 a", "3 c"]


def test_a_slider_writes_the_number_and_no_answer_until_it_is_moved(open_page: OpenPage) -> None:
    with open_page(build_page(drawn("scale", min=0, max=100))) as page:
        assert sent(page) == [""]
        page.locator("input[type=range]").focus()
        page.keyboard.press("ArrowRight")
        assert sent(page) == ["51"]
        page.fill("#q-thing", "70")
        assert page.locator("input[type=range]").input_value() == "70"


def test_a_signature_is_drawn_kept_and_cleared(open_page: OpenPage) -> None:
    with open_page(build_page(drawn("signature")), viewport={"width": 360, "height": 700}) as page:
        box = page.locator("canvas").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 10, box["y"] + box["height"] / 4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.move(box["x"] + 2 * box["width"], box["y"] - 50, steps=2)
        page.mouse.up()
        (written,) = sent(page, "row-0-thing.strokes")
        (line,) = json.loads(written)
        assert len(line) % 2 == 0
        assert abs(line[0] - 100) < 10
        assert abs(line[1] - 100) < 10
        assert line[-2:] == [1000, 0]  # the pen left the box
        page.click("text=Clear and sign again")
        assert sent(page, "row-0-thing.strokes") == [""]


def test_the_phone_is_asked_for_its_place_only_when_the_button_is_pressed(open_page: OpenPage) -> None:
    options = {"geolocation": {**VLORE, "accuracy": 12.4}, "permissions": ["geolocation"]}
    with open_page(build_page(drawn("geopoint")), **options) as page:
        assert sent(page, "row-0-thing.lat") == [""]
        page.click("text=Use this phone's location")
        page.wait_for_function("document.querySelector('[name$=\".lat\"]').value !== ''")
        assert [sent(page, f"row-0-thing.{part}") for part in ("lat", "lon", "accuracy")] == [
            ["40.47000"],
            ["19.49000"],
            ["12"],
        ]
        page.locator("[name$='.lat']").press_sequentially("9")
        assert sent(page, "row-0-thing.accuracy") == [""]


def test_a_coarse_place_becomes_a_municipality_on_the_phone_itself(open_page: OpenPage) -> None:
    options = {"geolocation": VLORE, "permissions": ["geolocation"]}
    with open_page(build_page(drawn("geopoint", coarsen="municipality")), **options) as page:
        page.click("text=Use this phone's location")
        page.wait_for_function("document.querySelector('select').value !== ''")
        assert page.evaluate("new URLSearchParams(new FormData(document.forms[0])).toString()") == (
            "row-0-thing.municipality=vlore"
        )
        page.context.set_geolocation(ROME)
        page.reload()
        page.click("text=Use this phone's location")
        page.wait_for_function("document.querySelector('[data-said]').textContent.includes('Choose it yourself')")


def test_a_phone_that_gives_no_place_is_told_what_to_do(open_page: OpenPage) -> None:
    with open_page(build_page(drawn("geopoint"))) as page:
        page.click("text=Use this phone's location")
        page.wait_for_function("document.querySelector('[data-said]').textContent.includes('write it yourself')")


def test_the_nearest_seat_is_the_same_in_both_languages(open_page: OpenPage) -> None:
    chance = random.Random(7)
    points = [(chance.uniform(39.5, 42.8), chance.uniform(19.0, 21.2)) for _ in range(300)]
    with open_page(build_page()) as page:
        found = page.evaluate(
            """async ([points, seats]) => {
              const { nearestSeat } = await import("/static/js/widgets/place.js");
              return points.map(([lat, lon]) => nearestSeat(lat, lon, seats));
            }""",
            [points, seats()],
        )
    assert found == [nearest_seat(lat, lon, seats()) for lat, lon in points]


# ---- indicators ----


def as_the_page_has_it(score: Score) -> dict[str, Any]:
    dimensions = {
        found.dimension: {"strong": found.strong, "medium": found.medium, "weak": found.weak, "why": found.why}
        for found in score.dimensions
    }
    return {"dimensions": dimensions, "pattern": get_pattern(score)}


def made_up(chance: random.Random) -> dict[str, Any]:
    asked = chance.sample(sorted(by_id()), chance.randint(0, 30))
    return {key: {"answer": chance.choice(["present", "present", "absent", "unknown", "not_asked"])} for key in asked}


def test_the_browser_counts_indicators_as_the_server_does(open_page: OpenPage) -> None:
    chance = random.Random(2009)
    given = [get_answers(vector) for vector in ANSWER_VECTORS] + [made_up(chance) for _ in range(400)]
    with open_page(build_page(drawn("indicator_assessment"))) as page:
        counted = page.evaluate(
            """async (given) => {
              const { suggestion } = await import("/static/js/indicator_score.js");
              const catalogue = JSON.parse(document.querySelector("[data-assessment]").dataset.catalogue);
              return given.map((answers) => suggestion(answers, catalogue));
            }""",
            given,
        )
    for answers, there in zip(given, counted, strict=True):
        here = suggestion(answers)
        first = here.scores[0]
        assert there == {
            "scores": {score.profile: as_the_page_has_it(score) for score in here.scores},
            "adult": here.adult,
            "child": here.child,
            "asked": first.asked,
            "unknown": first.unknown,
            "isInsufficient": first.is_insufficient,
        }


SHOWN = """() => {
  const panel = document.querySelector("[data-assessment]");
  for (const fold of panel.querySelectorAll("details")) fold.open = true;
  return panel.innerText.replace(/\\s+/g, " ");
}"""
VECTOR = next(get_answers(vector) for vector in ANSWER_VECTORS if vector["child"] == "pattern" != vector["adult"])


def test_the_suggestion_follows_the_checklist_and_says_what_the_server_says(open_page: OpenPage) -> None:
    decision = drawn("indicator_assessment", of="signs")
    with open_page(build_page(drawn("indicators", key="signs"), decision)) as page:
        for fold in page.locator(".q-dimension").all():
            fold.evaluate("(details) => { details.open = true }")
        for key, given in VECTOR.items():
            page.check(f"[name='row-0-signs.{key}'][value='{given['answer']}']")
        live = page.evaluate(SHOWN)
        assert sent(page, "row-0-thing.decision") == []  # nothing is chosen beforehand
    with open_page(build_page(drawn("indicator_assessment", of="signs", scope={"signs": VECTOR}))) as page:
        assert page.evaluate(SHOWN) == live
    assert "The answers fit the pattern of trafficking. This suggests: a potential victim." in live
    assert "positive: one strong indicator and another one" in live
    assert "from a second-hand copy" in live
