"""A worker locks the phone, is locked after a while, and loses no word; a PIN for duress opens an empty day."""

import os
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import StaffSession, User
from access.sessions import actions
from case_forms.submissions.models import Draft
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .quiet import close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")
PIN, DURESS = "283746", "650193"


def look(page: Page, name: str) -> None:
    """Keep a picture of this screen where SCREENSHOTS names a folder; no screen scrolls sideways at any width."""
    for width in (1366, 360):
        page.set_viewport_size({"width": width, "height": 740})
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(address)
    page.fill("#id_login", username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")


@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_phone_is_locked_and_opened_and_no_word_is_lost(
    chromium: Browser, transactional_db: Any, live_server: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    worker = User.objects.get(username="vlore1")
    phone = chromium.new_context(viewport={"width": 360, "height": 740}, locale="sq-AL")
    page = phone.new_page()
    sign_in(page, f"{live_server.url}/field/", "vlore1")
    page.wait_for_url("**/field/")
    look(page, f"home-{language}")
    for name in ("2fa", "sessions", "tokens", "pin"):
        page.goto(f"{live_server.url}/accounts/{name}/")
        if page.locator("input[name=password]").count():
            page.fill("input[name=password]", DEMO_PASSWORD)
            page.click("main button")
        look(page, f"account-{name}-{language}")
    page.fill("#id_pin", "112233")
    page.fill("#id_pin_again", "112233")
    page.click("main form button >> nth=0")
    expect(page.locator("[role=alert]").first).to_be_visible()
    look(page, f"account-pin-error-{language}")
    page.fill("#id_pin", PIN)
    page.fill("#id_pin_again", PIN)
    page.click("main form button >> nth=0")
    page.wait_for_url("**/pin/?done=set")

    # One press on a page that is being filled: saved first, then locked, and back in the same part.
    page.goto(f"{live_server.url}/field/")
    page.click(".begin button >> nth=0")
    page.wait_for_url(re.compile("/field/drafts/"))
    look(page, f"section-{language}")
    part = page.url
    page.fill("textarea >> nth=0", "kanarina one")
    page.click("button[value=lock]")
    page.wait_for_url("**/accounts/unlock/**")
    expect(page.locator("body")).not_to_contain_text("kanarina")
    look(page, f"unlock-{language}")
    page.fill("#id_pin", "000001")
    page.click("main button >> nth=0")
    expect(page.locator("[role=alert]").first).to_be_visible()
    look(page, f"unlock-wrong-{language}")
    page.fill("#id_pin", PIN)
    page.click("main button >> nth=0")
    page.wait_for_url(part)
    expect(page.locator("textarea >> nth=0")).to_have_value("kanarina one")

    # A quarter of an hour goes by at the server: what is typed then is kept beside, and its owner chooses.
    StaffSession.objects.filter(user=worker).update(seen_at=timezone.now() - timedelta(minutes=16))
    page.fill("textarea >> nth=0", "kanarina two")
    page.click("button[value=save]")
    page.wait_for_url("**/accounts/**")
    assert "kanarina one" in str(Draft.objects.get().answers)
    page.goto(part)
    page.fill("#id_pin", PIN)
    page.click("main button >> nth=0")
    page.wait_for_url(part)
    expect(page.locator(".choose-side").first).to_be_visible()
    look(page, f"beside-{language}")
    page.click("input[value=mine]")
    page.click(".bottom-bar button[name=go]")
    page.wait_for_url(re.compile("/field/drafts/"))
    expect(page.locator("textarea >> nth=0")).to_have_value("kanarina two")

    # The PIN for duress.
    actions.set_pin(user=worker, pin=PIN, duress_pin=DURESS)
    page.goto(f"{live_server.url}/field/")
    page.click("#lock button")
    page.wait_for_url("**/accounts/unlock/**")
    page.fill("#id_pin", DURESS)
    page.click("main button >> nth=0")
    page.wait_for_url("**/field/")
    expect(page.locator("#drafts")).to_have_count(0)
    look(page, f"duress-home-{language}")
    close(phone)

    desk = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="sq-AL")
    page = desk.new_page()
    sign_in(page, f"{live_server.url}/accounts/calls/", "koordinator")
    expect(page.locator("main .card").first).to_be_visible()
    look(page, f"calls-{language}")
    close(desk)


def test_a_page_that_nobody_touches_locks_itself(chromium: Browser, transactional_db: Any, live_server: Any) -> None:
    lay_down_demo()
    phone = chromium.new_context(viewport={"width": 360, "height": 740}, locale="sq-AL")
    page = phone.new_page()
    page.clock.install()
    sign_in(page, f"{live_server.url}/field/", "vlore1")
    page.wait_for_url("**/field/")
    page.clock.fast_forward("16:00")
    page.wait_for_url("**/accounts/login/**")
    expect(page.locator("body")).not_to_contain_text("vlore1")
    close(phone)
