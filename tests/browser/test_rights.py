"""What a person asks about their data, on a phone and on a desk: registered, gone through, agreed to, handed over,
erased.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect

from access.models import User
from case_forms.cases.models import Case, RightsRequest
from case_forms.cases.rights.actions import decide_answer
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
def test_a_person_gets_their_data_after_two_have_agreed(
    context: BrowserContext, live_server: Any, look: tuple[str, str]
) -> None:
    size, language = look
    name = f"{size}-{language}"
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    worker = User.objects.get(username="lezhe1")
    case = Case.objects.visible_to(worker).open().latest("opened_at")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/rights/")
    fits(page)
    picture(page, f"rights-{name}")
    page.locator("main form button.btn-next").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("input[name=kind][value=access]").check()
    page.locator("input[name=received_through][value=guardian]").check()
    page.locator("input[name=identity][value=code_word]").check()
    page.locator("textarea[name=identity_words]").fill("Alone, in the office.")
    page.locator("main form button.btn-next").click()
    expect(page.locator("#id_identity .field-error")).to_be_visible()
    fits(page)
    picture(page, f"rights-problem-{name}")
    page.locator("input[name=received_through][value=person]").check()
    page.locator(f"input[name=language][value={language}]").check()
    page.locator("main form button.btn-next").click()
    expect(page.locator("input[name=keep]").first).to_be_visible()
    fits(page)
    picture(page, f"rights-review-{name}")
    page.locator("input[name=outcome][value=part]").check()
    page.locator("button[value=propose]").click()
    expect(page.locator("button[value=propose]")).to_have_count(0)
    found = RightsRequest.objects.get()
    here = page.url
    context.clear_cookies()
    coordinator = User.objects.get(username="koordinator")
    client = Client()
    client.force_login(coordinator)
    session = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": live_server.url,
    }
    context.add_cookies([session])  # type: ignore[list-item]
    page.goto(here)
    fits(page)
    picture(page, f"rights-decide-{name}")
    page.locator("button[value=agree]").click()
    expect(page.locator("button[value=hand_over]")).to_be_visible()
    fits(page)
    picture(page, f"rights-agreed-{name}")
    with page.expect_download() as waited:
        page.locator("a[href$='file.pdf']").click()
    assert waited.value.suggested_filename == f"{case.reference}.pdf"
    page.locator("input[name=to][value=person]").check()
    page.locator("button[value=hand_over]").click()
    expect(page.locator("button[value=hand_over]")).to_have_count(0)
    found.refresh_from_db()
    assert found.state == "handed"
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    fits(page)
    assert complaints == []


def test_an_erasure_is_stopped_by_an_open_case_and_then_agreed_to_and_called_off(
    context: BrowserContext, live_server: Any, look: tuple[str, str]
) -> None:
    size, language = look
    name = f"{size}-{language}"
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    worker = User.objects.get(username="lezhe1")
    case = Case.objects.visible_to(worker).open().latest("opened_at")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/rights/")
    page.locator("input[name=kind][value=erasure]").check()
    page.locator("input[name=received_through][value=person]").check()
    page.locator("input[name=identity][value=known]").check()
    page.locator("textarea[name=identity_words]").fill("Alone, in the office.")
    page.locator("main form button.btn-next").click()
    expect(page.locator("#stops")).to_be_visible()
    fits(page)
    picture(page, f"erasure-stopped-{name}")
    page.locator("input[name=outcome][value=whole]").check()
    page.locator("button[value=propose]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    page.locator("button[value=propose]").click()
    expect(page.locator("button[value=propose]")).to_have_count(0)
    found = RightsRequest.objects.get()
    decide_answer(request=found, agree=True, by=User.objects.get(username="koordinator"))
    page.reload()
    expect(page.locator("button[value=call_off]")).to_be_visible()
    fits(page)
    picture(page, f"erasure-agreed-{name}")
    page.locator("button[value=call_off]").click()
    expect(page.locator("#id_off_words_error")).to_be_visible()
    page.locator("#id_off_words").fill("She changed her mind.")
    page.locator("button[value=call_off]").click()
    expect(page.locator("button[value=propose]")).to_be_visible()
    assert RightsRequest.objects.get().state == "open"
    assert complaints == []
