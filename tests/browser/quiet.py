"""Pages without noise: their complaints are heard, and they are closed only once the server has nothing in hand."""

import threading
import time
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page
from wagtail.admin.models import EditingSession

PATIENCE = 10.0  # seconds
STEP_MS = 50
# A frame has been drawn, and then there was nothing left to do: what a page does by itself it has done.
# Bounded by a timer, because `evaluate` waits for ever.
DONE = """() => new Promise((done) => {
  setTimeout(() => done(false), 10_000);
  requestAnimationFrame(() => requestIdleCallback(() => done(true)));
})"""


def until(page: Page, true: Callable[[], object], *, seconds: float = 20.0) -> bool:
    """Whether this has become true, looking again and again while the page goes on."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        page.wait_for_timeout(STEP_MS)
    return True


def until_done(page: Page) -> None:
    """Until the page has drawn, and has nothing to do: for asserting that something did not happen.

    Not for a context without JavaScript: neither frames nor timers call back there, and this would never end.
    """
    page.evaluate(DONE)
    page.evaluate(DONE)


def follow(page: Page, way: Locator) -> None:
    """Presses what leads to another page, and waits until that one is there: a press alone doesn't wait for it."""
    with page.expect_navigation():
        way.click()


def leave(page: Page, house: str) -> None:
    """Leaves the page for one without Wagtail, and waits for Wagtail's last word, that nobody edits any more.

    It is a beacon, of which no event tells. Arriving later it would meet the rows that are put back for the next test.
    """
    page.goto(f"{house}/healthz")
    until(page, lambda: not EditingSession.objects.exists(), seconds=PATIENCE / 5)
    close(page.context)


def close(context: BrowserContext) -> None:
    """Closes the pages, and waits until the test's server has nothing in hand any more.

    What a page still sends while it closes must have been answered before the rows are put back for the next test.
    """
    context.close()
    end = time.monotonic() + PATIENCE
    # Not joined: one may be listed that hasn't started yet.
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        if time.monotonic() > end:
            return
        time.sleep(STEP_MS / 1000)


def listened(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of. A 422 is an answer, not a fault."""
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )
    return page, complaints
