"""A draft whose form has a newer version, and a form in three languages, as the phone shows them."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Draft
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture(params=[360, 1280])
def page(request: Any, chromium: Browser, transactional_db: Any, live_server: Any) -> Iterator[Page]:
    lay_down_demo()
    User.objects.update(language="en")
    viewport = {"width": request.param, "height": 800}
    context = chromium.new_context(viewport=viewport, locale="en-GB", timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live_server.url}/field/")
    page.fill("#id_login", "lezhe1")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    yield page
    context.close()


def is_accessible(page: Page, part: str) -> None:
    found = Axe().run(page, context=part, options=WCAG).response["violations"]
    assert [(rule["id"], node["html"][:160], node["failureSummary"]) for rule in found for node in rule["nodes"]] == []


def next_version() -> FormVersion:
    """The identification in three languages, with a question less, one more, one in other words, one choice less."""
    newest = FormVersion.objects.newest().get(form__key="initial_identification")
    definition = copy.deepcopy(newest.definition)
    sections = {section["key"]: section for section in definition["sections"]}
    danger, person = sections["danger"], sections["person"]
    asked = {item["key"]: item for item in sections["meeting"]["items"]}
    asked["place_type"]["choices"].pop(0)
    asked["signal_source"]["label"]["en"] = "Who told us, or how did we come to know?"
    other = {"sq": "Vend tjetër", "en": "Another place"}
    danger["items"].append(
        {"item": "question", "key": "other_place", "type": "text", "label": other, "sensitivity": "personal"}
    )
    person["items"] = [item for item in person["items"] if item["key"] != "alias"]
    definition["languages"].append("rom")
    with_romani(definition)
    return publish_form(form=save_definition(key="initial_identification", definition=definition))


def with_romani(value: Any) -> None:
    """Writes a third text beside each pair."""
    if isinstance(value, dict):
        if value.keys() == {"sq", "en"}:
            value["rom"] = f"{value['sq']} (romani)"
        for inside in value.values():
            with_romani(inside)
    elif isinstance(value, list):
        for inside in value:
            with_romani(inside)


def test_a_draft_is_moved_and_read_in_another_language(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.click('form[action*="initial_identification"] button')
    page.select_option("#q-municipality", "lezhe")
    page.click('button[value="save"]')
    expect(page.locator(".note-ok")).to_be_visible()
    page.locator(".steps summary").click()
    page.get_by_role("button", name="How you met and how you parted", exact=True).click()
    page.locator('input[name="place_type"]').first.check()
    page.click('button[value="save"]')
    expect(page.locator(".note-ok")).to_be_visible()
    page.locator(".steps summary").click()
    page.get_by_role("button", name="The person, as far as they wish", exact=True).click()
    page.fill("#q-alias", "Bardha")
    page.fill("#q-last_name", "Marku")
    page.click('button[value="save"]')
    expect(page.locator(".note-ok")).to_be_visible()
    expect(page.get_by_text("newer version")).to_have_count(0)
    next_version()
    page.reload()
    picture(page, f"newer_section_{width}")
    page.goto(page.url.split("/field/")[0] + "/field/")
    picture(page, f"newer_home_{width}")
    page.get_by_role("link", name="newer version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is a newer version of this form")
    expect(page.get_by_text("Bardha")).to_be_visible()
    is_accessible(page, "body")
    picture(page, f"newer_move_{width}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    page.get_by_role("button", name="Move to version 2").click()
    expect(page.get_by_text("This form now uses version 2.")).to_be_visible()
    picture(page, f"newer_moved_{width}")
    page.fill("#q-last_name", "Prendi")
    page.get_by_role("button", name="Gjuha rome").click()
    expect(page.locator('label[for="q-last_name"]')).to_contain_text("(romani)")
    expect(page.locator("#q-last_name")).to_have_value("Prendi")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator('label[for="q-last_name"] [lang="rom"]')).to_be_visible()
    is_accessible(page, "body")
    picture(page, f"newer_language_{width}")
    page.goto(page.url.rsplit("/", 2)[0] + "/")
    expect(page.get_by_text("Answers that no longer fit")).to_be_visible()
    picture(page, f"newer_review_{width}")
    assert Draft.objects.get().form_version.number == 2
