"""Debian's Chromium, for tests that need a real page but no server."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, sync_playwright

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "static"
HERE = "http://questions.test"
KINDS = {".js": "text/javascript", ".css": "text/css"}


@contextmanager
def a_page(html: str, **options: Any) -> Iterator[Page]:
    """The page in a browser; static files come from the folder, nothing else can be fetched."""
    # Playwright's loop runs in this thread, which Django takes for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_context(**options).new_page()
            page.route("**/*", functools.partial(_answer, html))
            page.goto(f"{HERE}/")
            yield page
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _answer(html: str, route: Route) -> None:
    path = route.request.url.removeprefix(HERE)
    if path == "/":
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
        return
    file = STATIC / path.removeprefix("/static/")
    if path.startswith("/static/") and file.is_file():
        route.fulfill(body=file.read_text(), content_type=KINDS[file.suffix])
    else:
        route.abort()
