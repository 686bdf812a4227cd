"""A phone that stores: a form is filled without a network, outlives a killed browser, and is received once."""

import os
import re
import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.devices import pack
from case_forms.devices.models import Device
from case_forms.submissions.models import Draft, Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pocket import DURESS, PHONE, Pocket, list_readable
from .quiet import close, until
from .test_field import CANARY as IN_FORMS
from .test_field import answer_everything_required
from .test_filling_types import LAY_BARS_IN_THE_FLOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CANARY = "kanarina-7719"
ALARM = {"number": "+355690000000", "code_normal": "KKKKKKKK", "code_urgent": "MMMMMMMM"}


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PHONE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def fill_to_the_check(page: Page) -> None:
    for _try in range(40):
        if not page.locator("form#section").count():
            return
        if page.locator("#q-municipality").is_visible():
            page.select_option("#q-municipality", "vlore")
        decision = page.locator('input[name="worker_decision"][value="potential_victim"]')
        if decision.is_visible():
            decision.check()
            page.locator('input[name="signs_heard"]').first.check()
        if page.locator("#q-whereabouts").is_visible():
            page.fill("#q-whereabouts", CANARY)
        answer_everything_required(page)
        page.click('.bottom-bar button[value="next"]')


@pytest.mark.main
def test_filled_without_a_network_killed_opened_and_received_once(pocket: Pocket) -> None:
    page = pocket.page
    pocket.set_up()
    picture(page, "home")
    pocket.context.set_offline(True)
    page.locator("[data-part=first] button").first.click()
    expect(page.locator("form#section")).to_be_visible()
    picture(page, "fill")
    page.select_option("#q-municipality", "vlore")
    page.fill("#q-whereabouts", CANARY)
    expect(page.locator("[data-part=saved]")).to_contain_text("Saved on this phone")
    address = page.url
    pocket.kill()
    assert not list_readable(pocket.profile, CANARY)

    page = pocket.start(offline=True)
    page.goto(address)
    picture(page, "lock")
    pocket.unlock()
    expect(page.locator("#q-whereabouts")).to_have_value(CANARY)
    fill_to_the_check(page)
    picture(page, "check")
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    page.click("[data-part=finish] button")
    expect(page.locator("h1")).to_have_text("Finished")
    picture(page, "finished")
    uuid = page.url.rsplit("/", 1)[-1]
    assert not Submission.objects.exists()

    begun = time.monotonic()
    pocket.context.set_offline(False)
    assert until(page, lambda: Submission.objects.filter(pk=uuid).exists())
    assert until(page, lambda: Notice.objects.exists(), seconds=5)
    assert time.monotonic() - begun < 20  # a busy machine; the time from contact to notice is measured in tests/bench
    expect(page.locator("[data-part=state]")).to_contain_text(re.compile("On the server|notified"))
    assert Submission.objects.count() == 1
    pocket.kill()
    assert not list_readable(pocket.profile, CANARY, IN_FORMS)
    assert Device.objects.get().last_seen_at is not None


def test_the_second_pin_leaves_a_phone_that_was_never_set_up(pocket: Pocket) -> None:
    page = pocket.page
    pocket.set_up()
    page.locator("[data-part=first] button").first.click()
    page.fill("#q-whereabouts", CANARY)
    expect(page.locator("[data-part=saved]")).to_contain_text("Saved on this phone")
    page.click("[data-lock]")
    expect(page.locator("body")).not_to_contain_text(CANARY)
    pocket.unlock(DURESS)
    expect(page.locator("h1")).to_have_text("Nothing is stored on this phone")
    assert until(page, lambda: Draft.objects.exists()), "what was begun is handed over to its worker"
    page.reload()
    expect(page.locator("h1")).to_have_text("Nothing is stored on this phone")


@pytest.mark.parametrize("language", ["sq", "en"])
def test_every_screen_is_for_everybody(pocket: Pocket, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """No finding of axe's for WCAG 2.2 AA, light and dark; nothing wider than 320 pixels."""
    User.objects.update(language=language)
    monkeypatch.setattr(pack, "get_alarm", lambda _device: ALARM)
    pocket.language = language
    page = pocket.page
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(pocket.address)
    expect(page.locator("h1")).to_be_visible()
    is_for_everybody(page, f"{language}-none")
    pocket.sign_in()
    page.locator("details.fold > summary").click()
    page.click("form#set-up button")
    expect(page.locator("[data-part=error]")).to_be_focused()
    is_for_everybody(page, f"{language}-set-up")
    page.locator("details.fold > summary").click()
    pocket.choose_pins()
    for name in ("", "card", "sessions", "alarm", "settings"):
        page.goto(f"{pocket.address}#/{name}")
        expect(page.locator(f"[data-screen={name or 'home'}] h1")).to_be_visible()
        is_for_everybody(page, f"{language}-{name or 'home'}")
    page.goto(f"{pocket.address}#/")
    page.locator("[data-part=first] button").first.click()
    expect(page.locator("form#section")).to_be_visible()
    page.click('.bottom-bar button[value="next"]')
    expect(page.locator("[data-part=summary]")).to_be_focused()
    is_for_everybody(page, f"{language}-wrong")
    page.locator("[data-part=problems] a").first.click()
    assert page.evaluate("document.activeElement.closest('[data-item]') !== null")
    fill_to_the_check(page)
    is_for_everybody(page, f"{language}-check")
    pocket.context.set_offline(True)
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    page.click("[data-part=finish] .btn-next")
    expect(page.locator("[data-screen=finished] h1")).to_be_focused()
    is_for_everybody(page, f"{language}-finished")
    page.click("[data-lock]")
    expect(page.locator("#pin")).to_be_focused()
    pocket.unlock("000001")
    expect(page.locator("[data-part=error]")).to_be_visible()
    is_for_everybody(page, f"{language}-lock")
    for number in range(2, 6):
        pocket.unlock(f"00000{number}")
        expect(page.locator("#pin")).to_have_value("") if number < 5 else None
    expect(page.locator("[data-screen=wiped] h1")).to_be_visible()
    is_for_everybody(page, f"{language}-wiped")


def is_for_everybody(page: Page, name: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(LAY_BARS_IN_THE_FLOW, "static")
        found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
        page.evaluate(LAY_BARS_IN_THE_FLOW, "")
        assert not found, [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]
        picture(page, f"{name}-{scheme}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, name


def test_without_a_grant_nothing_is_offered_or_stored(
    chromium: Browser, transactional_db: Any, live_server: Any
) -> None:
    lay_down_demo()
    User.objects.update(language="en")
    context = chromium.new_context(viewport=PHONE, locale="en-GB")
    page = context.new_page()
    page.goto(f"{live_server.url}/field/phone/set-up/")
    page.fill("#id_login", "vlore1")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("main")).to_contain_text("Your coordinator has not granted you a phone")
    assert not page.locator("form#set-up").count()
    page.goto(f"{live_server.url}/field/phone/en/")
    expect(page.locator("h1")).to_have_text("Nothing is stored on this phone")
    assert page.evaluate("async () => (await caches.keys()).length") == 0
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    close(context)
