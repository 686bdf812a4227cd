"""A phone that stores, as browser tests hold it: a profile on the disk, and a browser that may be killed."""

import base64
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from access.models import User
from case_forms.devices.actions import grant_device
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from tests.chromium import LIGHT, PATIENCE_MS
from tests.seeds import lay_down_demo

from .quiet import close, until

PIN, DURESS = "718294", "862957"
HAS_WORKER = "() => navigator.serviceWorker.getRegistration().then((found) => Boolean(found?.active))"
PHONE: ViewportSize = {"width": 360, "height": 740}


class Pocket:
    """A phone with its browser's profile on disk, which may be killed and begun anew."""

    def __init__(
        self,
        chromium: Browser,
        profile: Path,
        server: str,
        language: str = "en",
        *,
        browser: str = LIGHT,
        **look: Any,
    ) -> None:
        self.chromium, self.profile, self.server, self.language = chromium, profile, server, language
        self.browser, self.look = browser, {"viewport": PHONE, **look}
        self.start()

    def start(self, **more: Any) -> Page:
        self.context: BrowserContext = self.chromium.browser_type.launch_persistent_context(
            self.profile,
            executable_path=self.browser,
            args=["--no-sandbox"],
            locale="en-GB",
            reduced_motion="reduce",
            timezone_id="Europe/Tirane",
            **self.look,
            **more,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.pages[0]
        return self.page

    def kill(self) -> None:
        """The browser goes at once, as on a phone without memory or battery: no page hears of it."""
        assert self.context.browser is not None
        tools = self.context.browser.new_browser_cdp_session()
        processes = tools.send("SystemInfo.getProcessInfo")["processInfo"]
        (pid,) = [process["id"] for process in processes if process["type"] == "browser"]
        with self.context.expect_event("close", timeout=PATIENCE_MS):
            os.kill(pid, signal.SIGKILL)

    @property
    def address(self) -> str:
        return f"{self.server}/field/phone/" + ("en/" if self.language == "en" else "")

    def set_up(self) -> None:
        self.sign_in()
        self.choose_pins()

    def sign_in(self) -> None:
        page = self.page
        page.goto(f"{self.server}/field/phone/set-up/")
        page.fill("#id_login", "vlore1")
        page.fill("#id_password", DEMO_PASSWORD)
        page.click("main button")
        expect(page.locator("form#set-up")).to_be_visible()

    def choose_pins(self) -> None:
        page = self.page
        page.fill("#pin", PIN)
        page.fill("#again", PIN)
        page.locator("details.fold > summary").click()
        page.fill("#duress", DURESS)
        page.fill("#duress-again", DURESS)
        page.click("form#set-up button")
        page.wait_for_url(self.address)
        self.unlock()
        expect(page.locator("[data-part=first] button").first).to_be_visible()

    def wait_until_stored(self) -> None:
        """The worker has stored the page: setting up doesn't wait for it."""
        assert until(self.page, lambda: self.page.evaluate(HAS_WORKER))

    def unlock(self, pin: str = PIN) -> None:
        self.page.fill("#pin", pin)
        self.page.click("[data-part=form] button")

    def open(self) -> None:
        self.page.goto(self.address)
        self.unlock()


@pytest.fixture
def make_pocket(
    chromium: Browser, transactional_db: Any, live_server: Any, tmp_path: Path
) -> Iterator[Callable[..., Pocket]]:
    """A function that begins the phone of a worker whom their coordinator has granted one."""
    lay_down_demo()
    User.objects.update(language="en")
    worker = User.objects.get(username="vlore1")
    grant_device(user=worker, region=worker.units().get().region, by=User.objects.get(username="koordinator"))
    made: list[Pocket] = []

    def make(**how: Any) -> Pocket:
        made.append(Pocket(chromium, tmp_path / "profile", live_server.url, **how))
        return made[-1]

    yield make
    for each in made:
        close(each.context)


@pytest.fixture
def pocket(make_pocket: Callable[..., Pocket]) -> Pocket:
    return make_pocket()


def writings(word: str) -> list[bytes]:
    """A word as it is, in UTF-16, and in base64 at each of three offsets."""
    coded = (base64.b64encode(f"{before}{word}".encode())[4:-4] for before in ("", "x", "xx"))
    return [word.encode(), word.encode("utf-16-le"), *coded]


def find_readable(content: bytes, *words: str) -> list[str]:
    """Those of the words that stand in it, in any of the writings a browser uses."""
    return [word for word in words if any(each in content for each in writings(word))]


def list_readable(profile: Path, *words: str) -> list[str]:
    """Files of the browser's profile in which one of these words stands."""
    files = [path for path in profile.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if find_readable(path.read_bytes(), *words)]
