"""An editor writes a new page in a real browser: what the panels beside it say from the first word on."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from content.models import ArticlePage, HomePage
from tests.seeds import lay_down_demo

from .quiet import leave
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editor(chromium: Browser, transactional_db: Any, live_server: Any) -> Iterator[Page]:
    """A new article under the home page, nothing written yet."""
    lay_down_demo()
    User.objects.update(language="en")
    home = HomePage.objects.get(locale__language_code="sq")
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Tirane")
    count_watching(context)
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/cms/pages/add/content/articlepage/{home.pk}/")
    page.fill("#id_login", "redaktor")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("#id_title")).to_be_visible()
    until_it_watches(page)
    yield page
    leave(page, live_server.url)


def test_the_checks_go_on_after_a_new_page_saved_itself_and_its_address_is_plain(editor: Page) -> None:
    editor.locator("[data-side-panel-toggle='checks']").first.click()
    editor.locator("#id_title").press_sequentially("Ç'thonë të tjerët")
    expect(editor).to_have_url(re.compile(r"/edit/$"))
    editor.fill("#id_intro", "Telefononi 069 123 4567.")
    results = editor.locator("[data-vatra-checks-results]")
    expect(results).to_contain_text("069 123 4567")
    expect(editor.locator("[data-content-word-count]")).not_to_have_text("-")  # Wagtail's own, below ours
    assert ArticlePage.objects.get(draft_title="Ç'thonë të tjerët").slug == "cthone-te-tjeret"
