"""Debian's Chromium, as all tests with a browser start it."""

import shutil

from playwright.sync_api import Browser, BrowserType

# The same browser without what draws windows: it takes about half the processor time. The whole one does as well.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"


def launch(kind: BrowserType, *, without: list[str] | None = None) -> Browser:
    """Start a browser. `without`: arguments of Playwright's own that are left out."""
    return kind.launch(executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=without or [])
