"""A form with a question of every type, filled by keyboard only, sent, and read back; axe finds nothing on its pages.

FIELD_PICTURES=folder keeps pictures of the pages.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from access.models import User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.questions.tests.every_type import choice, every_type, question, texts
from case_forms.submissions.attachments.storage import get_content
from case_forms.submissions.models import Attachment, Draft, Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from sanitizer.tests import samples
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def version(transactional_db: Any, settings: Any, tmp_path: Path) -> FormVersion:
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    lay_down_demo()
    User.objects.update(language="en")
    return publish_form(form=save_definition(key="every_type", definition=with_groups()))


def with_groups() -> dict[str, Any]:
    """Every type; then a cascade, rows within rows, and what is worked out from them."""
    definition = every_type()
    region, age = {"var": "choice.region"}, question("integer", "age", label=texts("Mosha", "Age"), min=0, max=120)
    child = {
        "item": "repeat",
        "key": "children",
        "label": texts("Fëmijë", "Child"),
        "max": 3,
        "items": [question("text", "child_name", label=texts("Emri i fëmijës", "Child's name")), age],
    }
    household = {
        "item": "repeat",
        "key": "household",
        "label": texts("Familje", "Household"),
        "max": 3,
        "items": [
            question("text", "head", label=texts("Kryefamiljari", "Head of the household")),
            child,
            question(
                "calculated",
                "minors",
                label=texts("Sa të mitur", "How many minors"),
                calculation={
                    "reduce": [
                        {"var": "children"},
                        {"+": [{"var": "accumulator"}, {"if": [{"<": [{"var": "current.age"}, 18]}, 1, 0]}]},
                        0,
                    ]
                },
                result="integer",
            ),
        ],
    }
    towns = [
        choice("vlore", "Vlorë", "Vlorë", region="south"),
        choice("sarande", "Sarandë", "Sarandë", region="south"),
        choice("shkoder", "Shkodër", "Shkodër", region="north"),
    ]
    places = [choice("south", "Jugu", "The south"), choice("north", "Veriu", "The north")]
    definition["sections"].append(
        {
            "key": "groups",
            "title": texts("Grupe", "Groups"),
            "items": [
                question("select_one", "part", label=texts("Pjesa", "Part"), choices=places),
                question(
                    "select_one",
                    "town",
                    label=texts("Qyteti", "Town"),
                    choices=towns,
                    choice_filter={"==": [region, {"var": "part"}]},
                ),
                question(
                    "text",
                    "town_note",
                    label=texts("Shënim", "Note"),
                    initial={"cat": [{"var": "a_text"}, ", met in town"]},
                ),
                household,
                question(
                    "calculated",
                    "households",
                    label=texts("Sa familje", "How many households"),
                    calculation={"reduce": [{"var": "household"}, {"+": [{"var": "accumulator"}, 1]}, 0]},
                    result="integer",
                ),
            ],
        }
    )
    return definition


@pytest.fixture(params=[360, 1280])
def desk(request: Any, chromium: Browser, version: FormVersion) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": request.param, "height": 800},
        locale="en-GB",
        timezone_id="Europe/Tirane",
        geolocation={"latitude": 40.4661, "longitude": 19.4897, "accuracy": 12},
        permissions=["geolocation"],
    )
    yield context
    close(context)


def begin(page: Page, server: str) -> None:
    page.goto(f"{server}/field/")
    page.fill("#id_login", "lezhe1")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    page.locator("summary", has_text="More forms").click()
    page.locator("details.form-group:has(form[action*='every_type']) > summary").click()
    page.click('form[action*="every_type"] button')
    expect(page.locator("form#section")).to_be_visible()
    page.wait_for_load_state()  # the scripts have run


LAY_BARS_IN_THE_FLOW = """position => {
  for (const each of document.querySelectorAll("*")) {
    if (each.dataset.bar || getComputedStyle(each).position === "sticky") {
      each.dataset.bar = position;
      each.style.position = position;
    }
  }
}"""


def is_clean(page: Page, name: str) -> None:
    """No finding of axe's for WCAG 2.2 AA, and nothing wider than the screen."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    picture(page, f"types-{name}-{width}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{name} is {wider} px wider than the screen"
    # Laid in the page's flow: what a sticky bar covers depends on where one has scrolled to, and scrolling uncovers it.
    page.evaluate(LAY_BARS_IN_THE_FLOW, "static")
    found = Axe().run(page, options=RULES)
    page.evaluate(LAY_BARS_IN_THE_FLOW, "")
    told = [
        f"{violation['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
    assert told == [], f"{name}:\n" + "\n".join(told)


# ---- by keyboard only ----

HERE = r"""() => {
  const at = document.activeElement;
  return {name: at.name || "", type: at.type || at.tagName.toLowerCase(), value: at.value ?? "",
    id: at.id, here: at.hasAttribute("data-here"), item: at.closest("[data-item]")?.dataset.item,
    words: at.textContent.replace(/\s+/g, " ").trim()};
}"""


class Keys:
    """Somebody who has no mouse: tabs from field to field, and types what belongs there, once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: set[str] = set()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def fill(self, wanted: dict[str, Any], *, until: str) -> None:
        """Tabs on until the button called `until`, and presses it. `wanted`: {name: text, keys or a function}."""
        self.page.wait_for_load_state()  # the scripts have run
        for _stop in range(900):
            self.press("Tab")
            at = self.page.evaluate(HERE)
            if at["type"] == "submit" and at["words"] == until:
                missing = set(wanted) - self.done
                assert not missing, f"never reached: {sorted(missing)}"
                self.press("Enter")
                return
            self._act(self._key(at), at, wanted)
        raise AssertionError(f"no way to {until}")

    def _key(self, at: dict[str, Any]) -> str:
        if at["here"]:
            return "here"
        if at["type"] == "submit":
            return f"{at['name']}:{at['value']}"
        if at["type"] == "summary":
            return f"fold:{at['item']}"
        if at["name"] == "a_ranking" and "select" in at["type"]:
            return f"a_ranking#{at['id'][-1]}"
        return str(at["name"])

    def _act(self, key: str, at: dict[str, Any], wanted: dict[str, Any]) -> None:
        if key not in wanted or key in self.done:
            return
        self.done.add(key)
        what = wanted[key]
        if callable(what):
            what(self)
        elif isinstance(what, list):
            self.press(*what)
        else:
            self.type(what)


def photo(keys: Keys) -> None:
    try:
        with keys.page.expect_file_chooser(timeout=8_000) as chooser:
            keys.press("Space")
    except PlaywrightTimeout:  # a key press that a busy browser lost: one presses again
        with keys.page.expect_file_chooser() as chooser:
            keys.press("Space")
    chooser.value.set_files({"name": "Passport.jpg", "mimeType": "image/jpeg", "buffer": samples.jpeg((600, 400))})
    expect(keys.page.locator(".q-attached")).to_contain_text("Passport.jpg")


def this_place(keys: Keys) -> None:
    keys.press("Enter")
    expect(keys.page.locator("[data-said]")).to_contain_text("12 m")


EVERYTHING: dict[str, Any] = {
    "a_text": "Ana",
    "a_long_text": "She told us about the bar.",
    "a_integer": "2",
    "a_decimal": "1,5",
    "a_scale": ["ArrowRight", "ArrowRight", "ArrowRight"],
    "a_date": "03012026",
    "a_approximate_date.year": "2012",
    "a_approximate_date.month": "May",
    "a_time": "0205PM",
    "a_datetime": "010220261000AM",
    "a_duration.hours": "1",
    "a_duration.minutes": "35",
    "a_boolean": ["ArrowDown"],
    "a_yes_no_unknown": ["ArrowDown", "ArrowDown"],
    "a_select_one": ["Space"],
    "a_select_many": ["Space", "Tab", "Tab", "Space"],
    "of_a_other_specify": ["ArrowDown"],
    "a_other_specify": "Through a friend",
    "a_ranking#1": "2",
    "a_ranking#2": "1",
    "a_ranking#3": "3",
    "a_ranking#4": "4",
    "a_matrix.sleep": ["Space"],
    "a_matrix.food": ["ArrowRight"],
    "a_matrix.safety": ["ArrowRight", "ArrowRight", "ArrowRight"],
    "a_municipality": "Vlor",
    "a_partner": ["ArrowDown"],
    "a_case_reference": "",
    "a_phone": "069 123 4567",
    "a_email": "ana@example.org",
    "here": this_place,
    "a_file": photo,
    "a_signature.name": "Ana Demo",
    "fold:of_a_indicator_assessment": ["Enter"],
    "of_a_indicator_assessment.deceptive_recruitment.job_place_employer": ["ArrowDown"],
    "a_indicator_assessment.decision": ["ArrowDown"],
    "a_indicator_assessment.reason": "Because of what she told.",
}
# what is kept of it; the file's id and the moments are looked at apart
KEPT: dict[str, Any] = {
    "a_text": "Ana",
    "a_long_text": "She told us about the bar.",
    "a_integer": 2,
    "a_decimal": 1.5,
    "a_scale": 4,
    "a_date": "2026-03-01",
    "a_approximate_date": "2012-05",
    "a_time": "14:05",
    "a_datetime": "2026-01-02T10:00:00+01:00",
    "a_duration": 95,
    "a_boolean": False,
    "a_yes_no_unknown": "unknown",
    "a_select_one": "street",
    "a_select_many": ["food", "bed"],
    "of_a_other_specify": "other",
    "a_other_specify": "Through a friend",
    "a_ranking": ["money", "safety", "family", "papers"],
    "a_matrix": {"sleep": "bad", "food": "fair", "safety": "unknown"},
    "a_municipality": "vlore",
    "a_phone": "+355691234567",
    "a_email": "ana@example.org",
    "a_geopoint": {"lat": 40.4661, "lon": 19.4897, "accuracy": 12},
    "a_signature": {"name": "Ana Demo"},
    "of_a_indicator_assessment": {"deceptive_recruitment.job_place_employer": {"answer": "present"}},
    "a_indicator_assessment": {"decision": "potential_victim", "reason": "Because of what she told."},
    "part": "south",
    "town": "sarande",
    "town_note": "Ana, met in town",
    "household": [
        {"head": "Bardha", "children": [{"child_name": "Drita", "age": 7}, {"age": 20}], "minors": 1},
        {"head": "Besa", "minors": 0},
    ],
    "households": 2,
}


def test_every_type_by_keyboard_only(desk: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(desk)
    begin(page, live_server.url)
    is_clean(page, "empty")
    keys = Keys(page)
    keys.fill(EVERYTHING, until="Continue")
    expect(page.locator("h1")).to_have_text("Groups")
    _fill_groups(page, keys)
    expect(page.locator("h1")).to_have_text("Check your answers")
    is_clean(page, "review")
    keys.fill({}, until="Send")
    expect(page).to_have_url(re.compile(r"/field/submissions/[0-9a-f-]+/$"))
    is_clean(page, "sent")
    assert complaints == []
    _is_what_was_typed(page)


def _fill_groups(page: Page, keys: Keys) -> None:
    """What each button adds has the focus on the page that comes back."""
    expect(page.locator('[data-item="town"]')).to_contain_text("So far nothing does: answer them first")
    keys.fill({"part": ["Space"], "town": ["ArrowDown"]}, until="Add: Household")
    expect(page.locator("#q-household-0")).to_be_focused()
    keys.fill({"household-0-head": "Bardha"}, until="Add: Child")
    expect(page.locator("#q-household-0-children-0")).to_be_focused()
    keys.fill({"household-0-children-0-child_name": "Drita", "household-0-children-0-age": "7"}, until="Add: Child")
    expect(page.locator("#q-household-0-children-1")).to_be_focused()
    keys.fill({"household-0-children-1-age": "20"}, until="Add: Household")
    expect(page.locator("#q-household-1")).to_be_focused()
    expect(page.locator('[data-item="household-0-minors"] output')).to_have_text("1")
    is_clean(page, "groups")
    keys.fill({"household-1-head": "Besa"}, until="Check your answers")


def _is_what_was_typed(page: Page) -> None:
    stored = dict(Submission.objects.get().answers)
    kept = Attachment.objects.get()
    assert stored.pop("a_file") == {"id": str(kept.pk)}
    assert stored.pop("a_calculated")
    stored.pop("a_partner", None)
    assert stored == KEPT
    assert samples.CANARY.encode() not in get_content(kept)
    words = page.locator("main").inner_text()
    for said in ("1.5", "May 2012", "Not known", "1. Income", "Vlorë", "Signed by name: Ana Demo", "Drita"):
        assert said in words, said
    with page.expect_download() as saved:
        page.locator(".answer-file").focus()
        page.keyboard.press("Enter")
    assert saved.value.suggested_filename == "Passport.jpg"


def test_a_signature_is_drawn_and_shown_again(desk: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(desk)
    begin(page, live_server.url)
    canvas = page.locator('[data-item="a_signature"] canvas')
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 60, steps=5)
    page.mouse.up()
    page.click('.bottom-bar button[value="save"]')
    expect(page.locator(".note-ok")).to_be_visible()
    (stroke,) = Draft.objects.get().answers["a_signature"]["strokes"]
    assert len(stroke) >= 4
    page.goto(f"{live_server.url}/field/drafts/{Draft.objects.get().pk}/")
    expect(page.locator(".answer-signature polyline")).to_have_count(1)
    is_clean(page, "review-drawn")
    assert complaints == []


def test_a_cascade_follows_what_stands_above_and_brings_a_choice_back(desk: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(desk)
    begin(page, live_server.url)
    page.click(".bottom-bar .btn-next")
    towns = page.locator('[data-item="town"] .q-choice')
    expect(towns).to_have_count(0)
    page.check('input[name="part"][value="south"]')
    expect(towns).to_have_count(2)
    page.check('input[name="town"][value="sarande"]')
    page.check('input[name="part"][value="north"]')
    expect(towns).to_have_text(["Shkodër"])
    page.check('input[name="part"][value="south"]')
    expect(page.locator('input[name="town"][value="sarande"]')).to_be_checked()
    assert complaints == []


def test_a_refused_file_says_why_and_nothing_is_sent_twice(desk: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(desk)
    begin(page, live_server.url)
    field = page.locator('input[type="file"]')
    field.set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"})
    error = page.locator('[data-item="a_file"] .q-error')
    expect(error).to_contain_text("Choose a picture")
    is_clean(page, "file-refused")
    noise = samples.written(Image.effect_noise((900, 900), 90).convert("RGB"), "JPEG")
    field.set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": noise})
    expect(page.locator(".q-attached")).to_contain_text("x.jpg")
    expect(error).to_have_count(0)
    assert field.input_value() == ""
    page.fill('[name="a_text"]', "more")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved at")
    sent: list[int] = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill('[name="a_text"]', "and more")  # and it is saved by itself
    page.click('.bottom-bar button[value="save"]')
    expect(page.locator(".note-ok")).to_be_visible()
    assert max(sent) < 100_000 < len(noise)
    assert Attachment.objects.count() == 1
    assert set(Draft.objects.get().answers) >= {"a_text", "a_file"}
    assert complaints == []


def test_what_is_wrong_is_told_cleanly(desk: BrowserContext, live_server: Any) -> None:
    page, _complaints = listened(desk)
    begin(page, live_server.url)
    page.fill('[name="a_integer"]', "many")
    page.fill('[name="a_phone"]', "no number")
    page.fill('[name="a_approximate_date.day"]', "3")
    page.fill('[name="a_geopoint.lat"]', "200")
    page.select_option("#q-a_ranking-1", index=1)
    page.click(".bottom-bar .btn-next")
    expect(page.locator(".error-summary a")).to_have_count(5)
    is_clean(page, "errors")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # else buttons are between two colours
    is_clean(page, "errors-dark")


def test_the_start_page_and_a_page_with_a_file_are_clean(desk: BrowserContext, live_server: Any) -> None:
    page, _complaints = listened(desk)
    begin(page, live_server.url)
    page.set_input_files(
        'input[type="file"]',
        {"name": "A long name of a photo of a document.jpg", "mimeType": "", "buffer": samples.jpeg()},
    )
    expect(page.locator(".q-attached")).to_be_visible()
    page.locator(".q-attached").scroll_into_view_if_needed()
    is_clean(page, "file")
    page.goto(f"{live_server.url}/field/")
    is_clean(page, "home")


def test_the_same_without_javascript(chromium: Browser, version: FormVersion, live_server: Any) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    begin(page, live_server.url)
    page.set_input_files('input[type="file"]', {"name": "x.png", "mimeType": "image/png", "buffer": samples.png()})
    page.fill('[name="a_signature.name"]', "Ana")
    page.click(".bottom-bar .btn-next")
    expect(page.locator("h1")).to_have_text("Groups")
    page.check('input[name="part"][value="south"]')
    page.click('button[value="household"]')
    page.fill('[name="household-0-head"]', "Bardha")
    page.click('button[value="household-0-children"]')
    page.fill('[name="household-0-children-0-age"]', "7")
    page.check('input[name="town"][value="vlore"]')
    page.click(".bottom-bar .btn-next")
    expect(page.locator("h1")).to_have_text("Check your answers")
    page.click(".bottom-bar .btn-next")
    expect(page).to_have_url(re.compile(r"/field/submissions/"))
    stored = Submission.objects.get().answers
    assert stored["household"] == [{"head": "Bardha", "children": [{"age": 7}], "minors": 1}]
    assert stored["town"] == "vlore"
    assert stored["a_file"] == {"id": str(Attachment.objects.get().pk)}
    close(context)
