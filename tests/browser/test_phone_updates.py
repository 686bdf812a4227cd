"""Another version of the phone's page, and of the form, while a draft is in hand: the draft is as it was."""

import pytest
from playwright.sync_api import Page, Route, expect

from case_forms.devices.app import views
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.models import Submission

from .pocket import Pocket
from .quiet import until
from .test_phone_that_stores import fill_to_the_check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FORM = "initial_identification"
TYPED = "Behind the bus station"
HAS_RENEWED = """async (version) => {
  for (const name of await caches.keys()) {
    const page = await (await caches.open(name)).match("/field/phone/en/");
    if (page && (await page.text()).includes(`data-app="${version}"`)) return true;
  }
  return false;
}"""


def type_and_see_it_saved(page: Page, field: str, text: str, words: str = "Saved on this phone") -> None:
    """Type, and wait for the words about this press: those of the one before are taken away."""
    saved = page.locator("[data-part=saved]")
    expect(page.locator(field)).to_be_visible()
    saved.evaluate("line => { line.textContent = ''; }")
    page.fill(field, text)
    expect(saved).to_contain_text(words)


def version_of(pocket: Pocket) -> str | None:
    return pocket.page.locator("body").get_attribute("data-app")


def publish_without(key: str) -> FormVersion:
    """Publish the form without one of its questions."""
    definition = FormVersion.objects.newest().get(form__key=FORM).definition
    sections = [
        {**section, "items": [item for item in section["items"] if item["key"] != key]}
        for section in definition["sections"]
    ]
    return publish_form(form=save_definition(key=FORM, definition={**definition, "sections": sections}))


def test_another_version_of_page_and_form_leaves_a_draft_as_it_was(
    pocket: Pocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    pocket.set_up()
    pocket.wait_until_stored()
    page = pocket.page
    first = FormVersion.objects.newest().get(form__key=FORM).number
    page.locator(f"[data-form={FORM}]").click()
    type_and_see_it_saved(page, "#q-whereabouts", TYPED)
    type_and_see_it_saved(page, "#q-whereabouts_when", "Now")
    address = page.url

    newest = publish_without("whereabouts_when").number
    assert newest > first
    monkeypatch.setattr(views, "APP_VERSION", "2")
    words = views.get_words
    monkeypatch.setattr(views, "get_words", lambda: [("saved", "Stored here {time}"), *words()])
    type_and_see_it_saved(page, "#q-whereabouts_when", "Since noon")  # a page that is open is never exchanged
    pocket.kill()

    page = pocket.start()  # the stored page opens at once, and the new one is brought behind it
    page.goto(address)
    assert version_of(pocket) == "1"
    pocket.unlock()
    expect(page.locator("#q-whereabouts_when")).to_have_value("Since noon")
    assert until(page, lambda: page.evaluate(HAS_RENEWED, "2"))
    type_and_see_it_saved(page, "#q-whereabouts", f"{TYPED}, at the kiosk")
    pocket.kill()

    page = pocket.start(offline=True)
    page.goto(address)
    assert version_of(pocket) == "2"
    pocket.unlock()
    expect(page.locator("#q-whereabouts")).to_have_value(f"{TYPED}, at the kiosk")
    expect(page.locator("#q-whereabouts_when")).to_have_value("Since noon")
    type_and_see_it_saved(page, "#q-whereabouts_when", "Since one", "Stored here")
    fill_to_the_check(page)
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    page.click("[data-part=finish] .btn-next")
    expect(page.locator("[data-screen=finished] h1")).to_be_visible()
    pocket.context.set_offline(False)
    assert until(page, lambda: Submission.objects.exists())
    sent = Submission.objects.get()
    assert sent.form_version.number == first
    assert sent.answers["whereabouts_when"] == "Since one"


def test_a_version_that_breaks_off_leaves_the_one_before(pocket: Pocket, monkeypatch: pytest.MonkeyPatch) -> None:
    pocket.set_up()
    pocket.kill()
    monkeypatch.setattr(views, "APP_VERSION", "2")
    asked: list[str] = []
    monkeypatch.setattr(views, "get_argon2_url", lambda: asked.append("page") or "/static/gone.js")
    page = pocket.start()
    page.goto(pocket.address)
    assert until(page, lambda: asked), "the worker asks whether there is another one"
    pocket.unlock()
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    pocket.kill()
    page = pocket.start(offline=True)
    pocket.open()
    expect(page.locator("[data-part=first] button").first).to_be_visible()
    assert version_of(pocket) == "1"
    assert page.evaluate("async () => (await caches.keys()).length") == 1


def test_a_phone_that_is_told_when_to_come_comes_by_itself_and_its_form_arrives_once(pocket: Pocket) -> None:
    pocket.set_up()
    page = pocket.page
    page.locator(f"[data-form={FORM}]").click()
    expect(page.locator("form#section")).to_be_visible()
    fill_to_the_check(page)
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    told: list[str] = []

    def crowd(route: Route) -> None:
        told.append(route.request.method)
        if len(told) > 2:
            route.continue_()
        else:
            problem = {"Retry-After": "2", "Content-Type": "application/problem+json"}
            route.fulfill(status=429, headers=problem, body='{"type": "urn:vatra:problem:busy", "status": 429}')

    pocket.context.route("**/api/field/v1/sealed-submissions", crowd)
    page.click("[data-part=finish] .btn-next")
    assert until(page, lambda: Submission.objects.exists())
    assert len(told) == 3
    assert Submission.objects.count() == 1
