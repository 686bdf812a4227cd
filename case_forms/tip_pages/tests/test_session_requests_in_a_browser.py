"""A teacher asks for a session on a phone without JavaScript, the unit plans it, and the teacher follows it by code."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from case_forms.session_requests.models import SessionRequest
from tests.browser.quiet import close
from tests.chromium import launch
from tests.seeds import lay_down_demo

from .. import rate_limits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "vatra-demo-2026"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def system(transactional_db: Any, settings: Any, monkeypatch: Any) -> None:
    settings.ASKING_WAIT_SECONDS = 0
    monkeypatch.setattr(rate_limits, "TRY_WAIT_SECONDS", 0)
    lay_down_demo()


def open_phone(chromium: Browser) -> BrowserContext:
    return chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False, locale="sq")


def go_on(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).last.click()


def fits(page: Page) -> None:
    # Without scripts a page measures nothing itself: the browser's own box of the body says how wide it is.
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= 360


def test_a_teacher_asks_the_unit_plans_and_the_teacher_follows(chromium: Browser, live_server: Any) -> None:
    teacher = open_phone(chromium)
    page = teacher.new_page()
    page.goto(f"{live_server.url}/pyet/takim/")
    fits(page)
    page.check("input[name=asker][value=teacher]")
    page.fill("#q-institution", "Shkolla “Prova”, tel. 069 123 4567")
    page.select_option("#q-municipality", "himare")
    go_on(page, "Vazhdo")
    expect(page.locator("#q-institution")).to_have_value("Shkolla “Prova”, tel. 069 123 4567")
    expect(page.get_by_role("link", name="Hiqni që këtej numrat")).to_be_visible()
    page.fill("#q-institution", "Shkolla “Prova”")
    go_on(page, "Vazhdo")
    page.check("input[name=audience][value=high_school]")
    page.fill("#q-people", "28")
    page.fill("#q-weeks", "java e parë e marsit")
    go_on(page, "Vazhdo")
    page.fill("#q-contact_name", "Arta Prova, mësuese")
    page.check("input[name=contact_how][value=phone]")
    go_on(page, "Kontrolloni")
    page.fill("#q-contact_phone", "069 123 4567")
    go_on(page, "Kontrolloni")
    expect(page.get_by_role("heading", name="Kush ju përgjigjet")).to_be_visible()
    fits(page)
    go_on(page, "Dërgo")
    code = page.locator(".receipt-code").inner_text()
    assert teacher.cookies() == []
    request = SessionRequest.objects.get()
    assert request.unit is not None
    assert request.unit.slug == "vlore"

    unit = chromium.new_context(viewport={"width": 1200, "height": 900}, locale="sq")
    desk = unit.new_page()
    desk.goto(f"{live_server.url}/field/sessions/requests/")
    desk.fill("input[name=login]", "vlore1")
    desk.fill("input[name=password]", PASSWORD)
    desk.keyboard.press("Enter")
    desk.get_by_role("link", name=request.reference).click()
    expect(desk.get_by_text("Arta Prova, mësuese")).to_be_visible()
    desk.get_by_role("link", name="Caktoni takimin").click()
    expect(desk.locator("#id_place_name")).to_have_value("Shkolla “Prova”")
    day = timezone.localdate() + timedelta(days=8)
    desk.fill("#id_date", day.isoformat())
    desk.fill("#id_starts_at", "10:00")
    desk.fill("#id_ends_at", "10:45")
    desk.get_by_role("button", name="Ruani planin").click()
    desk.wait_for_url("**/field/sessions/*-*/")
    close(unit)

    page.goto(f"{live_server.url}/pyet/pergjigje/")
    page.fill("#code", code)
    go_on(page, "Hap")
    expect(page.get_by_text("Takimi është caktuar për më")).to_be_visible()
    assert "Arta" not in page.content()
    assert code not in page.url
    fits(page)
    close(teacher)
