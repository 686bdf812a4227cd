"""Pages without noise: their complaints are heard, and they are closed only once the server has nothing in hand."""

import threading
import time

from playwright.sync_api import BrowserContext, Page

PATIENCE = 10.0  # seconds


def close(context: BrowserContext) -> None:
    """Closes the pages, and waits until the test's server has nothing in hand any more.

    What a page still sends while it closes must have been answered before the rows are put back for the next test.
    """
    context.close()
    until = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(max(until - time.monotonic(), 0))


def listened(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of. A 422 is an answer, not a fault."""
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )
    return page, complaints
