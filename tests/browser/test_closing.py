"""A case is closed by two, as the worker and the coordinator meet it: on a phone and on a desk, in both languages."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from access.models import User
from case_forms.cases.models import Case
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ASK = {"sq": "Kërkojani koordinatorit", "en": "Ask the coordinator"}
PROBLEM = {"sq": "Zgjidhni një arsye.", "en": "Choose a reason."}


@pytest.fixture(params=["phone-sq", "desk-en"])
def look(request: Any) -> tuple[str, str]:
    size, language = request.param.split("-")
    return size, language


@pytest.fixture
def context(chromium: Browser, transactional_db: Any, look: tuple[str, str]) -> Iterator[BrowserContext]:
    size, language = look
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    viewport = PHONE if size == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=viewport, locale=locale, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    yield context
    close(context)


@pytest.mark.main
def test_a_case_is_closed_and_opened_again(context: BrowserContext, live_server: Any, look: tuple[str, str]) -> None:
    size, language = look
    name = f"{size}-{language}"
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    worker = User.objects.get(username="lezhe1")
    case = Case.objects.visible_to(worker).open().latest("opened_at")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/close/")
    fits(page)
    picture(page, f"close-{name}")
    button = page.get_by_role("button", name=ASK[language])
    button.click()
    expect(page.get_by_role("alert").get_by_text(PROBLEM[language])).to_be_visible()
    fits(page)
    picture(page, f"close-problem-{name}")
    page.locator("input[name=reason][value=finished]").check()
    if page.locator("input[name=notices]").count():
        page.locator("input[name=notices][value=withdraw]").check()
    page.locator("input[name=wish][value=wants_more]").check()
    page.locator("textarea[name=wish_words]").fill("She wants the lawyer to go on.")
    for tick in page.locator("input[name=despite]").all():
        tick.check()
    if page.locator("textarea[name=risk]").count():
        page.locator("textarea[name=risk]").fill("The shelter, which looked at it on Monday.")
    page.locator("textarea[name=open]").fill("Another organisation follows up.")
    button.click()
    expect(page).to_have_url(f"{live_server.url}/field/cases/{case.reference}/closing/")
    fits(page)
    picture(page, f"closing-{name}")
    assert complaints == []
