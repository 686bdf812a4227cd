"""Debian's Chromium, as all tests with a browser start it."""

import shutil

from playwright.sync_api import Browser, BrowserType

WHOLE = "/usr/bin/chromium"
# The same browser without what draws windows: it takes half the processor time.
LIGHT = shutil.which("chromium-headless-shell") or WHOLE


def launch(kind: BrowserType, *, whole: bool = False, without: list[str] | None = None) -> Browser:
    """Start a browser. `without`: arguments of Playwright's own that are left out.

    `whole`: for what a phone does when a page is left: the light one keeps no page in memory, and asks nobody about the
    address that a page leads away to.
    """
    return kind.launch(
        executable_path=WHOLE if whole else LIGHT, args=["--no-sandbox"], ignore_default_args=without or []
    )
