"""Editors' and coordinators' work in a real browser under the policy of /cms/: everything goes, and nothing is refused.

A refusal is heard twice: as the page's own `securitypolicyviolation` and in the console (docs/adr/0079).
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from access.models import User
from case_forms.intake.seeding.demo import DEMO_PASSWORD
from content.models import ArticlePage
from tests.browser.quiet import close
from tests.browser.wagtail_page import until_it_watches
from tests.seeds import lay_down_demo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTEN = """addEventListener("securitypolicyviolation", (event) => refused(
  [event.documentURI, event.effectiveDirective, event.blockedURI, event.sourceFile, event.sample].join(" | ")), true)"""


def a_picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (400, 300), "teal").save(file, "PNG")
    return file.getvalue()


class Desk:
    """Somebody at work in /cms/, and all that their browser refused."""

    def __init__(self, chromium: Browser, house: str, name: str) -> None:
        self.house, self.refused = house, list[str]()
        self.context: BrowserContext = chromium.new_context(
            viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Tirane"
        )
        self.context.expose_function("refused", lambda what: self.refused.append(what))
        self.context.add_init_script(LISTEN)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.refused.append(str(error)))
        self.page.on("console", lambda said: self.refused.append(said.text) if "Content Security" in said.text else None)
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.goto(f"{house}/accounts/login/?next=/cms/")
        self.page.fill("#id_login", name)
        self.page.fill("#id_password", DEMO_PASSWORD)
        self.page.click("main button")
        self.page.wait_for_url("**/cms/")

    def open(self, path: str) -> Page:
        self.page.goto(self.house + path)
        return self.page

    def leave(self) -> list[str]:
        self.page.goto(f"{self.house}/healthz")
        self.page.wait_for_timeout(500)  # Wagtail's word that nobody edits any more
        close(self.context)
        return self.refused


@pytest.fixture
def house(transactional_db: Any, live_server: Any) -> str:
    lay_down_demo()
    User.objects.update(language="en")
    return str(live_server.url)


@pytest.fixture
def editor(chromium: Browser, house: str) -> Iterator[Desk]:
    desk = Desk(chromium, house, "redaktor")
    yield desk
    assert desk.leave() == []


def modal(page: Page) -> Locator:
    return page.locator(".modal.in .modal-body")
