"""An operator makes a colleague in the browser, who then chooses a password from the mail and signs in."""

import os
import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .quiet import close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")


def look(page: Page, name: str) -> None:
    """Keep a picture of this screen where SCREENSHOTS names a folder; no screen scrolls sideways at any width."""
    for width in (360, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.main
@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_colleague_is_made_invited_and_signs_in(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    desk = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="sq-AL")
    page = desk.new_page()
    page.goto(f"{live_server.url}/cms/staff/")
    page.fill("#id_login", "operator")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("#main table")).to_be_visible()
    look(page, f"staff-{language}")
    page.goto(f"{live_server.url}/cms/staff/new/")
    page.click("#main form[method=post] button:not([type=button])")
    expect(page.locator("[role=alert]").first).to_be_visible()
    look(page, f"staff-new-{language}")
    for name, value in {
        "first_name": "Ana",
        "last_name": "Hoxha",
        "username": "ana",
        "email": "ana@vatra.example",
    }.items():
        page.fill(f"#id_{name}", value)
    page.select_option("#id_language", language)
    page.check("input[name=role][value=worker]")
    page.select_option("#id_unit", index=1)
    page.click("#main form[method=post] button:not([type=button])")
    expect(page.locator("#main header").first).to_contain_text("Ana")
    look(page, f"staff-person-{language}")
    person = page.url
    for path in ("role/", "invite/", "shut/"):
        page.goto(person + path)
        look(page, f"staff-{path.strip('/')}-{language}")
    for path in ("factor-resets/", "mobileunit/", "municipality/"):
        page.goto(f"{live_server.url}/cms/{path}")
        look(page, f"{path.strip('/')}-{language}")
    close(desk)

    second = chromium.new_context(viewport={"width": 1366, "height": 800}, locale="sq-AL")
    page = second.new_page()
    page.goto(f"{live_server.url}/cms/by-two/")
    page.fill("#id_login", "koordinator")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("#main .vatra-finding")).to_contain_text("Ana")
    look(page, f"by-two-{language}")
    page.click("#main .vatra-finding a")
    look(page, f"by-two-role-{language}")
    page.click("#main button[value=agree]")
    expect(page.locator("#main .vatra-finding")).to_have_count(0)
    close(second)

    invitations = [letter for letter in mail.outbox if letter.to == ["ana@vatra.example"]]
    link = re.search(r"http\S+/accounts/invitation/\S+", str(invitations[0].body)).group()  # type: ignore[union-attr]
    phone = chromium.new_context(viewport={"width": 360, "height": 740}, locale="sq-AL")
    page = phone.new_page()
    page.goto(link)
    look(page, f"invitation-{language}")
    page.fill("#id_new_password1", "nje-fjali-qe-e-di-vetem-une")
    page.fill("#id_new_password2", "nje-fjali-qe-e-di-vetem-une")
    page.click("main button")
    look(page, f"invitation-done-{language}")
    page.fill("#id_login", "ana")
    page.fill("#id_password", "nje-fjali-qe-e-di-vetem-une")
    page.click("main button")
    page.wait_for_url("**/field/**")
    close(phone)
