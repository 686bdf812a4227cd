"""The page of a case on a phone and on a desk: what is to be done first, then who answered; nothing sideways."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from access.models import User
from case_forms.cases.models import Case, Deadline
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_field import fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "width"), [("sq", 360), ("en", 1280)])
def test_what_is_to_be_done_stands_before_who_was_notified(
    chromium: Browser, live_server: Any, transactional_db: Any, language: str, width: int
) -> None:
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    waiting = Deadline.objects.running().exclude(form="").filter(notice_id=None, case__is_drill=False)
    case = Case.objects.get(pk=waiting.values_list("case", flat=True)[0])
    context = chromium.new_context(viewport={"width": width, "height": 760}, timezone_id="Europe/Tirane")
    page = context.new_page()
    page.goto(f"{live_server.url}/field/")
    page.fill("#id_login", case.opened_by.username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    headings = [each.get_attribute("id") for each in page.locator("main h2[id]").all()]
    assert headings.index("next") < headings.index("told")
    expect(page.locator(".case-bar")).to_be_visible(visible=width < 900)
    fold = page.locator(".notice-card details[data-fold]").first
    expect(fold.locator(".moments")).to_be_hidden()
    fold.locator("summary").click()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # renews the timeline now
    expect(fold.locator(".moments")).to_be_visible()
    fits(page)
    picture(page, f"case_page_{language}_{width}")
    # Opened by script: a press on it could fall into the moment in which the timeline is renewed.
    page.evaluate("document.querySelector('.what-next details')?.setAttribute('open', '')")
    page.locator(".what-next form button").first.click()
    expect(page.locator("form#section")).to_be_visible()
    close(context)
