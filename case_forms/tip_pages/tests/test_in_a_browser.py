"""A pupil's way on a phone, in a real browser: with JavaScript the proof is worked out and nobody waits; without it too
the message arrives. Nothing stays in the browser but its history."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from case_forms.tips.models import Tip
from notifications.outbox.models import Notice
from tests.browser.quiet import close
from tests.chromium import launch
from tests.seeds import lay_down_demo

from .. import rate_limits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAID = "A car waits at the school every day."


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def system(transactional_db: Any) -> None:
    lay_down_demo()


def phone(chromium: Browser, *, script: bool) -> BrowserContext:
    return chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script)


def test_with_javascript_it_is_sent_without_waiting_and_leaves_nothing(chromium, live_server) -> None:
    context = phone(chromium, script=True)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/en/pyet/vlore/")
    page.fill("#q-what", SAID)
    page.get_by_role("button", name="Continue").last.click()
    page.get_by_role("button", name="Continue").last.click()
    expect(page.locator("#q-safe_contact_phone")).to_be_hidden()
    page.check("input[name=contact_ok][value=true]")
    expect(page.locator("#q-safe_contact_phone")).to_be_visible()
    page.check("input[name=contact_ok][value=false]")
    page.get_by_role("button", name="Check your answers").click()
    page.wait_for_load_state()  # a press before the page's script is there is a press without JavaScript
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible(timeout=90_000)  # the work takes as long as the machine is busy
    code = page.locator(".receipt-code").inner_text()
    tip = Tip.objects.get()
    assert tip.answers["what"] == SAID
    assert rate_limits.unproven().used("region:vlore") == 0  # the proof was worked out
    assert Notice.objects.get(case_id=tip.pk).contact.email.endswith("@vatra.example")
    assert context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.goto(f"{live_server.url}/en/pyet/pergjigje/")
    page.fill("#code", code.lower().replace("-", " "))
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no answer yet")
    assert code not in page.url
    assert complaints == []
    close(context)


def test_without_javascript_it_arrives_too(chromium, live_server, settings) -> None:
    settings.ASKING_WAIT_SECONDS = 0
    context = phone(chromium, script=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/en/pyet/vlore/")
    page.fill("#q-what", SAID)
    page.check("input[name=danger_now][value=yes]")
    page.get_by_role("button", name="Continue").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Call now")
    assert page.locator("a[href='tel:129']").first.is_visible()
    page.get_by_role("button", name="Continue writing").click()
    page.select_option("#q-municipality", "vlore")
    page.get_by_role("button", name="Continue").last.click()
    page.get_by_role("button", name="Check your answers").click()
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".receipt-code")).to_be_visible()
    roles = set(Notice.objects.filter(case_id=Tip.objects.get().pk).values_list("role", flat=True))
    assert roles == {"mobile_unit", "police"}
    close(context)
