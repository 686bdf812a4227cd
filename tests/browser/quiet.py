"""Pages without noise: their complaints are heard, and they are closed only once the server has nothing in hand."""

import sys
import threading
import time
from collections.abc import Callable
from wsgiref.handlers import BaseHandler

from playwright.sync_api import BrowserContext, Locator, Page
from wagtail.admin.models import EditingSession

from tests.chromium import PATIENCE_MS

PATIENCE = PATIENCE_MS / 1000  # seconds
LAST_WORD = 5.0  # seconds: it may have been said already, by a page that was left
STEP_MS = 50
SERVES = "process_request_thread"  # in the names of the threads of Django's test server, one for each connection
# A frame has been drawn, and then there was nothing left to do: what a page does by itself it has done.
# Bounded by a timer, because `evaluate` waits for ever.
DONE = """() => new Promise((done) => {
  setTimeout(() => done(false), 10_000);
  requestAnimationFrame(() => requestIdleCallback(() => done(true)));
})"""


def until(page: Page, true: Callable[[], object], *, seconds: float = PATIENCE) -> bool:
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


def leave(page: Page, system: str) -> None:
    """Leaves the page for one without Wagtail, and waits for Wagtail's last word, that nobody edits any more.

    It is a beacon, of which no event tells. Arriving later it would meet the rows that are put back for the next test.
    """
    page.goto(f"{system}/healthz")
    until(page, lambda: not EditingSession.objects.exists(), seconds=LAST_WORD)
    close(page.context)


def close(context: BrowserContext) -> None:
    """Closes the pages, and waits until the test's server has nothing in hand any more.

    What a page still sends while it closes must have been answered before the rows are put back for the next test.
    Another context of the test keeps its connection open, idle: only what is being answered is waited for then, and
    the last context to be closed waits for the end of all.
    """
    browser = context.browser
    context.close()
    are_others_open = browser is not None and bool(browser.contexts)
    end = time.monotonic() + PATIENCE
    # Not joined: one may be listed that hasn't started yet.
    while any(is_answering(each) or not are_others_open for each in threading.enumerate() if SERVES in each.name):
        if time.monotonic() > end:
            return
        time.sleep(STEP_MS / 1000)


def is_answering(thread: threading.Thread) -> bool:
    """Whether a thread of the test's server is at a request, and not waiting for the next one on its connection."""
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return thread.is_alive()
    while frame is not None:
        if frame.f_code is BaseHandler.run.__code__:
            return True
        frame = frame.f_back
    return False


def listened(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of. A 422 is an answer, not a fault."""
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )
    return page, complaints
