"""The documents of a case, on a phone and on a desk: one is made, listed and downloaded; what can't be made is said."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from access.models import User
from case_forms.cases.models import Case, CaseDocument
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["phone-sq", "desk-en"])
def context(request: Any, chromium: Browser, transactional_db: Any) -> Iterator[BrowserContext]:
    size, language = request.param.split("-")
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    viewport: Any = PHONE if size == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=viewport, locale=locale, timezone_id="Europe/Tirane")
    context.picture_name = request.param  # type: ignore[attr-defined]
    yield context
    close(context)


@pytest.mark.main
def test_a_document_is_made_listed_and_downloaded(context: BrowserContext, live_server: Any) -> None:
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    case = Case.objects.filter(unit__slug="lezhe", closed_at=None).latest("opened_at")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/documents/")
    page.check('input[value="card"]')  # the demo has no safety plan
    page.click(".bottom-bar button")
    expect(page.locator("#errors")).to_be_visible()
    fits(page)
    picture(page, f"documents-problem-{context.picture_name}")  # type: ignore[attr-defined]
    page.check('input[value="identification"]')
    page.click(".bottom-bar button")
    expect(page.locator("a.line-link")).to_be_visible()
    fits(page)
    picture(page, f"documents-{context.picture_name}")  # type: ignore[attr-defined]
    with page.expect_download() as download:
        page.click("a.line-link")
    assert download.value.suggested_filename.endswith(".pdf")
    assert CaseDocument.objects.get().pages >= 1
    assert [words for words in complaints if "422" not in words] == []
