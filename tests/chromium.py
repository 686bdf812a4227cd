"""Debian's Chromium, as all tests with a browser start it, and how long they wait for it."""

import shutil
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, expect

WHOLE = "/usr/bin/chromium"
# The same browser without what draws windows: it takes half the processor time.
LIGHT = shutil.which("chromium-headless-shell") or WHOLE

# A busy machine is slow, and that alone fails nothing: with two processors and a load of twelve a page took 25 s.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)


def launch(kind: BrowserType, *, whole: bool = False, without: list[str] | None = None) -> Browser:
    """Start a browser. `without`: arguments of Playwright's own that are left out.

    `whole`: for what a phone does when a page is left: the light one keeps no page in memory, and asks nobody about the
    address that a page leads away to.
    """
    browser = kind.launch(
        executable_path=WHOLE if whole else LIGHT, args=["--no-sandbox"], ignore_default_args=without or []
    )
    make_context = browser.new_context

    def new_context(**how: Any) -> BrowserContext:
        context = make_context(**how)
        context.set_default_timeout(PATIENCE_MS)
        return context

    browser.new_context = new_context  # type: ignore[method-assign]
    return browser
