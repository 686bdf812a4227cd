"""The page of a case on a phone and on a desk: what is to be done first, then who answered; nothing sideways."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from access.models import User
from audit.clock import now
from case_forms.cases.models import Case, Deadline
from case_forms.cases.task_pages.actions import add_task
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from notifications.directory.models import Role
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_field import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def find_case_to_do() -> Case:
    waiting = Deadline.objects.running().exclude(form="").filter(notice_id=None, case__is_drill=False)
    return Case.objects.get(pk=waiting.values_list("case", flat=True)[0])


def open_case(chromium: Browser, system: str, case: Case, viewport: Any) -> Page:
    """Sign in as the worker who opened the case, and go there."""
    context = chromium.new_context(viewport=viewport, timezone_id="Europe/Tirane")
    page = context.new_page()
    page.goto(f"{system}/field/")
    page.fill("#id_login", case.opened_by.username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{system}/field/cases/{case.reference}/")
    return page


def add(case: Case, text: str) -> None:
    """Change what the timeline shows."""
    add_task(case=case, text=text, owner=Role.COORDINATOR, due_at=now() + timedelta(days=1), by=case.opened_by)


def renew(page: Page) -> None:
    """Let the timeline be renewed now, as when the page is seen again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize(("language", "width"), [("sq", 360), ("en", 1280)])
def test_what_is_to_be_done_stands_before_who_was_notified(
    chromium: Browser, live_server: Any, transactional_db: Any, language: str, width: int
) -> None:
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    case = find_case_to_do()
    page = open_case(chromium, live_server.url, case, {"width": width, "height": 760})
    headings = [each.get_attribute("id") for each in page.locator("main h2[id]").all()]
    assert headings.index("next") < headings.index("told")
    expect(page.locator(".case-bar")).to_be_visible(visible=width < 900)
    fold = page.locator("#told ~ ul .notice-card details[data-fold]").first
    expect(fold.locator(".moments")).to_be_hidden()
    fold.locator("summary").click()
    renew(page)
    expect(fold.locator(".moments")).to_be_visible()
    fits(page)
    picture(page, f"case_page_{language}_{width}")
    page.evaluate("document.querySelector('.what-next details')?.setAttribute('open', '')")
    page.locator(".what-next form button").first.click()
    expect(page.locator("form#section")).to_be_visible()
    close(page.context)


def test_a_press_that_falls_into_a_renewal_of_the_timeline_is_not_lost(
    chromium: Browser, live_server: Any, transactional_db: Any
) -> None:
    lay_down_demo(with_cases=True)
    case = find_case_to_do()
    page = open_case(chromium, live_server.url, case, {"width": 1280, "height": 900})
    page.evaluate("document.querySelector('.what-next details')?.setAttribute('open', '')")
    button = page.locator(".what-next form button").first
    button.focus()

    # While the focus is on the button, what is new is shown, and the focus stays.
    add(case, "A first task")
    renew(page)
    expect(page.locator("[data-timeline]")).to_contain_text("A first task")
    expect(button).to_be_focused()

    # What comes between the two halves of a press waits until it is over.
    add(case, "A second task")
    button.hover()
    asked: list[Route] = []
    page.route("**/timeline/", lambda route: asked.append(route))
    with page.expect_request("**/timeline/"):
        renew(page)
    page.mouse.down()
    with page.expect_response("**/timeline/") as answered:
        asked[0].continue_()
    answered.value.finished()
    page.evaluate("new Promise((done) => setTimeout(done, 100))")  # what reads the answer has had its turn
    page.mouse.up()
    expect(page.locator("form#section")).to_be_visible()
    close(page.context)
