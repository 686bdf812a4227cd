"""The preview beside the editor in a real browser: filled with test answers, its rules told, nothing stored."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from playwright.sync_api import Browser, FrameLocator, Page, expect

from access.models import User
from case_forms.form_builder.models import FormDefinition
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import leave

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

CANARY = "kanarina-3308"
KEPT = ("intake.Draft", "intake.Submission", "audit.AuditEntry", "builder.FormVersion", "cases.Case", "outbox.Notice")


@pytest.fixture
def coordinator(transactional_db: Any) -> User:
    lay_down_demo()
    User.objects.update(language="en")
    return User.objects.get(username="koordinator")


@pytest.fixture(params=[1280, 360])
def editor(request: Any, chromium: Browser, coordinator: User, live_server: Any) -> Iterator[tuple[Page, list[str]]]:
    """The seeded identification in the editor, and what the console complains of."""
    viewport = {"width": request.param, "height": 900}
    context = chromium.new_context(viewport=viewport, locale="en-GB", timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    form = FormDefinition.objects.get(key="initial_identification")
    page.goto(f"{live_server.url}/accounts/login/?next=/cms/forms/edit/{form.pk}/")
    page.fill("#id_login", coordinator.username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("[data-outline] .vo-toolbar")).to_be_visible()
    yield page, complaints
    leave(page, live_server.url)


def counts() -> dict[str, int]:
    return {label: apps.get_model(label)._base_manager.count() for label in KEPT}


def phone(page: Page) -> FrameLocator:
    return page.frame_locator("[data-tried-frame]")


def report(page: Page) -> Any:
    return page.locator("[data-tried-report]")


def is_accessible(page: Page, part: str) -> None:
    found = Axe().run(page, context=part, options=WCAG).response["violations"]
    assert [(rule["id"], node["html"][:160], node["failureSummary"]) for rule in found for node in rule["nodes"]] == []


def test_a_form_is_tried_beside_its_outline(editor: tuple[Page, list[str]]) -> None:
    page, complaints = editor
    width = page.viewport_size["width"] if page.viewport_size else 0
    expect(page.locator("[data-tried-pane]")).to_be_hidden()
    before = counts()
    page.get_by_role("button", name="Preview").click()
    frame = phone(page)
    expect(frame.locator("h1")).to_be_visible()
    expect(report(page).get_by_role("heading", name="Rules")).to_be_visible()
    picture(page, f"preview_open_{width}")
    frame.get_by_role("button", name="Continue").last.click()
    expect(frame.locator(".error-summary")).to_be_visible()
    frame.locator(".error-summary a").first.click()
    expect(frame.locator(":focus")).to_have_count(1)
    picture(page, f"preview_mend_{width}")
    assert counts() == before
    assert complaints == []
    page.reload()
    expect(page.locator("[data-tried-pane]")).to_be_visible()  # it remembers that it was open
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-tried-pane]")).to_be_hidden()
    assert "/cms/forms/edit/" in page.url
    assert complaints == []


def part(page: Page, title: str) -> None:
    """To another part of the form, by the list of all parts."""
    phone(page).locator(".steps summary").click()
    phone(page).get_by_role("button", name=re.compile(f"^(filled in: )?{re.escape(title)}$")).click()
    expect(phone(page).locator("h1")).to_have_text(title)


def test_rules_and_notices_follow_the_test_answers_and_nothing_is_kept(editor: tuple[Page, list[str]]) -> None:
    page, complaints = editor
    width = page.viewport_size["width"] if page.viewport_size else 0
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    before = counts()
    page.get_by_role("button", name="Preview").click()
    frame = phone(page)
    frame.get_by_label("Municipality where the person is").select_option("lezhe")
    rule = report(page).locator(".tried-rule", has_text="What are you sending now?").first
    expect(rule).to_contain_text("doesn't apply")
    frame.locator('input[name="immediate_danger"][value="yes"]').check()
    expect(frame.locator('[data-item="urgent_notice"]')).to_be_visible()
    expect(rule.locator(".tried-outcome")).to_have_text("applies")
    frame.locator('input[name="immediate_danger"][value="no"]').check()
    part(page, "How you met and how you parted")
    frame.get_by_label("How can the person find us again?").press_sequentially(CANARY, delay=60)
    expect(frame.get_by_label("How can the person find us again?")).to_have_value(CANARY)

    part(page, "Explanation, consent, age")
    frame.get_by_label("Age in years").fill("15")
    expect(frame.locator('[data-item="child_note"]')).to_be_visible()
    part(page, "Signs and assessment")
    frame.locator('input[name="worker_decision"][value="potential_victim"]').check()
    notices = report(page).locator(".tried-notice")
    expect(notices.first).to_be_visible()
    for notice in notices.all():
        notice.locator("summary").click()
    expect(report(page)).to_contain_text("preview")
    expect(notices.first).to_contain_text("Lezhë")
    assert CANARY not in report(page).inner_text()
    is_accessible(page, "[data-preview]")
    picture(page, f"preview_notices_{width}")
    if width > 1000:
        report(page).evaluate("node => node.scrollTop = node.scrollHeight")
        picture(page, f"preview_notices_end_{width}")

    part(page, "How you met and how you parted")
    expect(frame.get_by_label("How can the person find us again?")).to_have_value(CANARY)
    part(page, "Danger now")
    page.get_by_role("button", name="Start again").click()
    expect(frame.locator('[data-item="session"]')).to_be_hidden()
    assert counts() == before
    assert not any(CANARY in address for address in addresses)
    assert page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])").count(CANARY) == 0
    assert complaints == []
