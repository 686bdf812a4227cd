"""One running system for all tests of the public site in a browser: web server, workers, mail, demo data."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.browser.quiet import close
from tests.chromium import launch
from tests.supervisor.running_system import RunningSystem

from .elsewhere import MOTI, FrontEnd

SIZES = {"narrow": (320, 640), "phone": (360, 740), "tablet": (768, 1024), "desktop": (1280, 800)}


@dataclass
class Public:
    """The system, where its exit leads to, and the card of a session whose page is open."""

    system: RunningSystem
    neutral: str
    code: str = ""
    session: str = ""

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.system.port}{path}"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, whole=True)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def front_end() -> Iterator[FrontEnd]:
    """A front end on another origin, where editors may look at drafts too."""
    with FrontEnd() as front_end:
        yield front_end


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, front_end: FrontEnd) -> Iterator[RunningSystem]:
    """A system on an empty folder, ready; one for all files of this folder."""
    folder = tmp_path_factory.mktemp("public")
    system = RunningSystem(folder / "data", folder / "static")
    front_end.api = f"http://127.0.0.1:{system.port}/api/v2/"
    preview = f"default={front_end.origin}/preview"
    try:
        yield (
            system.begin_migrated()
            .start(
                ASKING_WAIT_SECONDS="1",
                HEADLESS_PREVIEW_CLIENT_URLS=preview,
                PUBLIC_API_ORIGINS=front_end.origin,
                EXIT_URL=f"{front_end.origin}{MOTI}",
            )
            .wait_ready(seconds=600)
        )
    finally:
        system.stop()


@pytest.fixture(scope="module")
def public(running: RunningSystem, front_end: FrontEnd, chromium: Browser) -> Public:
    """With one session's page made as its unit makes it: by a press of the button, the first time."""
    found = Public(running, f"{front_end.origin}{MOTI}")
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    sign_in(page, found, "vlore1")
    page.goto(found.at("/field/sessions/?state=held"))
    link = page.locator("a[href^='/field/sessions/']").filter(has_not_text=re.compile("^$"))
    addresses = [each.get_attribute("href") or "" for each in link.all()]
    held = next(each for each in addresses if re.fullmatch(r"/field/sessions/[0-9a-f-]{36}/", each))
    page.goto(found.at(f"{held}page/"))
    if page.locator("main form button.btn-next").count():
        page.locator("main form button.btn-next").click()
        page.wait_for_load_state()
    found.session = held
    found.code = re.search(r"/k/([0-9A-Z]{8})/", page.content())[1]  # type: ignore[index]
    close(context)
    return found


def sign_in(page: Page, public: Public, name: str) -> None:
    page.goto(public.at("/accounts/login/"))
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.locator("form button[type=submit], form button").last.click()
    page.wait_for_url("**/field/**")


def answer_message(desk: Page, public: Public, said: str, words: str) -> None:
    """The unit's worker, signed in, finds the message in which this was said and answers it."""
    desk.goto(public.at("/field/signals/"))
    for reference in [each.inner_text() for each in desk.locator(".case-line .code").all()]:
        desk.goto(public.at(f"/field/signals/{reference}/"))
        if said in desk.content():
            break
    expect(desk.locator("main")).to_contain_text(said)
    desk.fill("#answer-text", words)
    desk.locator("form:has(#answer-text) button").click()
    expect(desk.locator("main")).to_contain_text(words)


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """phone(script=True, size="phone", dark=False): a context."""
    made: list[BrowserContext] = []

    def make(*, script: bool = True, size: str = "phone", dark: bool = False, **more: object) -> BrowserContext:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            timezone_id="Europe/Tirane",
            **more,  # type: ignore[arg-type]
        )
        made.append(context)
        return context

    yield make
    for context in made:
        close(context)
