"""What a page still sends while it closes must have been answered before the database is emptied for the next test."""

import threading
import time

from playwright.sync_api import BrowserContext

PATIENCE = 10.0  # seconds


def close(context: BrowserContext) -> None:
    """Closes the pages, and waits until the test's server has nothing in hand any more."""
    context.close()
    until = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(max(until - time.monotonic(), 0))
